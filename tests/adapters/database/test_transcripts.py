"""What the model is shown: what was heard and answered, in the order of the talk, and nothing else."""

from uuid import UUID

import pytest
from sqlalchemy import select, update

from adapters.database import ledger, turns, voice
from adapters.database.records import Event, Message
from adapters.database.tables import ChannelRow, Conversation
from adapters.database.transcripts import TurnContext, destination, load_context
from domain.conversations import Control
from domain.deliveries import DeliveryState
from domain.events import EventState
from domain.turns import Account, Begun, ReplyKind
from tests.adapters.database.chat import Chat


async def context(chat: Chat, begun: Begun) -> TurnContext:
    """Everything that an activity gets to know for a turn."""
    async with chat.database.begin() as connection:
        found = await load_context(connection, chat.vault, chat.id, UUID(begun.turn_id))
    assert found is not None
    return found


async def shown(chat: Chat, begun: Begun) -> list[str]:
    """The lines that the model sees; what the bot said is in brackets."""
    lines = (await context(chat, begun)).lines
    return [line.text if line.role == "user" else f"[{line.text}]" for line in lines]


async def answer(chat: Chat, begun: Begun, text: str, state: DeliveryState = DeliveryState.SENT) -> None:
    """The turn's reply is said (or not), and the turn ends."""
    (part,) = await chat.plan(begun)
    said = update(Message).where(Message.turn_id == UUID(begun.turn_id)).values(text=text)
    async with chat.database.begin() as connection:
        await connection.execute(said)
    await chat.settle(part, await chat.claim(part), state)
    await chat.end(begun)


async def talk(chat: Chat, *texts: str) -> None:
    """Each of these is said, and answered by its capitals."""
    for text in texts:
        await answer(chat, await chat.begin(*await chat.hear(text)), text.upper())


async def test_the_model_sees_what_was_said_before_and_then_what_it_answers(chat: Chat) -> None:
    await talk(chat, "one", "two")
    begun = await chat.begin(*await chat.hear("three", "four"))
    assert await shown(chat, begun) == ["one", "[ONE]", "two", "[TWO]", "three", "four"]
    assert (await context(chat, begun)).members == 2


async def test_a_message_that_arrived_while_a_turn_ran_stands_before_its_own_answer(chat: Chat) -> None:
    first = await chat.begin(*await chat.hear("one"), together=False)
    two, three = await chat.hear("two", "three")
    await answer(chat, first, "ONE")
    await answer(chat, await chat.begin(two, together=False), "TWO")
    begun = await chat.begin(three)
    assert await shown(chat, begun) == ["one", "[ONE]", "two", "[TWO]", "three"]


async def test_messages_that_were_answered_together_stand_together(chat: Chat) -> None:
    first = await chat.begin(*await chat.hear("one"))
    later = await chat.hear("two", "three")
    await answer(chat, first, "ONE")
    await answer(chat, await chat.begin(*later), "TWO AND THREE")
    begun = await chat.begin(*await chat.hear("four"))
    assert await shown(chat, begun) == ["one", "[ONE]", "two", "three", "[TWO AND THREE]", "four"]


async def test_what_waits_for_a_later_turn_is_not_seen(chat: Chat) -> None:
    said = await chat.hear("one", "two")
    begun = await chat.begin(*said, together=False)
    assert await shown(chat, begun) == ["one"]


async def test_what_was_held_and_not_answered_is_not_seen(chat: Chat) -> None:
    await talk(chat, "one")
    await chat.control(Control.PAUSE)
    await chat.begin(*await chat.hear("while paused"))
    await chat.control(Control.RESUME)
    begun = await chat.begin(*await chat.hear("two"))
    assert await shown(chat, begun) == ["one", "[ONE]", "two"]


@pytest.mark.parametrize(("state", "seen"), [("sent", True), ("uncertain", True), ("failed", False)])
async def test_the_bot_remembers_what_the_contact_may_have_seen(chat: Chat, state: str, seen: bool) -> None:
    await answer(chat, await chat.begin(*await chat.hear("one")), "ONE", DeliveryState(state))
    begun = await chat.begin(*await chat.hear("two"))
    assert await shown(chat, begun) == ["one", *(["[ONE]"] if seen else []), "two"]


async def test_a_deleted_message_is_not_seen_and_an_edited_one_is_seen_as_it_is_now(chat: Chat) -> None:
    await talk(chat, "one", "two")
    async with chat.database.begin() as connection:
        mine = update(Message).where(Message.conversation_id == chat.id)
        await connection.execute(mine.where(Message.text == "one").values(deleted_at=chat.now))
        await connection.execute(mine.where(Message.text == "two").values(text="two, corrected"))
    begun = await chat.begin(*await chat.hear("three"))
    assert await shown(chat, begun) == ["[ONE]", "two, corrected", "[TWO]", "three"]


async def test_after_a_reset_the_model_sees_only_what_is_new(chat: Chat) -> None:
    await talk(chat, "one", "two")
    async with chat.database.begin() as connection:
        assert await voice.forget(connection, chat.id, chat.channel.workspace_id)
    await talk(chat, "three")
    begun = await chat.begin(*await chat.hear("four"))
    assert await shown(chat, begun) == ["three", "[THREE]", "four"]


