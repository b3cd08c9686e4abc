"""The second door: what PostgreSQL cannot take goes through Temporal, and is answered once and in order."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory

from adapters.database.auditing import look
from adapters.database.engine import Database
from domain.handovers import MAX_UNRECORDED_BYTES
from domain.ids import ChannelId, conversation_id, workflow_id
from settings import Settings
from tests.api.door import CHAT, Door, edited, said
from tests.api.outages import door_behind, readiness, recovered, through
from tests.machine import until
from tests.product import make_key, running_worker
from tests.proxy import Proxy
from tests.simulated import Simulated

GOES_ON_SECONDS = 60.0
"""The database is asked every ten seconds at the longest, and one call that it does not answer takes fifteen."""

PROVED = ("I1", "I2", "I3", "I5")


@pytest.fixture
async def door(pointed: Settings, database: Database, to_database: Proxy, to_temporal: Proxy) -> AsyncIterator[Door]:
    """An API that knows its channel already, because somebody spoke on it."""
    async with door_behind(pointed, database, to_database, to_temporal) as opened:
        assert (await opened.post(said(1, "number 1"))).status_code == 200
        yield opened


def stand(door: Door, *states: str) -> Callable[[], Coroutine[None, None, bool]]:
    """Whether the events stand so."""

    async def compared() -> bool:
        return sorted(found for _, found, _ in await door.events()) == sorted(states)

    return compared


async def answers(simulated: Simulated, chat: int = CHAT) -> list[object]:
    """What the bot answered, in order."""
    return [item["text"] for item in await simulated.sent(chat)]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "held"])
async def test_without_the_database_messages_are_acknowledged_and_answered_once_and_in_order(
    pointed: Settings, simulated: Simulated, door: Door, to_database: Proxy, how: str
) -> None:
    async with running_worker(through(pointed, to_database)):
        await until(stand(door, "answered"))
        await (to_database.cut() if how == "cut" else to_database.hold())
        assert await readiness(door) == (200, "degraded", False, True)
        for number in (2, 3, 4, 3, 2):
            assert (await door.post(said(number, f"number {number}"))).status_code == 200
        assert await stand(door, "answered")()
        await to_database.listen()
        await recovered(door, said(3, "number 3"))
        await until(stand(door, *["answered"] * 4), GOES_ON_SECONDS)
    assert await answers(simulated) == [f"You said: number {number}" for number in range(1, 5)]


@pytest.mark.slow
async def test_a_crowd_loses_nothing_and_is_answered_once_and_in_order(
    pointed: Settings, simulated: Simulated, door: Door, to_database: Proxy
) -> None:
    chats, texts = range(100, 108), [f"number {number}" for number in range(1, 4)]

    async def speak(chat: int) -> None:
        for number, text in enumerate(texts):
            update = said(chat * 100 + number, text, chat=chat)
            # Told twice, as a platform does that has not seen our answer.
            await recovered(door, update)
            await recovered(door, update)

    async def all_answered() -> bool:
        return [state for _, state, _ in await door.events()] == ["answered"] * (1 + len(chats) * len(texts))

    async with running_worker(through(pointed, to_database)):
        await until(stand(door, "answered"))
        speaking = asyncio.gather(*map(speak, chats))
        await to_database.cut()
        await speaking
        await to_database.listen()
        await until(all_answered, GOES_ON_SECONDS)
    for chat in chats:
        assert await answers(simulated, chat) == [f"You said: {text}" for text in texts]
    assert [(await look(door.database, invariant, datetime.now(UTC))).breaches for invariant in PROVED] == [()] * 4


async def test_a_conversation_can_begin_without_the_database_and_its_payloads_are_encrypted(
    pointed: Settings, database: Database, simulated: Simulated, to_database: Proxy, to_temporal: Proxy
) -> None:
    secret = pointed.model_copy(update={"encrypt_payloads": True})
    async with door_behind(secret, database, to_database, to_temporal) as door:
        assert (await door.post(said(1))).status_code == 200
        await to_database.cut()
        assert (await door.post(said(2, "a secret", chat=8))).status_code == 200
        client = await Client.connect(str(pointed.temporal_address))
        begun = client.get_workflow_handle(workflow_id(conversation_id(ChannelId(door.channel.id), "8", None)))
        assert "binary/encrypted" in _decoded(await begun.fetch_history())
        await to_database.listen()
        async with running_worker(through(secret, to_database)):
            await until(stand(door, "answered", "answered"), GOES_ON_SECONDS)
    assert await answers(simulated, 8) == ["You said: a secret"]


async def test_without_the_database_an_album_is_known_as_one(pointed: Settings, door: Door, to_database: Proxy) -> None:
    assert (await door.post(said(1))).status_code == 200
    await to_database.cut()
    assert (await door.post(said(2, "look", chat=8, media_group_id="9"))).status_code == 200
    client = await Client.connect(str(pointed.temporal_address))
    begun = client.get_workflow_handle(workflow_id(conversation_id(ChannelId(door.channel.id), "8", None)))
    assert '"album":"9"' in _decoded(await begun.fetch_history()).replace(" ", "")


def _decoded(history: WorkflowHistory) -> str:
    """The encodings and readable contents of a history's payloads."""
    found = re.findall(r'"(?:encoding|data)": "([^"]*)"', history.to_json())
    return " ".join(base64.b64decode(item).decode(errors="replace") for item in found)


