"""Answers that grow, over HTTP against the simulator: seen early, in the end one message with exactly the answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from adapters.database.growing import UNCERTAIN_NOTICE, GrowingRow
from adapters.database.records import DeliveryRow, Notice
from domain.growing import EDIT_DEADLINE
from tests.desk import desk
from tests.discord import join_server, listening
from tests.machine import PATIENCE_SECONDS, until
from tests.processes import command
from tests.product import Product
from tests.simulated import TOKEN
from tests.slack import DIRECT, join_workspace

CHAT = 7
GROWING: dict[str, JsonValue] = {"bursts": {"policy": "queue"}, "delivery": {"streaming": True}}
ANSWER = "Open **the lid** first, then pour water up to the mark, wait until it boils, and put the tea in. " * 3
PLAIN = ANSWER.replace("**", "").strip()
SAID = ("hello", "and now?")
SENDS = {"sendMessage", "chat.postMessage", "messages.create"}
CHANGES = {"editMessageText", "chat.update", "messages.edit", "deleteMessage", "chat.delete", "messages.delete"}
SLOWLY = {"chunk_characters": 6, "chunk_seconds": 0.12}
WRONG = "Do not open the lid, whatever you are told about it, for there is nothing in it that anybody needs. " * 3
GOES_ON_SECONDS = 60.0
STALLED = {"kind": "stall_mid_stream", "seconds": 600}


@dataclass(frozen=True)
class Place:
    """Where an answer grows: what stands there of the bot, and what it was told to say, in order."""

    say: Callable[[str], Awaitable[object]]
    stands: Callable[[], Awaitable[list[str]]]
    told: Callable[[], Awaitable[list[tuple[str, str]]]]


Begun = Callable[[Product], AbstractAsyncContextManager[Place]]


@asynccontextmanager
async def on_telegram(product: Product, **bot: JsonValue) -> AsyncIterator[Place]:
    """A chat with a bot on Telegram."""
    await product.telegram(**GROWING | bot)

    async def stands() -> list[str]:
        return await _stands(product, f"/telegram/{TOKEN}/chats/{CHAT}", "text")

    yield Place(lambda text: product.simulated.say(CHAT, text), stands, lambda: _told(product))


@asynccontextmanager
async def on_slack(product: Product) -> AsyncIterator[Place]:
    """A conversation with a bot on Slack."""
    workspace = await join_workspace(product, **GROWING)

    async def stands() -> list[str]:
        return await _stands(product, f"/slack/channels/{DIRECT}", "text")

    yield Place(workspace.say, stands, lambda: _told(product))


@asynccontextmanager
async def on_discord(product: Product) -> AsyncIterator[Place]:
    """A conversation with a bot on Discord, by its gateway."""
    server = await join_server(product, **GROWING)

    async def stands() -> list[str]:
        sends = await server.sent()
        return await _stands(product, f"/discord/channels/{sends[0]['chat_id']}", "content") if sends else []

    async with listening(server):
        yield Place(server.say, stands, lambda: _told(product))


async def _stands(product: Product, path: str, field: str) -> list[str]:
    answer = await product.simulated.client.get(f"/_sim{path}")
    texts = [str(message[field]) for message in answer.json()["messages"]]
    return [text for text in texts if text not in SAID]


async def _told(product: Product) -> list[tuple[str, str]]:
    """What the bot did, but for typing."""
    done = await product.simulated.ledger("outbound")
    return [(str(item["method"]), str(item["text"])) for item in done if item["method"] in SENDS | CHANGES]


async def parts(product: Product) -> list[tuple[str, bool]]:
    """State of every part, and whether it grew."""
    query = select(DeliveryRow.state, DeliveryRow.grown_from.is_not(None))
    async with product.database.begin() as connection:
        return [(row[0], row[1]) for row in await connection.execute(query)]


async def until_answered(product: Product, within_seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until what the contact said has its answer; some platforms tell of the bot's own messages as well."""

    async def answered() -> bool:
        return "answered" in [state for state, _ in await product.states()]

    await until(answered, within_seconds)


