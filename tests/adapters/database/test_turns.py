"""Turns: PostgreSQL names them, and whoever begins twice, at once or after a crash meets the same turn."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, update

from adapters.database import turns, verdicts, voice
from adapters.database.records import Event, Notice, Turn, VerdictRow
from adapters.database.tables import BotRow
from domain.conversations import Control
from domain.events import EventState
from domain.turns import Account, Begun, ReplyKind
from domain.verdicts import Verdict
from tests.adapters.database.chat import Chat

ANSWERED = Account(state=EventState.ANSWERED)


async def members(chat: Chat, begun: Begun) -> list[object]:
    """The messages of a turn, in order."""
    query = select(Event.id).where(Event.turn_id == UUID(begun.turn_id)).order_by(Event.seq)
    return [row[0] for row in await chat.rows(query)]


async def end(chat: Chat, begun: Begun, account: Account = ANSWERED) -> bool:
    """End a turn."""
    async with chat.database.begin() as connection:
        return await turns.end(connection, UUID(begun.turn_id), account, chat.now)


async def test_messages_are_answered_together_in_one_turn(chat: Chat) -> None:
    said = await chat.hear("one", "two", "three")
    begun = await chat.begin(*said)
    assert (begun.turn, begun.members, begun.more) == (1, 3, False)
    assert set(begun.settled) == set(map(str, said))
    assert await members(chat, begun) == said
    assert await chat.states() == [("queued", None)] * 3


async def test_a_queue_answers_the_first_and_says_that_others_wait(chat: Chat) -> None:
    said = await chat.hear("one", "two", "three")
    begun = await chat.begin(*said, together=False)
    assert (begun.members, begun.more, begun.settled) == (1, True, (str(said[0]),))


async def test_beginning_twice_returns_the_same_turn_with_the_same_members(chat: Chat) -> None:
    said = await chat.hear("one", "two")
    first = await chat.begin(*said)
    later = await chat.hear("three")
    again = await chat.begin(*said, *later)
    assert (again.turn_id, again.members) == (first.turn_id, 2)
    assert set(again.settled) == set(map(str, said))
    assert again.more
    assert await members(chat, again) == said


async def test_two_begins_at_once_open_one_turn(chat: Chat) -> None:
    said = await chat.hear("one", "two")
    begun = await asyncio.gather(*(chat.begin(*said) for _ in range(8)))
    assert len({item.turn_id for item in begun}) == 1
    assert await chat.turns() == [(1, None, None)]


async def test_two_begins_at_once_with_different_messages_open_one_turn_for_both(chat: Chat) -> None:
    one, two = await chat.hear("one", "two")
    begun = await asyncio.gather(chat.begin(one), chat.begin(two))
    assert len({item.turn_id for item in begun}) == 1
    assert await members(chat, begun[0]) == [one, two]
    assert [item.settled for item in begun] == [(str(one),), (str(two),)]


async def test_an_older_message_that_the_workflow_has_yet_to_hear_of_is_not_overtaken(chat: Chat) -> None:
    older, newer = await chat.hear("older", "newer")
    begun = await chat.begin(newer, together=False)
    assert await members(chat, begun) == [older]
    assert str(newer) not in begun.settled


async def test_the_next_turn_has_the_next_number_and_the_other_messages(chat: Chat) -> None:
    one, two = await chat.hear("one", "two")
    first = await chat.begin(one, together=False)
    await end(chat, first)
    second = await chat.begin(one, two)
    assert (second.turn, await members(chat, second)) == (2, [two])
    assert set(second.settled) == {str(one), str(two)}


async def test_what_was_answered_already_is_settled_without_a_turn(chat: Chat) -> None:
    said = await chat.hear("one")
    await end(chat, await chat.begin(*said))
    assert await chat.begin(*said) == Begun(settled=(str(said[0]),))


async def test_a_message_that_nobody_recorded_is_settled(chat: Chat) -> None:
    said = await chat.hear("one")
    unheard = uuid4()
    begun = await chat.begin(unheard, *said)
    assert set(begun.settled) == {str(unheard), *map(str, said)}
    assert await members(chat, begun) == said


async def test_a_conversation_that_nobody_recorded_has_nothing_to_answer(chat: Chat) -> None:
    unheard = uuid4()
    assert await chat.begin(unheard) == Begun(settled=(str(unheard),))


async def test_another_conversations_message_is_not_taken(chat: Chat) -> None:
    mine = await chat.hear("mine")
    other = Chat(chat.database, chat.vault, chat.channel, chat.access, name="8")
    theirs = await other.hear("theirs")
    begun = await chat.begin(*mine, *theirs)
    assert await members(chat, begun) == mine
    assert await other.states() == [("queued", None)]


async def test_a_message_is_answered_although_the_workflow_began_before_it_was_marked(chat: Chat) -> None:
    said = await chat.hear("one", handed_over=False)
    begun = await chat.begin(*said)
    assert await members(chat, begun) == said
    assert await chat.states() == [("queued", None)]


@pytest.mark.parametrize(("wanted", "reason"), [(Control.PAUSE, "paused"), (Control.TAKEOVER, "handed_over")])
async def test_while_nobody_may_answer_messages_are_held(chat: Chat, wanted: Control, reason: str) -> None:
    await chat.hear("before")
    await chat.control(wanted)
    said = await chat.hear("one", "two")
    assert await chat.begin(*said) == Begun(settled=tuple(map(str, said)))
    assert await chat.states() == [("held", reason)] * 3
    assert await chat.turns() == []


async def test_a_stopped_bot_holds_what_is_said(chat: Chat) -> None:
    said = await chat.hear("one")
    async with chat.database.begin() as connection:
        await voice.stop_bot(connection, chat.channel.bot_id, chat.channel.workspace_id, chat.now)
    assert (await chat.begin(*said)).turn == 0
    assert await chat.states() == [("held", "bot_stopped")]


async def test_what_a_deleted_bot_was_asked_ends(chat: Chat) -> None:
    said = await chat.hear("one")
    async with chat.database.begin() as connection:
        deleted = update(BotRow).where(BotRow.id == chat.channel.bot_id).values(deleted_at=chat.now)
        await connection.execute(deleted)
    assert (await chat.begin(*said)).turn == 0
    assert await chat.states() == [("ignored", "bot_deleted")]


async def test_an_open_turn_is_returned_although_nobody_may_answer_new_messages(chat: Chat) -> None:
    said = await chat.hear("one")
    first = await chat.begin(*said)
    part, *_ = await chat.plan(first)
    await chat.claim(part)
    await chat.control(Control.PAUSE)
    later = await chat.hear("two")
    again = await chat.begin(*later)
    assert (again.turn_id, again.settled, again.more) == (first.turn_id, (), True)


async def test_a_command_is_a_turn_of_its_own_with_its_reply(chat: Chat) -> None:
    said = await chat.hear("one", "/help", "three")
    found = []
    for _ in range(3):
        begun = await chat.begin(*said)
        found.append((begun.members, begun.reply, begun.more))
        await end(chat, begun)
    assert found == [(1, None, True), (1, ReplyKind.HELP, True), (1, None, False)]


async def test_a_refused_message_is_a_turn_of_its_own_with_reason_and_verdict(chat: Chat) -> None:
    await chat.settings(moderation={"rules": {"words": ["forbidden"]}})
    said = await chat.hear("a forbidden thing", "two")
    begun = await chat.begin(*said)
    again = await chat.begin(*said)
    assert (begun.reply, begun.reason, begun.more) == (ReplyKind.REFUSAL, "moderation:words", True)
    assert (again.reply, again.reason) == (begun.reply, begun.reason)
    found = select(VerdictRow.message_id, VerdictRow.direction, VerdictRow.categories)
    verdicts = await chat.rows(found.where(VerdictRow.conversation_id == chat.id))
    assert verdicts == [(said[0], "input", ["words"])]


@pytest.mark.parametrize(
    ("moderation", "expected"),
    [
        ({}, (False, False, False)),
        ({"provider": "openai"}, (True, False, False)),
        ({"provider": "openai", "when": "before", "on_error": "closed"}, (True, True, True)),
        ({"provider": "openai", "input": False, "when": "before"}, (False, False, False)),
        ({"provider": "none"}, (False, False, False)),
    ],
)
async def test_a_turn_knows_the_bots_policy_as_it_is_now(
    chat: Chat, moderation: dict[str, str], expected: tuple[bool, bool, bool]
) -> None:
    await chat.settings(moderation=dict(moderation), patience_seconds=7)
    begun = await chat.begin(*await chat.hear("one"))
    assert (begun.judge_input, begun.judge_before, begun.fail_closed) == expected
    assert begun.patience_seconds == 7


async def test_a_bot_with_tools_has_what_was_said_judged_before_they_can_act(chat: Chat) -> None:
    await chat.settings(moderation={"provider": "openai", "when": "parallel"}, tools=[{"kind": "knowledge"}])
    assert (await chat.begin(*await chat.hear("one"))).judge_before


async def test_the_end_of_a_turn_is_the_end_of_its_messages(chat: Chat) -> None:
    begun = await chat.begin(*await chat.hear("one", "two"))
    waiting = await chat.hear("three")
    account = Account(state=EventState.FAILED, reason="model:timeout")
    assert await end(chat, begun, account)
    assert await chat.states() == [("failed", "model:timeout"), ("failed", "model:timeout"), ("queued", None)]
    assert await chat.turns() == [(1, "failed", "model:timeout")]
    assert (await chat.begin(*waiting)).turn == 2


async def test_a_turn_ends_once(chat: Chat) -> None:
    begun = await chat.begin(*await chat.hear("one"))
    assert await end(chat, begun)
    assert not await end(chat, begun, Account(state=EventState.FAILED, reason="late"))
    assert await chat.states() == [("answered", None)]
    assert await chat.turns() == [(1, "answered", None)]


async def test_a_verdict_is_stored_once_however_often_it_is_found(chat: Chat) -> None:
    begun = await chat.begin(*await chat.hear("one"))
    found = Verdict(action="refuse", provider="openai", categories=("hate",))
    async with chat.database.begin() as connection:
        for _ in range(2):
            await verdicts.keep(connection, UUID(begun.turn_id), 1, "input", found)
        await verdicts.keep(connection, UUID(begun.turn_id), 1, "output", found)
    stored = select(func.count()).where(VerdictRow.conversation_id == chat.id)
    assert await chat.rows(stored) == [(2,)]


async def test_a_verdict_that_is_found_twice_hands_over_once(chat: Chat) -> None:
    await chat.begin(*await chat.hear("one"))
    found = Verdict(action="hand_over", provider="openai", categories=("self-harm",))
    for _ in range(2):
        async with chat.database.begin() as connection:
            assert await verdicts.hand_over(connection, chat.id, chat.channel.workspace_id, found, chat.now)
    assert await chat.states() == [("held", "handed_over")]
    told = select(Notice.kind).where(Notice.conversation_id == chat.id)
    assert await chat.rows(told) == [(verdicts.NOTICE,)]


async def test_at_most_one_turn_is_open_whatever_anybody_writes(chat: Chat) -> None:
    await chat.begin(*await chat.hear("one"))
    row = {"id": uuid4(), "workspace_id": chat.channel.workspace_id, "conversation_id": chat.id}
    with pytest.raises(Exception, match="uq_turns_open"):
        async with chat.database.begin() as connection:
            await connection.execute(insert(Turn).values(**row, number=99, opened_at=chat.now))
