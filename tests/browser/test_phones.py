"""The simulator's page beside the product: on every platform somebody writes, presses and shows, and is answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import func, select

from adapters.database import channel_admin
from adapters.database.channels import credentials_vault
from adapters.database.records import Event, MediaRow
from adapters.database.tables import ChannelRow
from adapters.processes.data_directory import DataDirectory
from commands import demo
from commands.demo import Simulation
from commands.gateway import poll
from commands.stand_ins import ADDRESSES, SETUP_FILE
from domain.media import MediaState
from tests.browser.conftest import PATIENCE_MS
from tests.contrast import CONTRAST
from tests.files import PNG
from tests.machine import until
from tests.product import Product

TITLES = ("Telegram", "WhatsApp", "Messenger", "Slack", "Discord")


@pytest.fixture
async def phones(product: Product, browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    """The page of a simulator that knows the demo bot on all platforms, as `dev` starts it."""
    directory = DataDirectory(tmp_path / "dev")
    await demo.prepare(product.settings, directory, Simulation(frozenset(ADDRESSES), product.url))
    for call in json.loads((directory.path / SETUP_FILE).read_text()):
        (await product.simulated.client.post(call["path"], json=call["body"])).raise_for_status()
    listening = asyncio.create_task(poll(product.settings))
    await until(lambda: _is_listened_to(product))
    context = await browser.new_context(locale="en-US", color_scheme="light", viewport={"width": 1500, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(f"{product.simulated.url}/")
    yield page
    await context.close()
    listening.cancel()
    await asyncio.wait({listening})


async def _is_listened_to(product: Product) -> bool:
    accounts = (await product.simulated.client.get("/_sim/accounts")).json()
    return any(bot["listening"] for bot in accounts["discord"])


class Phone:
    """One platform's column, as somebody handles it."""

    def __init__(self, page: Page, title: str) -> None:
        self.column = page.get_by_role("region", name=title)
        self.log = self.column.get_by_role("log")
        self.field = self.column.get_by_role("textbox")

    def of_bot(self, text: str) -> Locator:
        """What the bot said."""
        return self.log.locator("article.theirs .body").filter(has_text=text)

    async def say(self, text: str) -> None:
        """Write."""
        await self.field.fill(text)
        await self.field.press("Enter")

    async def show(self, name: str, type_: str, content: bytes) -> None:
        """Send a file."""
        await self.column.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": type_, "buffer": content}
        )
        await self.field.press("Enter")

    async def press(self, label: str) -> None:
        """Press a button below a message."""
        await self.log.get_by_role("button", name=label).click()

    async def choose(self, label: str) -> None:
        """Let something else happen, by the menu of that."""
        await self.column.get_by_text("More…").click()
        await self.column.get_by_role("button", name=label, exact=True).click()

    async def do(self, text: str, what: str) -> None:
        """Use one of the tools beside a message of one's own."""
        message = self.log.locator("article.mine").filter(has_text=text)
        await message.hover()
        await message.get_by_role("button", name=what, exact=True).click()


@pytest.mark.slow
async def test_every_phone_is_answered(product: Product, phones: Page) -> None:
    complaints: list[str] = []
    phones.on("console", lambda message: complaints.append(message.text))
    everyone = [Phone(phones, title) for title in TITLES]
    for phone in everyone:
        await phone.say("/start")
    for title in ("Slack", "Discord"):  # there "/start" is a message like any other
        await expect(Phone(phones, title).of_bot("You said: /start")).to_be_visible()
        await _offer(product, title.lower(), "What can you do?")
    for phone in everyone:
        await phone.press("What can you do?")
    for phone in everyone:
        await expect(phone.of_bot("You said: What can you do?")).to_be_visible()
        await phone.say("Is **this** `safe`? <img src=x onerror=alert(1)>")
    for phone in everyone:
        await expect(phone.of_bot("You said: Is")).to_contain_text("<img src=x onerror=alert(1)>")
        await phone.show("cat.png", "image/png", PNG)
    for phone in everyone:
        await expect(phone.log.locator("article.mine img")).to_have_js_property("naturalWidth", 1)
    await until(lambda: _are_kept(product, len(TITLES)))
    assert complaints == []


