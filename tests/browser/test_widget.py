"""The webchat in a real browser: what is written arrives once, what is answered is shown and harmless, for everyone.

Expects of the run: `server_url`, an API with a worker whose model answers `You said: …`, and `webchat_channel`, whose
bot is called Ada and whose allowed origins are `server_url` and `EMBEDDING_ORIGIN`.
"""

import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.contrast import CONTRAST

EMBEDDING_ORIGIN = "http://shop.localhost"
UNWANTED_ORIGIN = "http://elsewhere.localhost"

RICH = """Look: **bold**, `code` and [a link](https://example.org/guide).

```
print("a line of code that is much too long for a narrow window, so that it has to scroll inside of its bubble")
```

| plan | price per month | regions in which it is offered |
|---|---|---|
| small | 9 | Europe |
"""

HOSTILE = """Look: <img src=x onerror="document.title='taken'"> <script>document.title='taken'</script>
[press me](javascript:document.title='taken') ![seen](https://tracker.invalid/pixel.png)
<svg onload="document.title='taken'"></svg> <style>* { display: none }</style>"""


class Chat:
    """The widget on one page, as its visitor handles it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("log")
        self.field = page.get_by_role("textbox")
        self.launcher = page.get_by_role("button", name="Chat with Ada")
        self.waiting = page.locator('[data-state="sending"]')

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    def of(self, author: str) -> Locator:
        return self.page.locator(f'.list article[data-author="{author}"] .body')

    async def is_answered(self, text: str) -> None:
        """Waits until the bot has answered that text, maybe together with others."""
        await expect(self.of("bot").filter(has_text=text)).to_be_visible()


@pytest.fixture
def address(server_url, webchat_channel) -> str:
    return f"{server_url}/chat/{webchat_channel.id}"


@pytest.fixture
async def chat(page, address) -> Chat:
    await page.goto(address)
    return Chat(page)


@pytest.fixture
async def embedded(page, server_url, webchat_channel) -> Chat:
    return await embed(page, EMBEDDING_ORIGIN, server_url, webchat_channel.id)


async def embed(page: Page, origin: str, server_url: str, channel_id: object) -> Chat:
    """The widget on a page of that origin, whose styles reach for every element."""
    tag = f'<script src="{server_url}/webchat/widget.js" data-channel="{channel_id}" data-name="Ada" defer></script>'
    style = "<style>* { color: red; letter-spacing: 1em; text-transform: uppercase }</style>"
    body = f'<!doctype html><html lang="en"><title>Shop</title>{style}<h1>Plants</h1><a href="#">Buy</a>{tag}</html>'

    async def answer(route: Route) -> None:
        await route.fulfill(body=body, content_type="text/html")

    await page.route(f"{origin}/**", answer)
    await page.goto(f"{origin}/")
    return Chat(page)


@pytest.mark.slow
async def test_a_message_is_answered(chat):
    await chat.say("Hello there")
    await expect(chat.of("contact")).to_have_text(["Hello there"])
    await chat.is_answered("You said: Hello there")
    await expect(chat.waiting).to_have_count(0)


@pytest.mark.slow
async def test_markdown_is_rendered(chat):
    await chat.say(RICH)
    answer = chat.of("bot").filter(has_text="You said: Look")
    await expect(answer.locator("strong").first).to_have_text("bold")
    await expect(answer.locator("pre").first).to_contain_text("print(")
    await expect(answer.locator("td").first).to_have_text("small")
    link = answer.get_by_role("link", name="a link", exact=True)
    await expect(link).to_have_attribute("href", "https://example.org/guide")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", re.compile("noopener.*nofollow"))


@pytest.mark.slow
async def test_hostile_markdown_is_harmless(chat, server_url):
    asked: list[str] = []
    chat.page.on("request", lambda request: asked.append(request.url))
    title = await chat.page.title()
    await chat.say(HOSTILE)
    await chat.is_answered("You said: Look")
    await expect(chat.of("contact")).to_contain_text("<script>document.title='taken'</script>")
    await expect(chat.log.locator("article :is(img, script, style, svg, [onerror], [onload])")).to_have_count(0)
    await expect(chat.log.locator('a[href^="javascript"]')).to_have_count(0)
    assert await chat.page.title() == title
    assert [url for url in asked if not url.startswith(server_url)] == []


@pytest.mark.slow
async def test_a_reload_keeps_the_conversation(chat):
    await chat.say("Remember this")
    await chat.is_answered("You said: Remember this")
    await chat.page.reload()
    await expect(chat.of("contact")).to_have_text(["Remember this"])
    await chat.is_answered("You said: Remember this")


@pytest.mark.slow
async def test_messages_written_offline_arrive_once_and_in_order(chat, context):
    await chat.say("before")
    await chat.is_answered("You said: before")
    await context.set_offline(True)
    await chat.say("first")
    await chat.say("second")
    await expect(chat.waiting).to_have_count(2)
    await expect(chat.page.get_by_role("status")).to_have_text("Reconnecting… your messages are kept.")
    await context.set_offline(False)
    await chat.is_answered("second")
    await expect(chat.waiting).to_have_count(0)
    await expect(chat.page.get_by_role("status")).to_be_empty()
    await expect(chat.of("contact")).to_have_text(["before", "first", "second"])
    await chat.page.reload()
    await expect(chat.of("contact")).to_have_text(["before", "first", "second"])


@pytest.mark.slow
async def test_unsent_messages_survive_a_reload(chat):
    async def refuse(route: Route) -> None:
        await route.abort()

    await chat.page.route("**/messages", refuse)
    await chat.say("not yet")
    await expect(chat.waiting).to_have_count(1)
    await chat.page.reload()
    await expect(chat.waiting).to_have_count(1)
    await chat.page.unroute("**/messages")
    await chat.is_answered("not yet")
    await expect(chat.of("contact")).to_have_text(["not yet"])


@pytest.mark.slow
async def test_a_message_whose_acknowledgement_is_lost_is_not_repeated(chat):
    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await chat.page.route("**/messages", lose, times=1)
    await chat.say("only once")
    await chat.is_answered("only once")
    await expect(chat.waiting).to_have_count(0)
    await expect(chat.of("contact")).to_have_text(["only once"])
    await chat.page.reload()
    await expect(chat.of("contact")).to_have_text(["only once"])


@pytest.mark.slow
async def test_tabs_of_one_browser_share_the_conversation(chat, context, address):
    await chat.say("from the first tab")
    await chat.is_answered("from the first tab")
    other = Chat(await context.new_page())
    await other.page.goto(address)
    await other.say("from the second tab")
    await other.is_answered("from the second tab")
    for tab in (chat, other):
        await expect(tab.of("contact")).to_have_text(["from the first tab", "from the second tab"])


@pytest.mark.slow
async def test_everything_can_be_done_from_the_keyboard(embedded):
    keyboard = embedded.page.keyboard
    await embedded.page.get_by_role("link", name="Buy").focus()
    await keyboard.press("Tab")
    await expect(embedded.launcher).to_be_focused()
    await keyboard.press("Enter")
    await expect(embedded.field).to_be_focused()
    await keyboard.type("two")
    await keyboard.press("Shift+Enter")
    await keyboard.type("lines")
    await keyboard.press("Enter")
    await expect(embedded.of("contact")).to_have_text("two\nlines", use_inner_text=True)
    await embedded.is_answered("You said: two")
    await keyboard.press("Shift+Tab")
    await expect(embedded.log).to_be_focused()
    await keyboard.press("Escape")
    await expect(embedded.page.get_by_role("dialog")).to_be_hidden()
    await expect(embedded.launcher).to_be_focused()


@pytest.mark.slow
async def test_enter_that_ends_a_composition_sends_nothing(chat):
    await chat.field.fill("に")
    composing = {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True}
    await chat.field.dispatch_event("keydown", composing)
    await expect(chat.field).to_have_value("に")
    await expect(chat.of("contact")).to_have_count(0)


@pytest.mark.slow
async def test_a_screen_reader_finds_its_way(chat):
    await expect(chat.page.get_by_role("heading", name="Ada", level=1)).to_be_visible()
    await expect(chat.page.get_by_role("log", name="Conversation with Ada")).to_have_attribute("aria-live", "polite")
    await expect(chat.page.get_by_role("textbox", name="Message to Ada")).to_be_visible()
    await expect(chat.page.get_by_role("button", name="Send")).to_be_visible()
    await chat.say("Who is it?")
    await chat.is_answered("Who is it?")
    await expect(chat.page.get_by_role("article").first).to_contain_text("You")
    await expect(chat.page.get_by_role("article").last).to_contain_text("Ada")
    await expect(chat.page.get_by_role("article").last.locator("time")).to_have_attribute("datetime", re.compile("T"))


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
async def test_text_is_readable_in_both_themes(chat, scheme, is_dark):
    await chat.page.emulate_media(color_scheme=scheme)
    await chat.say("Can you read this?")
    await chat.is_answered("Can you read this?")
    for bubble in (chat.of("contact").first, chat.of("bot").first):
        assert await bubble.evaluate(CONTRAST) >= 4.5
    panel = chat.page.get_by_role("region", name="Ada")
    ground = await panel.evaluate("(element) => getComputedStyle(element).backgroundColor")
    assert all(int(part) < 64 for part in re.findall(r"\d+", ground)[:3]) is is_dark


@pytest.mark.slow
async def test_nothing_moves_for_those_who_ask_for_it(chat):
    await chat.page.emulate_media(reduced_motion="reduce")
    await chat.say("Hold still")
    await chat.is_answered("Hold still")
    assert await chat.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.slow
async def test_a_narrow_window_scrolls_only_inside_bubbles(chat):
    await chat.page.set_viewport_size({"width": 320, "height": 480})
    await chat.say(RICH)
    await chat.is_answered("You said: Look")
    width = "(element) => element.scrollWidth - element.clientWidth"
    assert await chat.page.locator("html").evaluate(width) == 0
    assert await chat.log.evaluate(width) == 0
    assert await chat.of("bot").last.locator("pre").first.evaluate(width) > 0


@pytest.mark.slow
async def test_a_conversation_leaves_the_console_empty(complaints, chat):
    await chat.say(RICH)
    await chat.is_answered("You said: Look")
    await chat.page.reload()
    await chat.is_answered("You said: Look")
    assert complaints == []


@pytest.mark.slow
async def test_the_widget_floats_on_a_page_of_another_origin(complaints, embedded):
    await embedded.launcher.click()
    await embedded.say("Hello from the shop")
    await embedded.is_answered("You said: Hello from the shop")
    spacing = "(element) => getComputedStyle(element).letterSpacing"
    assert await embedded.of("bot").last.evaluate(spacing) == "normal"
    await embedded.page.get_by_role("button", name="Close chat").click()
    await expect(embedded.page.get_by_role("dialog")).to_be_hidden()
    assert complaints == []


@pytest.mark.slow
async def test_a_page_of_an_unwanted_origin_gets_no_conversation(page, server_url, webchat_channel):
    unwanted = await embed(page, UNWANTED_ORIGIN, server_url, webchat_channel.id)
    await unwanted.launcher.click()
    await unwanted.say("Let me in")
    await expect(page.get_by_role("status")).to_have_text("Connecting… your messages are kept.")
    await expect(unwanted.waiting).to_have_count(1)
    assert await page.evaluate("Object.keys(localStorage).some((key) => key.endsWith(':session'))") is False
