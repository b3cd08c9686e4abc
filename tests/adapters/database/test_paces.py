"""Parts claimed at their platform's pace: no rate is exceeded, whoever asks, and nobody waits for another's chat."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from adapters.database import asides, paces
from adapters.database.ledger import Part
from adapters.database.paces import Place, Queued, Taken
from adapters.database.records import DeliveryRow
from domain.deliveries import DeliveryState, Standing
from domain.paces import Meter, Pace, Rate
from tests.adapters.database.chat import Chat

SECOND = timedelta(seconds=1)
PACE = Pace(bot=Rate(every=SECOND / 10, burst=5), chat=Rate(every=SECOND, burst=2))
APART = PACE.model_copy(update={"apart": {Meter.CHANGES: Rate(every=60 * SECOND, burst=2)}})


async def parts(chat: Chat, count: int) -> list[Part]:
    """So many parts, in whatever chats they are to go."""
    begun = await chat.begin(*await chat.hear("hello"))
    return await chat.plan(begun, count)


async def take(
    chat: Chat, part: Part, name: str = "7", pace: Pace = PACE, now: datetime | None = None
) -> Taken | Queued:
    """Claim a part that goes to a chat."""
    async with chat.database.begin() as connection:
        return await paces.take(connection, part, Place(chat.access.channel.id, name, pace), now or chat.now)


async def change(chat: Chat, part: Part, name: str) -> Taken | Queued:
    """Claim a part that edits what stands in a chat, where edits are counted apart."""
    place = Place(chat.access.channel.id, name, APART, Meter.CHANGES)
    async with chat.database.begin() as connection:
        return await paces.take(connection, part, place, chat.now)


async def hold(chat: Chat, seconds: float, name: str = "7", *, whole: bool) -> datetime:
    """Let the platform refuse a part and ask to wait; until when."""
    until = chat.now + timedelta(seconds=seconds)
    async with chat.database.begin() as connection:
        await paces.hold(connection, Place(chat.access.channel.id, name, PACE), until, whole=whole)
    return until


def waiting(part: Part, taken: Taken | Queued) -> Part:
    """The part as the next attempt finds it."""
    assert isinstance(taken, Queued)
    standing = Standing(state=DeliveryState.PLANNED, retry_at=taken.until)
    return Part(part.id, part.part, part.payload, standing, part.attempts)


async def waits(chat: Chat, found: Sequence[Part], name: str = "7", pace: Pace = PACE) -> list[float]:
    """How many seconds each has to wait that asks now, one after the other; nothing for what goes."""
    taken = [await take(chat, part, name, pace) for part in found]
    return [(item.until - chat.now).total_seconds() if isinstance(item, Queued) else 0 for item in taken]


async def test_a_burst_goes_at_once_and_the_rest_gets_places_one_behind_the_other(chat: Chat) -> None:
    assert await waits(chat, await parts(chat, 5)) == [0, 0, 1, 2, 3]


async def take_spare(chat: Chat, name: str = "7") -> bool:
    """Count something in a chat that may as well not be said."""
    async with chat.database.begin() as connection:
        return await asides.take_spare(connection, Place(chat.access.channel.id, name, PACE), chat.now)


async def test_what_is_spared_leaves_a_part_its_place_in_the_chat_and_others_theirs(chat: Chat) -> None:
    first, second, third = await parts(chat, 3)
    assert [await take_spare(chat), await take_spare(chat)] == [True, False]
    assert await waits(chat, [first, second]) == [0, 1]
    assert [await take_spare(chat, name) for name in "ab"] == [True, False]
    assert await waits(chat, [third], name="c") == [0]


async def test_nothing_is_spared_while_the_platform_has_asked_to_wait(chat: Chat) -> None:
    assert await take_spare(chat)
    until = await hold(chat, 30, whole=True)
    chat.pass_time(seconds=29)
    assert not await take_spare(chat, "another")
    chat.now = until + 10 * SECOND
    assert await take_spare(chat, "another")


async def test_what_is_counted_apart_waits_for_its_like_alone(chat: Chat) -> None:
    found = await parts(chat, 6)
    assert [await change(chat, part, name) for part, name in zip(found, "abc", strict=False)] == [
        Taken(1), Taken(1), Queued(chat.now + 60 * SECOND),
    ]  # fmt: skip
    assert [await waits(chat, [part], name) for part, name in zip(found[3:], "def", strict=False)] == [[0]] * 3


async def test_what_is_counted_apart_counts_in_its_chat_as_well(chat: Chat) -> None:
    found = await parts(chat, 3)
    assert await change(chat, found[0], "7") == Taken(1)
    assert await waits(chat, found[1:]) == [0, 1]


async def test_a_wait_for_what_is_counted_apart_holds_for_its_like_in_all_chats_and_nothing_else(chat: Chat) -> None:
    found, until = await parts(chat, 2), chat.now + 30 * SECOND
    async with chat.database.begin() as connection:
        await paces.hold(connection, Place(chat.access.channel.id, "7", APART, Meter.CHANGES), until, whole=True)
    assert await change(chat, found[0], "8") == Queued(until + 60 * SECOND)
    assert await waits(chat, found[1:], "8") == [0]


async def test_a_part_that_goes_is_claimed_and_one_that_waits_is_not(chat: Chat) -> None:
    found = await parts(chat, 3)
    taken = [await take(chat, part) for part in found]
    assert taken == [Taken(1), Taken(1), Queued(chat.now + SECOND)]
    query = select(DeliveryRow.state, DeliveryRow.attempts, DeliveryRow.retry_at).order_by(DeliveryRow.part)
    rows = await chat.rows(query.where(DeliveryRow.conversation_id == chat.id))
    assert rows == [("sending", 1, None)] * 2 + [("planned", 0, chat.now + SECOND)]


async def test_a_part_that_waited_goes_at_its_time_though_others_wait_behind_it(chat: Chat) -> None:
    found = await parts(chat, 5)
    await waits(chat, found[:2])
    queued = [waiting(part, await take(chat, part)) for part in found[2:]]
    for part in queued:
        chat.pass_time(seconds=1)
        assert isinstance(await take(chat, part), Taken)


async def test_nobody_overtakes_those_who_wait(chat: Chat) -> None:
    found = await parts(chat, 5)
    await waits(chat, found[:3])
    chat.pass_time(seconds=1)
    assert await waits(chat, [found[4]]) == [1]


async def test_those_who_all_come_late_are_let_through_as_fast_as_the_rate_allows(chat: Chat) -> None:
    found = await parts(chat, 6)
    await waits(chat, found[:2])
    queued = [waiting(part, await take(chat, part)) for part in found[2:]]
    chat.pass_time(seconds=60)
    assert await waits(chat, queued) == [0, 0, 1, 2]


async def test_a_slow_chat_keeps_no_other_from_its_turn(chat: Chat) -> None:
    found = await parts(chat, 20)
    assert max(await waits(chat, found[:18])) == 16
    assert await waits(chat, found[18:], "8") == [0, 0]


async def test_who_waits_for_a_slow_chat_takes_no_place_from_those_who_wait_for_the_bot(chat: Chat) -> None:
    found = await parts(chat, 7)
    for name, few in (("7", found[:2]), ("8", found[2:4]), ("9", found[4:5])):
        assert set(await waits(chat, few, name)) == {0}
    assert await waits(chat, found[5:6], "7") == [1]
    assert await waits(chat, found[6:7], "10") == [0.1]


async def test_all_chats_together_keep_to_the_rate_of_the_bot(chat: Chat) -> None:
    found = await parts(chat, 8)
    taken = [(await waits(chat, [part], f"chat {part.part}"))[0] for part in found]
    assert taken == [0, 0, 0, 0, 0, 0.1, 0.2, 0.3]


@pytest.mark.parametrize("whole", [False, True])
async def test_what_a_platform_asks_to_wait_holds_for_the_chat_or_for_all(chat: Chat, whole: bool) -> None:
    found = await parts(chat, 4)
    await waits(chat, found[:1])
    until = await hold(chat, 30, whole=whole)
    assert await waits(chat, found[1:2]) == [30 + (PACE.bot if whole else PACE.chat).every.total_seconds()]
    first = waiting(found[0], Queued(until))
    chat.now = until - timedelta(milliseconds=1)
    assert await waits(chat, [first]) != [0]
    assert (await waits(chat, found[2:3], "8") == [0]) is not whole
    chat.now = until
    assert await waits(chat, [first]) == [0]


async def test_a_shorter_wait_does_not_end_a_longer_one(chat: Chat) -> None:
    (part,) = await parts(chat, 1)
    until = await hold(chat, 3600, whole=True)
    await hold(chat, 1, whole=True)
    chat.now = until - timedelta(seconds=1)
    assert await waits(chat, [waiting(part, Queued(chat.now))]) != [0]


async def test_many_at_once_take_no_more_than_the_burst_though_nothing_was_counted_before(chat: Chat) -> None:
    found = await parts(chat, 20)
    taken = await asyncio.gather(*(take(chat, part, f"chat {part.part}") for part in found))
    assert sum(isinstance(item, Taken) for item in taken) == PACE.bot.burst
    places = sorted((item.until - chat.now) / PACE.bot.every for item in taken if isinstance(item, Queued))
    assert places == list(range(1, 16))


@dataclass
class Sender:
    """One of many that want to send: which part, where to, when it asks next, and how late it is then."""

    part: Part
    chat: str
    asks_at: datetime
    sent_at: datetime | None = None

    async def ask(self, chat: Chat, lateness: timedelta) -> None:
        """Ask to send; who has to wait asks again in time, or later."""
        taken = await take(chat, self.part, self.chat)
        if isinstance(taken, Taken):
            self.sent_at = chat.now
        else:
            self.part, self.asks_at = waiting(self.part, taken), taken.until + lateness


def holds(rate: Rate, times: Sequence[datetime]) -> bool:
    """Whether no window between two sends holds more than the rate allows."""
    ordered = sorted(times)
    return all(
        last - first + timedelta(seconds=1e-5) >= (between + 1 - rate.burst) * rate.every
        for start, first in enumerate(ordered)
        for between, last in enumerate(ordered[start:])
    )


@pytest.mark.parametrize("seed", range(3))
async def test_no_order_and_no_lateness_exceeds_a_rate_or_leaves_one_waiting(chat: Chat, seed: int) -> None:
    chance, begun = Random(seed), chat.now  # noqa: S311  (a schedule has to be repeatable)
    senders = [
        Sender(part, f"chat {chance.randrange(4)}", begun + timedelta(seconds=chance.choice([0, 0, 1, 3])))
        for part in await parts(chat, 40)
    ]
    while asking := [sender for sender in senders if sender.sent_at is None]:
        chat.now = max(chat.now, min(sender.asks_at for sender in asking))
        due = [sender for sender in asking if sender.asks_at <= chat.now]
        lateness = timedelta(seconds=chance.choice([0, 0, 0, 0.05, 4]))
        await asyncio.gather(*(sender.ask(chat, lateness) for sender in due))
        chat.now += timedelta(microseconds=1)
    assert holds(PACE.bot, [sender.sent_at for sender in senders if sender.sent_at])
    for name in {sender.chat for sender in senders}:
        assert holds(PACE.chat, [sender.sent_at for sender in senders if sender.chat == name and sender.sent_at])
    longest = max(sum(sender.chat == name for sender in senders) for name in {sender.chat for sender in senders})
    assert chat.now - begun < 2 * longest * PACE.chat.every + timedelta(seconds=10)


async def test_a_part_in_doubt_that_is_sent_again_is_counted_again(chat: Chat) -> None:
    found = await parts(chat, 2)
    sending = Part(found[0].id, 1, {}, Standing(state=DeliveryState.SENDING), 1)
    assert await waits(chat, [found[0], sending, found[1]]) == [0, 0, 1]
