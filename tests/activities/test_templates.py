"""Templates from end to end: listed, sent by operators through the ledger, and told where an answer came too late."""

from typing import NamedTuple

import pytest
from pydantic import JsonValue
from sqlalchemy import update

from adapters.database.channels import credentials_vault, seal_credentials
from adapters.database.notifications import channels_changed
from adapters.database.tables import ChannelRow
from tests.machine import until
from tests.product import Operator, Product
from tests.whatsapp import CONTACT, NUMBER, SECRET, TOKEN, VERIFY, WhatsAppBot, whatsapp

ACCOUNT = "102290129340398"
DAY_SECONDS = 24 * 3600.0
WAITS: dict[str, JsonValue] = {"template": "answer_waits", "language": "en_US", "parameters": ["Ann"]}


class Shop(NamedTuple):
    """A bot on a number whose account has a template, and an operator."""

    bot: WhatsAppBot
    operator: Operator

    async def ask(self, method: str, path: str, **body: JsonValue) -> tuple[int, dict[str, JsonValue]]:
        """What the API answers."""
        answer = await self.operator.client.request(
            method, f"/v1{path}", json=body or None, headers={"Authorization": f"Bearer {self.operator.key}"}
        )
        return answer.status_code, dict(answer.json())

    async def conversation(self) -> str:
        """The one conversation."""
        items = (await self.operator.get("/conversations"))["items"]
        assert isinstance(items, list)
        assert isinstance(items[0], dict)
        return str(items[0]["id"])

    async def until_sent(self, *texts: str) -> None:
        """Wait until WhatsApp has these."""

        async def there() -> bool:
            return await self.bot.sent() == list(texts)

        await until(there)


@pytest.fixture
async def shop(product: Product) -> Shop:
    bot = await whatsapp(product)
    credentials = {"access_token": TOKEN, "app_secret": SECRET, "verify_token": VERIFY, "phone_number_id": NUMBER}
    sealed = seal_credentials(
        credentials_vault(product.settings.secrets()), bot.channel.id, {**credentials, "business_account_id": ACCOUNT}
    )
    async with product.database.begin() as connection:
        await connection.execute(update(ChannelRow).where(ChannelRow.id == bot.channel.id).values(**sealed))
        await channels_changed(connection)
    await product.simulated.post("/whatsapp/templates", name="answer_waits", body="Hello {{1}}, an answer waits.")
    return Shop(bot, await product.operator())


@pytest.mark.slow
async def test_an_operator_lists_and_sends_a_template_to_who_never_wrote(shop: Shop) -> None:
    status, page = await shop.ask("GET", f"/channels/{shop.bot.channel.id}/templates")
    assert status == 200
    (listed,) = page["items"] if isinstance(page["items"], list) else []
    assert isinstance(listed, dict)
    assert (listed["name"], listed["status"], listed["parameters"]) == ("answer_waits", "approved", ["1"])
    template: dict[str, JsonValue] = {"name": "answer_waits", "language": "en_US", "parameters": ["Ann"]}
    first: dict[str, JsonValue] = {"channel_id": str(shop.bot.channel.id), "recipient": CONTACT, "template": template}
    assert (await shop.ask("POST", f"/bots/{shop.bot.channel.bot_id}/conversations", **first))[0] == 201
    await shop.until_sent("Hello Ann, an answer waits.")
    said = (await shop.operator.get(f"/conversations/{await shop.conversation()}/messages"))["items"]
    assert isinstance(said, list)
    assert isinstance(said[0], dict)
    assert said[0]["text"] == "Hello Ann, an answer waits."
    assert said[0]["template"] == {**template, "header": None, "buttons": {}}
    path = f"/conversations/{await shop.conversation()}/messages"
    template = {**template, "parameters": ["Bob"]}
    assert (await shop.ask("POST", path, template=template))[0] == 201
    await shop.until_sent("Hello Ann, an answer waits.", "Hello Bob, an answer waits.")
    await shop.bot.until_ledger(*[("sent", None, 1)] * 2)


