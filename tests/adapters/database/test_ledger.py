"""The delivery ledger: a part belongs to one attempt at a time, and late words change nothing that was decided."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adapters.database import arrivals, events, ledger, memberships
from adapters.database.ledger import Part
from adapters.database.records import DeliveryRow, Message
from adapters.database.tables import ChatAlias, Conversation
from domain.conversations import Control
from domain.deliveries import LEASE, LEASE_MARGIN, ClaimDecision, DeliveryState, decide
from domain.ids import conversation_id
from domain.platforms import Guarantee
from domain.turns import Begun, ReplyKind, reply_key
from tests.adapters.database.chat import Chat

SENT, UNCERTAIN, FAILED, PLANNED = (
    DeliveryState.SENT,
    DeliveryState.UNCERTAIN,
    DeliveryState.FAILED,
    DeliveryState.PLANNED,
)


async def planned(chat: Chat, parts: int = 1) -> tuple[Begun, list[Part]]:
    """A turn whose reply is planned in so many parts."""
    begun = await chat.begin(*await chat.hear("hello"))
    return begun, await chat.plan(begun, parts)


async def row(chat: Chat, part: Part) -> tuple[object, ...]:
    """State, attempts and doubts of a part."""
    query = select(DeliveryRow.state, DeliveryRow.attempts, DeliveryRow.doubts).where(DeliveryRow.id == part.id)
    return (await chat.rows(query))[0]


async def doubt(chat: Chat, part: Part) -> None:
    """Give a part up as doubtful."""
    async with chat.locked() as (connection, _):
        await ledger.doubt(connection, part)


async def test_all_parts_of_a_reply_are_planned_with_their_payload_and_in_order(chat: Chat) -> None:
    begun, parts = await planned(chat, 3)
    assert [(part.part, part.payload, part.standing.state) for part in parts] == [
        (number, {"text": f"part {number}"}, PLANNED) for number in (1, 2, 3)
    ]
    said = select(Message.text, Message.author, Message.direction).where(Message.turn_id == UUID(begun.turn_id))
    assert await chat.rows(said) == [("the reply", "bot", "outbound")]


async def test_a_reply_is_planned_once(chat: Chat) -> None:
    begun, _ = await planned(chat)
    with pytest.raises(IntegrityError):
        await chat.plan(begun)
    assert len(await chat.parts(begun)) == 1


async def test_an_apology_is_a_reply_of_its_own(chat: Chat) -> None:
    begun, _ = await planned(chat)
    await chat.plan(begun, kind=ReplyKind.APOLOGY)
    assert len(await chat.parts(begun)) == len(await chat.parts(begun, ReplyKind.APOLOGY)) == 1


async def test_a_claim_is_a_lease_for_longer_than_a_call(chat: Chat) -> None:
    begun, (part,) = await planned(chat)
    assert await chat.claim(part) == 1
    (claimed,) = await chat.parts(begun)
    assert (claimed.standing.state, claimed.standing.lease_until) == ("sending", chat.now + LEASE)
    assert decide(claimed.standing, chat.now + LEASE, Guarantee.POLICY, "at_most_once") is ClaimDecision.WAIT


@pytest.mark.parametrize("state", [SENT, FAILED, UNCERTAIN, PLANNED])
async def test_only_the_attempt_that_holds_the_lease_writes_down_how_it_went(chat: Chat, state: DeliveryState) -> None:
    begun, (part,) = await planned(chat)
    old = await chat.claim(part)
    chat.now += LEASE + LEASE_MARGIN
    (found,) = await chat.parts(begun)
    new = await chat.claim(found)
    assert not await chat.settle(part, old, state)
    assert await row(chat, part) == ("sending", 2, 1)
    assert await chat.settle(part, new, state)
    assert (await row(chat, part))[0] == state


async def test_an_outcome_is_written_down_once(chat: Chat) -> None:
    _, (part,) = await planned(chat)
    lease = await chat.claim(part)
    assert await chat.settle(part, lease, SENT, platform_message_id="1")
    assert not await chat.settle(part, lease, FAILED)
    assert await row(chat, part) == ("sent", 1, 0)


@pytest.mark.parametrize("outcome", [SENT, FAILED])
async def test_an_outcome_that_comes_late_ends_the_doubt(chat: Chat, outcome: DeliveryState) -> None:
    _, (part,) = await planned(chat)
    lease = await chat.claim(part)
    await doubt(chat, part)
    assert await chat.settle(part, lease, outcome)
    assert (await row(chat, part))[0] == outcome


async def test_a_part_that_was_given_up_as_doubtful_is_not_planned_again_by_whoever_comes_late(chat: Chat) -> None:
    _, (part,) = await planned(chat)
    lease = await chat.claim(part)
    await doubt(chat, part)
    assert not await chat.settle(part, lease, PLANNED, retry_at=chat.now)
    assert await chat.ledger() == [("uncertain", "outcome_unknown")]


async def test_a_part_that_was_dropped_is_neither_sent_nor_failed_afterwards(chat: Chat) -> None:
    _, (part,) = await planned(chat)
    lease = await chat.claim(part)
    await chat.settle(part, lease, PLANNED, retry_at=chat.now)
    await chat.control(Control.PAUSE)
    assert not await chat.settle(part, lease, SENT)
    assert await chat.ledger() == [("dropped", "paused")]


async def test_at_least_once_sends_after_one_doubt_and_then_gives_up(chat: Chat) -> None:
    begun, (part,) = await planned(chat)
    decisions = []
    for _ in range(2):
        (found,) = await chat.parts(begun)
        await chat.claim(found)
        chat.now += LEASE + LEASE_MARGIN
        (left,) = await chat.parts(begun)
        decisions.append(decide(left.standing, chat.now, Guarantee.POLICY, "at_least_once"))
    assert decisions == [ClaimDecision.SEND, ClaimDecision.DOUBT]
    assert await row(chat, part) == ("sending", 2, 1)


async def test_claims_of_a_part_wait_for_each_other(chat: Chat) -> None:
    begun, _ = await planned(chat)

    async def attempt() -> bool:
        async with chat.locked() as (connection, _):
            (part,) = await ledger.parts(connection, chat.id, reply_key(begun.turn, 1, ReplyKind.ANSWER))
            if decide(part.standing, chat.now, Guarantee.POLICY, "at_most_once") is not ClaimDecision.SEND:
                return False
            await ledger.claim(connection, part, chat.now)
            return True

    assert sorted(await asyncio.gather(*(attempt() for _ in range(6)))) == [False] * 5 + [True]


async def test_what_was_not_begun_is_put_to_rest_and_the_others_are_left(chat: Chat) -> None:
    begun, (first, second, _) = await planned(chat, 3)
    await chat.settle(first, await chat.claim(first), SENT)
    await chat.claim(second)
    async with chat.locked() as (connection, _):
        await ledger.rest(connection, chat.id, reply_key(begun.turn, 1, ReplyKind.ANSWER), FAILED, "recipient_gone")
    assert await chat.ledger() == [("sent", None), ("sending", None), ("failed", "recipient_gone")]


async def test_a_message_carries_the_id_and_the_time_of_its_first_part(chat: Chat) -> None:
    begun, parts = await planned(chat, 2)
    first = chat.now
    for number, part in enumerate(parts, 1):
        async with chat.locked() as (connection, _):
            await arrivals.note_sent(connection, part.id, f"10{number}", chat.now)
        chat.pass_time(seconds=1)
    said = select(Message.platform_message_id, Message.sent_at).where(Message.turn_id == UUID(begun.turn_id))
    assert await chat.rows(said) == [("101", first)]


async def test_a_chat_that_moved_twice_keeps_its_conversation(chat: Chat) -> None:
    await chat.hear("before")
    for place in ("-1001", "-1002"):
        async with chat.locked() as (connection, _):
            await memberships.move_chat(connection, chat.id, place)
    aliases = select(ChatAlias.chat, ChatAlias.original_chat).where(ChatAlias.channel_id == chat.channel.id)
    assert sorted(await chat.rows(aliases)) == [("-1001", "7"), ("-1002", "7")]
    assert await chat.rows(select(Conversation.chat).where(Conversation.id == chat.id)) == [("-1002",)]
    for place in ("7", "-1001", "-1002"):
        told = chat.event("after", chat=place)
        async with chat.database.begin() as connection:
            recorded = await events.record(connection, chat.access, [told], chat.now)
        assert list(recorded.conversations) == [chat.id]


async def test_a_move_that_is_told_twice_changes_nothing(chat: Chat) -> None:
    await chat.hear("before")
    for _ in range(2):
        async with chat.locked() as (connection, _):
            await memberships.move_chat(connection, chat.id, "-1001")
    aliases = select(ChatAlias.chat, ChatAlias.original_chat).where(ChatAlias.channel_id == chat.channel.id)
    assert await chat.rows(aliases) == [("-1001", "7")]


async def test_a_contact_who_cannot_be_reached_is_shown_until_something_is_heard(chat: Chat) -> None:
    await chat.hear("before")
    async with chat.locked() as (connection, _):
        await memberships.mark_undeliverable(connection, chat.id, "recipient_gone")
    shown = select(Conversation.undeliverable).where(Conversation.id == chat.id)
    assert await chat.rows(shown) == [("recipient_gone",)]
    await chat.hear("after")
    assert await chat.rows(shown) == [(None,)]


async def test_numbers_are_given_once_and_without_a_gap(chat: Chat) -> None:
    await chat.hear("one")

    async def number() -> int:
        async with chat.locked() as (connection, _):
            return await ledger.next_seq(connection, chat.id)

    assert sorted(await asyncio.gather(*(number() for _ in range(8)))) == list(range(2, 10))


async def test_a_conversation_that_nobody_recorded_cannot_be_locked(chat: Chat) -> None:
    unheard = conversation_id(chat.access.channel.id, str(uuid4()), None)
    async with chat.database.begin() as connection:
        assert await ledger.lock(connection, unheard) is None


async def test_a_turn_wants_its_reply_until_it_has_ended(chat: Chat) -> None:
    begun = await chat.begin(*await chat.hear("hello"))

    async def is_open() -> bool:
        async with chat.database.begin() as connection:
            return await ledger.open_generation(connection, UUID(begun.turn_id)) is not None

    assert await is_open()
    await chat.control(Control.PAUSE)
    assert not await is_open()


async def test_a_part_is_ready_for_a_successor_only_after_lease_and_margin(chat: Chat) -> None:
    begun, (part,) = await planned(chat)
    await chat.claim(part)
    (found,) = await chat.parts(begun)
    last = chat.now + LEASE + LEASE_MARGIN - timedelta(microseconds=1)
    assert decide(found.standing, last, Guarantee.TRANSACTION, "at_most_once") is ClaimDecision.WAIT
    successor = decide(found.standing, chat.now + LEASE + LEASE_MARGIN, Guarantee.TRANSACTION, "at_most_once")
    assert successor is ClaimDecision.SEND
