"""Files and buttons in a real browser: a picture is shown, a file is a link, a press is an answer."""

import httpx
import pytest
from playwright.async_api import Page, expect

from adapters.database.engine import Database
from settings import Settings
from tests.files import PDF, PNG
from tests.product import MadeChannel, make_key


@pytest.fixture
async def operator(server_url: str, settings: Settings, database: Database) -> httpx.AsyncClient:
    """Someone with an API key."""
    key = await make_key(settings, database)
    return httpx.AsyncClient(base_url=f"{server_url}/v1", headers={"Authorization": f"Bearer {key}"}, trust_env=False)


@pytest.mark.slow
async def test_an_operators_files_are_shown_and_a_button_answers(
    page: Page, server_url: str, webchat_channel: MadeChannel, operator: httpx.AsyncClient, complaints: list[str]
) -> None:
    await page.goto(f"{server_url}/chat/{webchat_channel.id}")
    await page.get_by_role("textbox").fill("Hello")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_text("You said: Hello")).to_be_visible()
    async with operator as api:
        uploads = [await api.post("/media", params={"name": name}, content=content)
                   for name, content in (("cat.png", PNG), ("menu.pdf", PDF))]  # fmt: skip
        (conversation,) = (await api.get("/conversations")).json()["items"]
        attachments = [{"media_id": upload.json()["id"]} for upload in uploads]
        buttons = [{"label": "Yes"}, {"label": "No"}, {"label": "Our shop", "url": "https://shop.example/?a=1&b=2"}]
        said = {"text": "This one?", "attachments": attachments, "buttons": buttons}
        (await api.post(f"/conversations/{conversation['id']}/messages", json=said)).raise_for_status()
    picture = page.get_by_role("img", name="cat.png")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", 1)
    await expect(page.get_by_role("link", name="menu.pdf")).to_be_visible()
    link = page.get_by_role("link", name="Our shop")
    await expect(link).to_have_attribute("href", "https://shop.example/?a=1&b=2")
    await expect(link).to_have_attribute("target", "_blank")
    await page.get_by_role("button", name="Yes").click()
    await expect(page.get_by_text("You said: Yes")).to_be_visible()
    await expect(page.get_by_role("button", name="No", exact=True)).to_be_hidden()
    assert complaints == []
