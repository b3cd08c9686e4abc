"""A channel's webhook at its platform, against the simulated Bot API."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.tables import ChannelRow
from settings import Settings
from tests.machine import caller
from tests.product import make_key, running_api
from tests.simulated import TOKEN, Simulated


@pytest.fixture
async def client(settings: Settings, database: Database, simulated: Simulated) -> AsyncIterator[httpx.AsyncClient]:
    """An admin of an API that speaks to the simulator."""
    pointed = settings.model_copy(
        update={"telegram_api_url": simulated.telegram_api_url, "public_url": "https://bots.example.com"}
    )
    headers = {"Authorization": f"Bearer {await make_key(settings, database)}"}
    async with running_api(pointed) as url, caller(url, headers) as made:
        yield made


async def connect(client: httpx.AsyncClient, platform: str = "telegram", **credentials: str) -> dict[str, str]:
    """A channel of a new bot."""
    bot = (await client.post("/v1/bots", json={"name": "Ada"})).json()
    new = {"platform": platform, "credentials": credentials}
    made = await client.post(f"/v1/bots/{bot['id']}/channels", json=new)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_webhook_is_registered_inspected_and_removed(client: httpx.AsyncClient, database: Database) -> None:
    channel = await connect(client, token=TOKEN)
    address = f"/v1/channels/{channel['id']}/webhook"
    before, made = await client.get(address), await client.post(address)
    assert (before.status_code, before.json()["ours"]) == (200, False)
    assert (made.status_code, made.json()["url"], made.json()["ours"]) == (200, channel["webhook_url"], True)
    assert (await client.get(address)).json()["url"] == channel["webhook_url"]
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).json()["ours"] is False
    async with database.begin() as connection:
        account = await connection.scalar(select(ChannelRow.account).where(ChannelRow.id == UUID(channel["id"])))
    assert account is not None
    assert account["id"] == TOKEN.partition(":")[0]


@pytest.mark.slow
async def test_a_bots_commands_are_shown_with_its_webhook(client: httpx.AsyncClient) -> None:
    commands = [{"command": "prices", "description": "What things cost"}]
    channel = await connect(client, token=TOKEN)
    address, bot = f"/v1/channels/{channel['id']}/webhook", f"/v1/bots/{channel['bot_id']}"
    assert (await client.post(address)).json()["commands"] == []
    assert (await client.patch(bot, json={"commands": commands})).status_code == 200
    assert (await client.post(address)).json()["commands"] == commands
    assert (await client.get(address)).json()["commands"] == commands
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).json()["commands"] == []


async def test_what_a_menu_has_to_wait_for_is_waited_for_by_all_calls_like_it(
    client: httpx.AsyncClient, simulated: Simulated
) -> None:
    channel = await connect(client, token=TOKEN)
    address, bot = f"/v1/channels/{channel['id']}/webhook", f"/v1/bots/{channel['bot_id']}"
    await client.patch(bot, json={"commands": [{"command": "prices", "description": "What things cost"}]})
    await simulated.post("/faults", kind="status", status=429, retry_after=40, method="setMyCommands")
    first = await client.post(address)
    made = len(await simulated.ledger("call"))
    second = await client.get(address)
    assert [(item.status_code, item.json()["code"]) for item in (first, second)] == [(503, "rate_limited")] * 2
    assert int(first.headers["retry-after"]) == 40
    assert 30 < int(second.headers["retry-after"]) <= 40
    assert len(await simulated.ledger("call")) == made


async def test_what_a_platform_would_not_show_is_422_before_it_is_called(
    client: httpx.AsyncClient, simulated: Simulated
) -> None:
    channel = await connect(client, "whatsapp", access_token="t", app_secret="s", verify_token="v", phone_number_id="1")
    commands = [{"command": f"c{number}", "description": "x"} for number in range(31)]
    assert (await client.patch(f"/v1/bots/{channel['bot_id']}", json={"commands": commands})).status_code == 200
    answer = await client.post(f"/v1/channels/{channel['id']}/webhook")
    assert (answer.status_code, answer.json()["code"]) == (422, "unacceptable")
    assert "at most 30 commands" in answer.json()["detail"]
    assert await simulated.ledger("call") == []


async def test_a_webhook_that_leads_to_somebody_else_is_left_alone(
    client: httpx.AsyncClient, simulated: Simulated
) -> None:
    channel = await connect(client, token=TOKEN)
    address = f"/v1/channels/{channel['id']}/webhook"
    theirs = "https://other.example/hook"
    (await simulated.client.post(f"/telegram/bot{TOKEN}/setWebhook", json={"url": theirs})).raise_for_status()
    answer = await client.delete(address)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ours")
    assert (await client.get(address)).json()["url"] == theirs
    before = f"https://before.example/webhooks/telegram/{channel['id']}"
    (await simulated.client.post(f"/telegram/bot{TOKEN}/setWebhook", json={"url": before})).raise_for_status()
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).json()["url"] == ""


async def test_creating_a_channel_calls_nothing_outside(client: httpx.AsyncClient, simulated: Simulated) -> None:
    await connect(client, token=TOKEN)
    assert await simulated.ledger("outbound") == []


async def test_a_token_that_the_platform_does_not_know_is_422(client: httpx.AsyncClient, simulated: Simulated) -> None:
    channel = await connect(client, token=TOKEN)
    await simulated.fault("status", status=401, count=3)
    answers = [
        await client.request(verb, f"/v1/channels/{channel['id']}/webhook") for verb in ("POST", "GET", "DELETE")
    ]
    assert [(item.status_code, item.json()["code"]) for item in answers] == [(422, "credentials_refused")] * 3
    assert not any(TOKEN in item.text for item in answers)


@pytest.mark.slow
async def test_a_webchat_has_no_webhook(client: httpx.AsyncClient) -> None:
    channel = await connect(client, "webchat")
    answers = [
        await client.request(verb, f"/v1/channels/{channel['id']}/webhook") for verb in ("POST", "GET", "DELETE")
    ]
    assert [(item.status_code, item.json()["code"]) for item in answers] == [(422, "not_permitted")] * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "status", "status": 429, "retry_after": 7}, 503, "rate_limited"),
        ({"kind": "status", "status": 500}, 503, "unreachable"),
        ({"kind": "accept_then_reset"}, 502, "outcome_unknown"),
    ],
)
async def test_a_platform_that_does_not_do_it_is_no_fault_of_ours(
    client: httpx.AsyncClient, simulated: Simulated, fault: dict[str, object], status: int, code: str
) -> None:
    channel = await connect(client, token=TOKEN)
    await simulated.post("/faults", method="setWebhook", **fault)
    answer = await client.post(f"/v1/channels/{channel['id']}/webhook")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 503:
        assert answer.headers["retry-after"] == str(fault.get("retry_after", 5))