async def test_what_was_already_waiting_at_a_reset_is_answered(chat: Chat) -> None:
    await talk(chat, "one")
    said = await chat.hear("two")
    async with chat.database.begin() as connection:
        await voice.forget(connection, chat.id, chat.channel.workspace_id)
    assert await shown(chat, await chat.begin(*said)) == ["two"]


async def test_what_an_operator_said_is_seen_as_the_bots(chat: Chat) -> None:
    await talk(chat, "one")
    async with chat.database.begin() as connection:
        said = await voice.say(connection, chat.id, chat.channel.workspace_id, "This is Grace.", now=chat.now)
    assert said is not None
    await deliver(chat, said)
    begun = await chat.begin(*await chat.hear("two"))
    assert await shown(chat, begun) == ["one", "[ONE]", "[This is Grace.]", "two"]


async def deliver(chat: Chat, said: UUID) -> None:
    """What an operator said reaches the contact."""
    async with chat.locked() as (connection, floor):
        planned = ledger.Plan(voice.say_key(said), "x", "operator", [{"text": "x"}], None, said)
        await ledger.plan(connection, chat.id, floor, planned, DeliveryState.SENT)


async def test_a_turn_with_two_replies_shows_its_message_once(chat: Chat) -> None:
    """An answer that could not be delivered is followed by an apology that could."""
    begun = await chat.begin(*await chat.hear("one"))
    (part,) = await chat.plan(begun)
    await chat.settle(part, await chat.claim(part), DeliveryState.FAILED)
    (sorry,) = await chat.plan(begun, kind=ReplyKind.APOLOGY)
    await chat.settle(sorry, await chat.claim(sorry), DeliveryState.SENT)
    async with chat.database.begin() as connection:
        await turns.end(connection, UUID(begun.turn_id), Account(state=EventState.FAILED, reason="x"), chat.now)
    later = await chat.begin(*await chat.hear("two"))
    assert await shown(chat, later) == ["one", "[the reply]", "two"]


async def test_a_media_message_is_put_into_words(chat: Chat) -> None:
    said = await chat.hear("look")
    attached = [{"kind": "photo"}, {"kind": "document", "name": "bill.pdf"}]
    async with chat.database.begin() as connection:
        await connection.execute(update(Message).where(Message.id == said[0]).values(attachments=attached))
    assert await shown(chat, await chat.begin(*said)) == ["look\n[photo]\n[document: bill.pdf]"]


@pytest.mark.parametrize("messages", [1, 2, 3, 4, 7, 40])
async def test_the_newest_of_a_long_past_are_seen_whatever_the_budget(chat: Chat, messages: int) -> None:
    words = [f"number {number}" for number in range(10)]
    await talk(chat, *words)
    await chat.settings(context={"messages": messages})
    begun = await chat.begin(*await chat.hear("now"))
    past = [line for word in words for line in (word, f"[{word.upper()}]")]
    assert await shown(chat, begun) == [*past[-(messages + 1) :], "now"]


async def test_a_backlog_that_was_answered_one_by_one_is_seen_as_a_talk(chat: Chat) -> None:
    """All questions have lower numbers than all answers: the newest by number would be answers alone."""
    said = await chat.hear(*(f"number {number}" for number in range(10)))
    for number in range(9):
        await answer(chat, await chat.begin(*said, together=False), f"answer {number}")
    await chat.settings(context={"messages": 3})
    begun = await chat.begin(*said, together=False)
    assert await shown(chat, begun) == [
        "number 7", "[answer 7]", "number 8", "[answer 8]", "number 9",
    ]  # fmt: skip


async def test_first_words_are_seen_where_fewer_turns_follow_than_the_budget_allows(chat: Chat) -> None:
    await chat.hear("before")
    async with chat.database.begin() as connection:
        await connection.execute(
            update(Event).where(Event.conversation_id == chat.id).values(state="ignored", ended_at=chat.now)
        )
        said = await voice.say(connection, chat.id, chat.channel.workspace_id, "Welcome!", author="bot", now=chat.now)
    assert said is not None
    await deliver(chat, said)
    await talk(chat, "one", "two")
    begun = await chat.begin(*await chat.hear("three"))
    assert await shown(chat, begun) == ["[Welcome!]", "one", "[ONE]", "two", "[TWO]", "three"]


async def test_a_conversation_without_its_channel_has_no_context(chat: Chat) -> None:
    begun = await chat.begin(*await chat.hear("one"))
    async with chat.database.begin() as connection:
        gone = update(ChannelRow).where(ChannelRow.id == chat.channel.id).values(deleted_at=chat.now)
        await connection.execute(gone)
        assert await load_context(connection, chat.vault, chat.id, UUID(begun.turn_id)) is None


async def test_an_answer_goes_to_the_chat_and_thread(chat: Chat) -> None:
    await chat.hear("one")
    await chat.change(thread="3")
    async with chat.database.begin() as connection:
        found = await destination(connection, chat.id)
    assert found is not None
    assert (found[0], found[1].chat, found[1].thread) == (chat.channel.id, "7", "3")
    assert await chat.rows(select(Conversation.thread).where(Conversation.id == chat.id)) == [("3",)]