async def _offer(product: Product, platform: str, label: str) -> None:
    """An operator says something with a button below it."""
    operator = await product.operator()

    async def said() -> bool:
        return bool((await operator.get("/conversations", platform=platform))["items"])

    await until(said)
    (conversation,) = (await operator.get("/conversations", platform=platform))["items"]
    await operator.post(f"/conversations/{conversation['id']}/messages", text="Well?", buttons=[{"label": label}])


async def _are_kept(product: Product, count: int) -> bool:
    """Whether the product has fetched so many files."""
    query = select(func.count()).where(MediaRow.state == MediaState.STORED)
    async with product.database.begin() as connection:
        return await connection.scalar(query) == count


@pytest.mark.slow
async def test_what_is_done_to_a_message_is_seen_and_told(product: Product, phones: Page) -> None:
    telegram, discord, slack = (Phone(phones, title) for title in ("Telegram", "Discord", "Slack"))
    for phone in (telegram, discord, slack):
        await phone.say("first words")
        await expect(phone.of_bot("You said: first words")).to_be_visible()
        await phone.do("first words", "Edit")
        await expect(phone.field).to_have_value("first words")
        await phone.say("other words")
        await expect(phone.log.locator("article.mine .body")).to_have_text("other words")
    await slack.do("other words", "Delete")
    await expect(slack.log.locator("article.mine")).to_contain_text("This message was deleted")
    await discord.log.locator("article.theirs").hover()
    await discord.log.locator("article.theirs").get_by_label("React", exact=True).click()
    await discord.log.locator("article.theirs").get_by_role("button", name="React with 🎉").click()
    await expect(discord.log.locator("article.theirs .reactions")).to_have_text("🎉")
    kinds = select(Event.kind).where(Event.kind.in_(("edit", "delete", "reaction")))

    async def told() -> bool:
        async with product.database.begin() as connection:
            return sorted(await connection.scalars(kinds)) == ["delete", "edit", "edit", "edit", "reaction"]

    await until(told)


@pytest.mark.slow
async def test_a_fault_is_armed_by_a_click_and_is_over_when_it_struck(product: Product, phones: Page) -> None:
    whatsapp = Phone(phones, "WhatsApp")
    await whatsapp.column.get_by_title("Let something go wrong").click()
    await whatsapp.column.get_by_role("button", name="Answers 500").click()
    await expect(whatsapp.column.get_by_role("status")).to_contain_text("Next: answers 500")
    await whatsapp.say("still there?")
    await expect(whatsapp.of_bot("You said: still there?")).to_be_visible()
    await expect(whatsapp.column.get_by_role("status")).to_be_empty()
    answer = whatsapp.log.locator("article.theirs")
    await expect(answer.get_by_role("img", name="Delivered")).to_be_visible()
    await answer.hover()
    await answer.get_by_role("button", name="Mark as read").click()
    await expect(answer.get_by_role("img", name="Read")).to_be_visible()


@pytest.mark.slow
async def test_a_group_is_answered_where_the_bot_is_mentioned(phones: Page) -> None:
    for title in ("Telegram", "Slack", "Discord"):
        phone = Phone(phones, title)
        await phone.column.get_by_role("button", name="New group or channel").click()
        await phone.say("among ourselves")
        await phone.say("@bot are you there?")
        await expect(phone.of_bot("are you there?")).to_be_visible()
        await expect(phone.of_bot("among ourselves")).to_have_count(0)