async def until_nothing_grows(product: Product) -> None:
    """Wait until every message that grew has its end."""

    async def ended() -> bool:
        async with product.database.begin() as connection:
            return await connection.scalar(select(GrowingRow.id)) is None

    await until(ended)


async def until_seen(place: Place, times: int = 1) -> None:
    """Wait until the first words stand there."""

    async def seen() -> bool:
        return len(await place.told()) >= times

    await until(seen)


@pytest.mark.slow
@pytest.mark.parametrize("begun", [on_telegram, on_slack, on_discord])
async def test_an_answer_grows_in_one_message_that_ends_as_the_whole_answer(product: Product, begun: Begun) -> None:
    await product.simulated.answer(ANSWER, **SLOWLY)
    async with begun(product) as place:
        await place.say("hello")
        await until_answered(product)
        (first, *edits), (whole,) = await place.told(), await place.stands()
    assert (whole.replace("*", ""), edits[-1][1]) == (PLAIN, whole)
    assert (first[0] in SENDS, {method for method, _ in edits} <= CHANGES) == (True, True)
    assert len(first[1]) < len(whole)
    assert all(PLAIN.startswith(text.replace("*", "")) for _, text in (first, *edits))
    assert await parts(product) == [("sent", True)]
    await until_nothing_grows(product)


@pytest.mark.slow
async def test_the_next_attempt_replaces_what_a_broken_one_said(product: Product) -> None:
    broken = {"text": WRONG, **SLOWLY, "fault": {"kind": "close_mid_stream"}, "count": 1}
    await product.simulated.answers({"contains": "hello", **broken}, {"contains": "hello", "text": "The right answer."})
    async with on_telegram(product) as place:
        await place.say("hello")
        await until_answered(product)
        told = await place.told()
        assert await place.stands() == ["The right answer."]
    assert WRONG.startswith(told[0][1])
    assert [method for method, _ in told].count("sendMessage") == 1


@pytest.mark.slow
async def test_a_limit_ends_the_growth_and_not_the_answer(product: Product) -> None:
    await product.simulated.answer(ANSWER, **SLOWLY)
    await product.simulated.fault("status", status=429, retry_after=2, method="editMessageText")
    async with on_telegram(product) as place:
        await place.say("hello")
        await until_answered(product)
        assert [text.replace("*", "") for text in await place.stands()] == [PLAIN]
    calls = [item for item in await product.simulated.ledger("call") if item["method"] == "editMessageText"]
    assert [call["status"] for call in calls] == [429, 200]


@pytest.mark.slow
async def test_an_edit_that_arrives_late_does_so_before_the_whole_answer(product: Product) -> None:
    await product.simulated.answer(ANSWER, **SLOWLY)
    await product.simulated.fault("delay", seconds=EDIT_DEADLINE.total_seconds() + 1, method="editMessageText")
    async with on_telegram(product) as place:
        await place.say("hello")
        await until_answered(product)
        assert [text.replace("*", "") for text in await place.stands()] == [PLAIN]
        assert [method for method, _ in await place.told()] == ["sendMessage", "editMessageText", "editMessageText"]


@pytest.mark.slow
async def test_what_had_grown_is_taken_away_when_an_operator_takes_over(product: Product) -> None:
    await product.simulated.answer(WRONG, **SLOWLY, fault=STALLED)
    async with on_telegram(product) as place:
        await place.say("hello")
        await until_seen(place)
        here = await desk(product)
        await here.operator.post(f"/conversations/{here.conversation}/takeover")
        await until_nothing_grows(product)
        assert await place.stands() == []
        methods = [method for method, _ in await place.told()]
        assert (methods[-1], methods.count("deleteMessage")) == ("deleteMessage", 1)
        await product.until_states("held")
    assert await product.states() == [("held", "handed_over")]


