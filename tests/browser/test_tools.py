"""A bot with a tool, a document and an approval, as a visitor sees it on the chat page."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, expect

from adapters.database.engine import Database
from settings import Settings
from tests.machine import until
from tests.product import MadeChannel, make_key, running_api, running_worker
from tests.simulated import Simulated
from tests.tools import order_tool, says, wants


@pytest.fixture
async def server_url(pointed: Settings, api_port: int) -> AsyncIterator[str]:
    """A running API with its worker; the simulator's model answers, and its service is called."""
    async with running_api(pointed, api_port) as url, running_worker(pointed):
        yield url


@pytest.fixture
async def operator(server_url: str, settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """Someone with an API key."""
    headers = {"Authorization": f"Bearer {await make_key(settings, database)}"}
    async with httpx.AsyncClient(base_url=f"{server_url}/v1", headers=headers, timeout=30) as client:
        yield client


async def test_a_visitor_gets_what_was_looked_up_and_what_was_approved(
    page: Page,
    server_url: str,
    webchat_channel: MadeChannel,
    simulated: Simulated,
    operator: httpx.AsyncClient,
    complaints: list[str],
) -> None:
    bot = f"/bots/{webchat_channel.bot_id}"
    tools = [{"kind": "knowledge"}, order_tool(simulated, approval=True)]
    assert (await operator.patch(bot, json={"tools": tools, "language": "en"})).status_code == 200
    document = {"title": "Menu", "text": "# Teas\n\nWe have green tea for three euros."}
    assert (await operator.post(f"{bot}/documents", json=document)).status_code == 201
    await simulated.answers(
        wants("have", ("search_documents", {"query": "which teas"})),
        says("have"),
        wants("order", ("order", {"item": "green tea"}), text="One moment."),
        says("order", "Your green tea is ordered."),
    )
    await page.goto(f"{server_url}/chat/{webchat_channel.id}")
    await page.get_by_role("textbox").fill("What do you have?")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.locator('.list [data-author="bot"]').last).to_contain_text("green tea for three euros")
    await page.get_by_role("textbox").fill("I order one.")
    await page.get_by_role("textbox").press("Enter")
    waiting: list[dict[str, object]] = []

    async def asked() -> bool:
        waiting[:] = (await operator.get("/approvals", params={"state": "pending"})).json()["items"]
        return len(waiting) == 1

    await until(asked)
    assert (waiting[0]["tool"], waiting[0]["arguments"]) == ("order", {"item": "green tea"})
    assert await simulated.called() == []
    assert (await operator.post(f"/approvals/{waiting[0]['id']}/approve")).status_code == 200
    await expect(page.locator('.list [data-author="bot"]').last).to_contain_text("Your green tea is ordered.")
    (called,) = await simulated.called()
    assert called["body"] == {"item": "green tea"}
    assert complaints == []