@pytest.mark.slow
async def test_the_page_can_be_read_and_handled_by_everyone(phones: Page) -> None:
    telegram = Phone(phones, "Telegram")
    await telegram.column.get_by_role("button", name="New chat", exact=True).focus()
    await phones.keyboard.press("Enter")
    await expect(telegram.field).to_be_focused()
    await phones.keyboard.type("by hand")
    await phones.keyboard.press("Enter")
    await expect(telegram.of_bot("You said: by hand")).to_be_visible()
    for scheme in ("light", "dark"):
        await phones.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a literal, by way of a tuple
        for shown in (telegram.log.locator("article.mine .bubble"), telegram.log.locator("article.theirs .bubble")):
            assert await shown.last.evaluate(CONTRAST) >= 4.5
    await phones.get_by_role("link", name="Slack").click()
    await expect(telegram.column).to_be_hidden()
    await expect(Phone(phones, "Slack").column).to_be_visible()


@pytest.mark.slow
async def test_places_cards_taps_and_what_staff_and_time_do_are_seen(product: Product, phones: Page) -> None:
    telegram, whatsapp, messenger, slack = (
        Phone(phones, title) for title in ("Telegram", "WhatsApp", "Messenger", "Slack")
    )
    for phone in (telegram, whatsapp):
        await phone.choose("Send a place")
        await expect(phone.log.locator("article.mine .body")).to_contain_text("52.3731, 4.8926")
        await phone.choose("Send a card")
        await expect(phone.log.locator("article.mine .body").last).to_contain_text("Ann Example, +31 20 123 4567")
    await telegram.column.get_by_role("button", name="New group or channel").click()
    await telegram.column.get_by_role("button", name="Somebody joins").click()
    await expect(telegram.log.locator(".note")).to_contain_text("joined")
    template = {"name": "parcel", "language": "en", "body": "Your parcel {{1}} is here."}
    await product.simulated.post("/whatsapp/templates", **template)
    await whatsapp.choose("24 hours pass")
    await expect(whatsapp.log.locator(".note")).to_contain_text("24 hours passed")
    await _send_parcel(product)
    await expect(whatsapp.of_bot("Your parcel 4711 is here.")).to_be_visible()
    await messenger.say("hello")
    await messenger.choose("Staff answers")
    await expect(messenger.log.locator("article.theirs .body").filter(has_text="This is Bo")).to_be_visible()
    await slack.say("/ask what now?")
    await expect(slack.of_bot("You said: what now?")).to_be_visible()
    await slack.choose("Remove the bot from here")
    await slack.say("/ask and now?")
    await expect(slack.log.locator("article.theirs").last).to_contain_text("only you see this")
    await expect(slack.of_bot("You said: and now?")).to_be_visible()
    await slack.choose("Uninstall the app")
    await expect(slack.log.locator(".note").last).to_contain_text("The app was uninstalled")
    offered = {"prompts": ["Where is it?"]}
    number, token = await _number_of(product)
    await product.simulated.client.post(
        f"/graph/v25.0/{number}/conversational_automation", json=offered, headers={"Authorization": f"Bearer {token}"}
    )
    await whatsapp.choose("Where is it?")
    await expect(whatsapp.log.locator("article.mine .body").last).to_have_text("Where is it?")


async def _send_parcel(product: Product) -> None:
    """The bot's number sends a template to whoever wrote to it."""
    number, token = await _number_of(product)
    said = [item for item in await product.simulated.ledger("inbound") if item["platform"] == "whatsapp"]
    filled = {"type": "body", "parameters": [{"type": "text", "text": "4711"}]}
    template = {"name": "parcel", "language": {"code": "en"}, "components": [filled]}
    message = {"messaging_product": "whatsapp", "to": said[0]["chat_id"], "type": "template", "template": template}
    answer = await product.simulated.client.post(
        f"/graph/v25.0/{number}/messages", json=message, headers={"Authorization": f"Bearer {token}"}
    )
    answer.raise_for_status()


async def _number_of(product: Product) -> tuple[str, str]:
    """The id of the demo bot's number, and what may speak for it."""
    async with product.database.begin() as connection:
        query = select(ChannelRow.id, ChannelRow.workspace_id).where(ChannelRow.platform == "whatsapp")
        row = (await connection.execute(query)).one()
        vault = credentials_vault(product.settings.secrets())
        known = await channel_admin.credentials(connection, vault, row.workspace_id, row.id)
    return known["phone_number_id"], known["access_token"]
