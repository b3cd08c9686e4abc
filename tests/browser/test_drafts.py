"""An answer that grows in the browser: seen as it comes, replaced by the message, heard by screen readers once."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from settings import Settings
from tests.product import MadeChannel, running_api, running_worker
from tests.simulated import Simulated

ANSWER = "First, open **the lid**. Then pour water up to the mark, wait until it boils, and put tea in."
PAUSE = {"kind": "stall_mid_stream", "seconds": 3}
# What the page showed of the bot, each time that something changed: the draft's text, and how many messages stand.
WATCH = """() => {
  const root = document.querySelector("chat-orchestrator").shadowRoot;
  window.seen = [];
  const look = () => window.seen.push([
    root.querySelector(".drafts").textContent, root.querySelectorAll('.list [data-author="bot"]').length,
  ]);
  new MutationObserver(look).observe(root.querySelector(".content"), {
    childList: true, subtree: true, characterData: true,
  });
}"""


@pytest.fixture
async def server_url(pointed: Settings, api_port: int) -> AsyncIterator[str]:
    """A running API with its worker; the simulator's model answers."""
    async with running_api(pointed, api_port) as url, running_worker(pointed):
        yield url


@pytest.mark.slow
async def test_an_answer_grows_and_its_message_takes_its_place(
    page: Page, server_url: str, webchat_channel: MadeChannel, simulated: Simulated, complaints: list[str]
) -> None:
    await simulated.answer(ANSWER, chunk_characters=4, chunk_seconds=0.04, fault=PAUSE)
    await page.emulate_media(reduced_motion="reduce")
    await page.goto(f"{server_url}/chat/{webchat_channel.id}")
    await page.evaluate(WATCH)
    await page.get_by_role("textbox").fill("How do I make tea?")
    await page.get_by_role("textbox").press("Enter")
    draft = page.locator(".drafts article")
    await expect(draft).to_contain_text("First, open")
    await expect(page.locator(".typing i")).to_have_count(0)
    await expect(page.get_by_role("article").filter(has_text="First, open")).to_have_count(0)
    assert await page.evaluate("document.getAnimations().length") == 0
    await expect(page.locator('.list [data-author="bot"] strong')).to_have_text("the lid")
    await expect(draft).to_have_count(0)
    seen: list[tuple[str, int]] = [(text, count) for text, count in await page.evaluate("window.seen")]
    drafts = [text for text, count in seen if text]
    assert len(set(drafts)) > 2
    assert all(ANSWER.startswith(text) for text in drafts)
    assert drafts == sorted(drafts, key=len)
    # No moment without either, none with both: nothing flickers, nothing is shown twice.
    begun = next(place for place, (text, _) in enumerate(seen) if text)
    assert all(bool(text) != bool(count) for text, count in seen[begun:])
    assert complaints == []