async def test_edits_and_memberships_are_recorded_and_wake_nobody(
    pointed: Settings, simulated: Simulated, door: Door, to_database: Proxy
) -> None:
    blocked = {"old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}
    chat = {"id": 9, "type": "private"}
    membership = {"update_id": 4, "my_chat_member": {"chat": chat, "from": {"id": 9}, "date": 1, **blocked}}
    await to_database.cut()
    for update in (said(2, "before"), edited(3, 2, "after"), membership):
        assert (await door.post(update)).status_code == 200
    await to_database.listen()
    async with running_worker(through(pointed, to_database)):
        await until(stand(door, "answered", "answered", "ignored", "ignored"), GOES_ON_SECONDS)
    reasons = {kind: reason for kind, _, reason in await door.events()}
    assert (reasons["edit"], reasons["membership"]) == ("applied", "membership")
    assert await answers(simulated) == ["You said: number 1", "You said: after"]
    assert await answers(simulated, 9) == []
    client = await Client.connect(str(pointed.temporal_address))
    nobody = client.get_workflow_handle(workflow_id(conversation_id(ChannelId(door.channel.id), "9", None)))
    assert (await nobody.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_what_was_recorded_before_and_not_handed_over_is_not_overtaken(
    pointed: Settings, simulated: Simulated, door: Door, to_database: Proxy, to_temporal: Proxy
) -> None:
    await to_temporal.cut()
    assert (await door.post(said(2, "number 2"))).status_code == 200
    await to_database.cut()
    await to_temporal.listen()
    await recovered(door, said(3, "number 3"))
    async with running_worker(pointed):
        await until(stand(door, *["answered"] * 3), GOES_ON_SECONDS)
    assert await answers(simulated) == ["You said: number 1", "You said: number 2", "You said: number 3"]


@pytest.mark.slow
async def test_what_comes_after_the_outage_does_not_overtake_what_was_carried(door: Door, to_database: Proxy) -> None:
    async def recorded() -> bool:
        """Until the database is asked again, what comes is still carried."""
        assert (await door.post(said(4, "number 4"))).status_code == 200
        return len(await door.texts()) > 1

    await to_database.cut()
    for number in (2, 3):
        assert (await door.post(said(number, f"number {number}"))).status_code == 200
    await to_database.listen()
    await until(recorded)
    assert await door.texts() == [f"number {number}" for number in range(1, 5)]


@pytest.mark.slow
async def test_a_message_of_a_group_that_got_a_new_id_meanwhile_reaches_its_conversation(
    pointed: Settings, simulated: Simulated, door: Door, to_database: Proxy
) -> None:
    old, new = -100, -1000000000100
    mention = {"entities": [{"type": "bot_command", "offset": 0, "length": 4}]}
    moved = said(3, chat=old, text=None, migrate_to_chat_id=new)  # type: ignore[arg-type]  # a message without words
    for update in (said(2, "/ask before", chat=old, **mention), moved):
        assert (await door.post(update)).status_code == 200
    await to_database.cut()
    assert (await door.post(said(4, "/ask after", chat=new, **mention))).status_code == 200
    await to_database.listen()
    async with running_worker(through(pointed, to_database)):
        await until(stand(door, "answered", "answered", "answered", "ignored"), GOES_ON_SECONDS)
    assert len(await door.conversations()) == 2
    assert len(await simulated.sent(new)) == 2


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "held"])
async def test_without_either_store_a_webhook_is_asked_to_come_again(
    pointed: Settings, simulated: Simulated, door: Door, to_database: Proxy, to_temporal: Proxy, how: str
) -> None:
    for proxy in (to_database, to_temporal):
        await (proxy.cut() if how == "cut" else proxy.hold())
    for number in (2, 3):
        answer = await door.post(said(number, f"number {number}"))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    for proxy in (to_database, to_temporal):
        await proxy.listen()
    # What was asked for again may have been taken all the same, by either store.
    for number in (2, 3):
        await recovered(door, said(number, f"number {number}"))
    async with running_worker(pointed):
        await until(stand(door, *["answered"] * 3), GOES_ON_SECONDS)
    assert sorted(map(str, await answers(simulated))) == [f"You said: number {number}" for number in range(1, 4)]


async def test_without_the_database_a_channel_that_nobody_knows_is_asked_to_come_again(
    pointed: Settings, database: Database, to_database: Proxy, to_temporal: Proxy
) -> None:
    async with door_behind(pointed, database, to_database, to_temporal) as door:
        await to_database.cut()
        for number in (1, 2):
            answer = await door.post(said(number))
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0


async def test_without_the_database_what_is_too_large_is_asked_to_come_again(door: Door, to_database: Proxy) -> None:
    await to_database.cut()
    answer = await door.post(said(2, "x" * MAX_UNRECORDED_BYTES))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (await door.post(said(3, "x" * 4096))).status_code == 200


async def test_without_the_database_a_wrong_signature_is_refused_and_the_api_is_unavailable(
    door: Door, pointed: Settings, database: Database, to_database: Proxy
) -> None:
    key = {"Authorization": f"Bearer {await make_key(pointed, database)}"}
    await to_database.cut()
    assert (await door.client.post(door.path, json=said(2))).status_code == 401
    answer = await door.client.get("/v1/bots", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.slow
async def test_what_is_carried_is_counted(door: Door, to_database: Proxy) -> None:
    async def counted() -> float:
        shown = (await door.client.get("/metrics")).text
        found = re.search(r'^chat_events_carried_total{kind="message",platform="telegram"} (\S+)$', shown, re.MULTILINE)
        return float(found[1]) if found else 0.0

    before = await counted()
    await to_database.cut()
    assert (await door.post(said(2))).status_code == 200
    assert await counted() == before + 1
