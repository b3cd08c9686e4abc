"""Files from visitors in a real browser: chosen, pasted or dropped, they arrive once and are seen again."""

import pytest
from playwright.async_api import FilePayload, Page, Route, expect

from adapters.database.engine import Database
from settings import Settings
from tests.files import PDF, PNG
from tests.product import MadeChannel, make_channel

CAT: FilePayload = {"name": "cat.png", "mimeType": "image/png", "buffer": PNG}
MENU: FilePayload = {"name": "menu.pdf", "mimeType": "application/pdf", "buffer": PDF}
# A file as the system hands it to a page: by the clipboard, or by a mouse that lets it go.
BRING = """(element, [event, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "cat.png", { type: "image/png" }));
  const init = { bubbles: true, composed: true, cancelable: true };
  const made = event === "paste" ? new ClipboardEvent(event, { ...init, clipboardData: data })
    : new DragEvent(event, { ...init, dataTransfer: data });
  element.dispatchEvent(made);
}"""


async def open_chat(page: Page, server_url: str, channel: MadeChannel) -> None:
    """The chat page, ready for files."""
    await page.goto(f"{server_url}/chat/{channel.id}")
    await expect(page.get_by_role("button", name="Attach files")).to_be_visible()


@pytest.mark.slow
async def test_files_are_sent_seen_and_seen_again(
    page: Page, server_url: str, webchat_channel: MadeChannel, complaints: list[str]
) -> None:
    await open_chat(page, server_url, webchat_channel)
    await page.locator("input[type=file]").set_input_files([CAT, MENU, CAT])
    await page.get_by_role("button", name="Do not send cat.png").last.click()
    await page.get_by_role("textbox").fill("Look")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_text("You said: Look")).to_be_visible()
    for _ in range(2):
        picture = page.get_by_role("img", name="cat.png")
        await expect(picture).to_have_count(1)
        await expect(picture).to_have_js_property("naturalWidth", 1)
        await expect(page.get_by_role("link", name="menu.pdf")).to_be_visible()
        await page.reload()
    assert complaints == []


@pytest.mark.slow
async def test_a_file_that_cannot_go_yet_survives_a_reload(
    page: Page, server_url: str, webchat_channel: MadeChannel
) -> None:
    async def refuse(route: Route) -> None:
        await route.abort()

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await open_chat(page, server_url, webchat_channel)
    await page.route("**/files?**", refuse)
    await page.locator("input[type=file]").set_input_files([CAT])
    await page.get_by_role("button", name="Send", exact=True).click()
    waiting = page.locator('[data-state="sending"]')
    await expect(waiting).to_contain_text("cat.png")
    await page.reload()
    await expect(waiting).to_contain_text("cat.png")
    await page.unroute("**/files?**")
    await page.route("**/files?**", lose, times=1)
    await expect(page.get_by_role("img", name="cat.png")).to_have_js_property("naturalWidth", 1)
    await expect(waiting).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("img", name="cat.png")).to_have_count(1)


@pytest.mark.slow
async def test_a_picture_is_pasted_or_dropped(page: Page, server_url: str, webchat_channel: MadeChannel) -> None:
    await open_chat(page, server_url, webchat_channel)
    await page.get_by_role("textbox").evaluate(BRING, ["paste", list(PNG)])
    await page.get_by_role("log").evaluate(BRING, ["drop", list(PNG)])
    await expect(page.get_by_role("list", name="Files to be sent").get_by_text("cat.png")).to_have_count(2)
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_role("img", name="cat.png")).to_have_count(2)


@pytest.mark.slow
async def test_a_channel_may_take_no_files_or_small_ones(
    page: Page, server_url: str, settings: Settings, database: Database
) -> None:
    none = await make_channel(settings, database, channel_settings={"allowed_origins": ["*"], "visitor_files": False})
    small = await make_channel(settings, database, channel_settings={"allowed_origins": ["*"], "max_file_bytes": 10})
    await page.goto(f"{server_url}/chat/{none.id}")
    await page.get_by_role("textbox").fill("Hello")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_text("You said: Hello")).to_be_visible()
    await expect(page.get_by_role("button", name="Attach files")).to_be_hidden()
    await open_chat(page, server_url, small)
    await page.locator("input[type=file]").set_input_files([CAT])
    await expect(page.get_by_role("alert")).to_contain_text("cat.png is too large")
    await expect(page.get_by_role("list", name="Files to be sent")).to_be_hidden()