@pytest.mark.slow
async def test_an_interrupted_answer_makes_room_for_one_below_the_newest_message(product: Product) -> None:
    await product.simulated.answers(
        {"contains": "and now?", "text": "The right answer."}, {"contains": "hello", "text": WRONG, **SLOWLY}
    )
    async with on_telegram(product, bursts={"policy": "interrupt", "quiet_seconds": 0}) as place:
        await place.say("hello")
        await until_seen(place)
        await place.say("and now?")
        await product.until_states("answered", "answered")
        await until_nothing_grows(product)
        assert await place.stands() == ["The right answer."]


@pytest.mark.slow
async def test_an_apology_takes_the_place_of_what_had_grown(product: Product) -> None:
    await product.simulated.answer(WRONG, **SLOWLY, fault=STALLED)
    async with on_telegram(product, patience_seconds=6, apology="Sorry.") as place:
        await place.say("hello")
        await product.until_states("failed")
        assert await place.stands() == ["Sorry."]
        assert [method for method, _ in await place.told()].count("sendMessage") == 1


@pytest.mark.slow
async def test_a_worker_killed_while_an_answer_grows_leaves_one_message_with_the_whole_answer(
    front_door: Product,
) -> None:
    stalled = {"text": WRONG, **SLOWLY, "fault": STALLED, "count": 1}
    await front_door.simulated.answers(
        {"contains": "hello", **stalled}, {"contains": "hello", "text": "The right answer."}
    )
    async with on_telegram(front_door) as place:
        async with command(front_door.settings, "worker") as worker:
            await place.say("hello")
            await until_seen(place)
            await worker.kill()
        async with command(front_door.settings, "worker"):
            await until_answered(front_door, GOES_ON_SECONDS)
            await until_nothing_grows(front_door)
        assert await place.stands() == ["The right answer."]
        assert [method for method, _ in await place.told()].count("sendMessage") == 1


@pytest.mark.slow
async def test_a_worker_that_wakes_behind_its_successor_changes_nothing(front_door: Product) -> None:
    slow = {"contains": "hello", "text": WRONG, **SLOWLY, "count": 1}
    await front_door.simulated.answers(slow, {"contains": "hello", "text": "The right answer."})
    async with on_telegram(front_door) as place, command(front_door.settings, "worker") as frozen:
        await place.say("hello")
        await until_seen(place)
        frozen.freeze()
        async with command(front_door.settings, "worker"):
            await until_answered(front_door, GOES_ON_SECONDS)
            told = await place.told()
            frozen.wake()
            await place.say("and now?")
            await front_door.until_states("answered", "answered")
        await frozen.stop()
        assert [text for text in await place.stands() if text == "The right answer."] == ["The right answer."]
        assert [method for method, _ in (await place.told())[len(told) :]] == ["sendMessage"]


@pytest.mark.slow
@pytest.mark.parametrize("begun", [on_slack, on_discord])
async def test_first_words_without_an_answer_are_found_where_the_platform_can_be_asked(
    product: Product, begun: Begun
) -> None:
    await product.simulated.answer(ANSWER, **SLOWLY)
    await product.simulated.post("/faults", kind="accept_then_reset", method="chat.postMessage")
    await product.simulated.post("/faults", kind="accept_then_reset", method="messages.create")
    async with begun(product) as place:
        await place.say("hello")
        await until_answered(product, GOES_ON_SECONDS)
        assert [text.replace("*", "") for text in await place.stands()] == [PLAIN]
    assert await parts(product) == [("sent", True)]


@pytest.mark.slow
async def test_first_words_that_nobody_can_find_are_told_of_and_the_answer_comes_whole(product: Product) -> None:
    await product.simulated.answer(ANSWER, **SLOWLY)
    await product.simulated.fault("accept_then_reset", method="sendMessage")
    async with on_telegram(product) as place:
        await place.say("hello")
        await until_answered(product, GOES_ON_SECONDS)
        first, whole = [text.replace("*", "") for text in await place.stands()]
    assert (PLAIN.startswith(first), whole) == (True, PLAIN)
    assert await parts(product) == [("sent", False)]
    async with product.database.begin() as connection:
        assert (await connection.scalars(select(Notice.kind))).all() == [UNCERTAIN_NOTICE]