@pytest.mark.slow
async def test_a_template_that_would_be_refused_is_refused_before_it_is_recorded(shop: Shop) -> None:
    simulated = shop.bot.product.simulated
    await simulated.post("/whatsapp/templates", name="resting", body="Hello.", status="PAUSED")
    await shop.bot.answered("hello")
    path, form = f"/conversations/{await shop.conversation()}/messages", {"language": "en_US"}
    for template, code in (
        ({"name": "unheard_of", **form}, "template_unknown"),
        ({"name": "resting", **form}, "template_paused"),
        ({"name": "answer_waits", **form}, "template_parameters"),
        ({"name": "answer_waits", "language": "de", "parameters": ["Ann"]}, "template_unknown"),
    ):
        status, problem = await shop.ask("POST", path, template=dict(template))
        assert (status, problem["code"]) == (422, code)
    assert (await shop.ask("POST", path, text="and", template={"name": "resting", **form}))[0] == 422
    assert await shop.bot.sent() == ["You said: hello"]


@pytest.mark.slow
async def test_a_template_that_cannot_be_checked_is_sent_and_its_refusal_told(shop: Shop) -> None:
    await shop.bot.answered("hello")
    await shop.bot.product.simulated.fault("status", status=500, method="templates")
    template: dict[str, JsonValue] = {"name": "unheard_of", "language": "en_US"}
    assert (await shop.ask("POST", f"/conversations/{await shop.conversation()}/messages", template=template))[0] == 201
    await shop.bot.until_ledger(("sent", None, 1), ("failed", "template_unknown", 1))


@pytest.mark.slow
async def test_who_is_answered_too_late_is_told_so_once_by_template(shop: Shop) -> None:
    channel = f"/channels/{shop.bot.channel.id}"
    assert (await shop.ask("PATCH", channel, settings={"closed_window": {**WAITS, "text": "An answer waits."}}))[
        0
    ] == 200
    await shop.bot.say("hello", seconds_ago=2 * DAY_SECONDS)
    await shop.until_sent("Hello Ann, an answer waits.")
    await shop.bot.say("anybody there?", seconds_ago=1.5 * DAY_SECONDS)
    await shop.bot.until_states("failed", "failed")
    assert await shop.bot.sent() == ["Hello Ann, an answer waits."]
    said = (await shop.operator.get(f"/conversations/{await shop.conversation()}/messages"))["items"]
    assert isinstance(said, list)
    told = [item["text"] for item in said if isinstance(item, dict) and item["author"] == "system"]
    assert told == ["An answer waits."]
    await shop.bot.say("yes?")
    await shop.until_sent("Hello Ann, an answer waits.", "You said: yes?")


@pytest.mark.slow
async def test_where_the_platform_says_that_it_was_too_late_the_contact_is_told_too(shop: Shop) -> None:
    assert (await shop.ask("PATCH", f"/channels/{shop.bot.channel.id}", settings={"closed_window": WAITS}))[0] == 200
    await shop.bot.answered("hello")
    await shop.bot.product.simulated.post("/whatsapp/advance", seconds=DAY_SECONDS)
    assert (await shop.ask("POST", f"/conversations/{await shop.conversation()}/messages", text="Kim here"))[0] == 201
    await shop.until_sent("You said: hello", "Kim here", "Hello Ann, an answer waits.")


async def test_a_policy_that_could_not_be_followed_is_refused(shop: Shop) -> None:
    channel = f"/channels/{shop.bot.channel.id}"
    for wrong in ({"template": "Not A Name", "language": "en_US"}, {"template": "waits"}, 5, {**WAITS, "more": 1}):
        status, problem = await shop.ask("PATCH", channel, settings={"closed_window": wrong})
        assert status == 422
        assert "closed_window" in str(problem["detail"])
    assert (await shop.ask("PATCH", channel, settings={"closed_window": None}))[0] == 200
