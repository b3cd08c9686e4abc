"""Backlogs: more waits than a turn takes or a contact's rate allows, and all of it is answered, in order."""

from uuid import UUID, uuid4

from sqlalchemy import insert, select

from adapters.database import turns
from adapters.database.records import Event, Message
from domain.events import EventKind, EventState
from domain.turns import Account, Begun
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


async def fill(chat: Chat, number: int) -> list[UUID]:
    """So many waiting messages behind those that were heard, in order."""
    first = await chat.hear("first")
    ids = [uuid4() for _ in range(number - 1)]
    row = {"workspace_id": chat.channel.workspace_id, "conversation_id": chat.id}
    events = [
        {**row, "id": identity, "channel_id": chat.channel.id, "key": str(identity), "kind": EventKind.MESSAGE,
         "state": EventState.QUEUED, "seq": 1 + place, "payload": {}, "received_at": chat.now}
        for place, identity in enumerate(ids, 1)
    ]  # fmt: skip
    messages = [
        {**row, "id": event["id"], "seq": event["seq"], "direction": "inbound", "author": "contact", "text": "more"}
        for event in events
    ]
    async with chat.database.begin() as connection:
        await connection.execute(insert(Event), events)
        await connection.execute(insert(Message), messages)
    await chat.change(last_seq=number)
    return [*first, *ids]


async def test_more_messages_than_a_turn_takes_are_answered_in_several(chat: Chat) -> None:
    said = await fill(chat, turns.MOST_MEMBERS + 100)
    first = await chat.begin(*said)
    assert (first.members, first.more, len(first.settled)) == (turns.MOST_MEMBERS, True, turns.MOST_MEMBERS)
    await end(chat, first)
    rest = [item for item in said if str(item) not in first.settled]
    second = await chat.begin(*rest)
    assert (second.members, second.more) == (100, False)
    assert await members(chat, second) == said[turns.MOST_MEMBERS :]


async def test_a_conversation_that_is_behind_reads_all_that_waits_from_the_record(chat: Chat) -> None:
    said = await fill(chat, 2 * turns.MOST_MEMBERS + 1)
    found = []
    behind = True
    while behind:
        begun = await chat.begin(*said[:5], behind=True)
        found.append((begun.members, begun.more))
        await end(chat, begun)
        behind = begun.more
    assert found == [(turns.MOST_MEMBERS, True), (turns.MOST_MEMBERS, True), (1, False)]
    assert await chat.states() == [("answered", None)] * len(said)


async def test_a_conversation_stays_behind_when_its_turn_was_open_already(chat: Chat) -> None:
    said = await fill(chat, turns.MOST_MEMBERS + 1)
    await chat.begin(*said[:5], behind=True)
    assert (await chat.begin(*said[:5], behind=True)).more


async def test_all_that_waits_is_held_however_much_it_is(chat: Chat) -> None:
    said = await fill(chat, turns.MOST_MEMBERS + 100)
    await chat.change(voice="nobody")
    assert not (await chat.begin(*said[:5], behind=True)).more
    assert set(await chat.states()) == {("held", "paused")}


async def test_above_the_contacts_rate_no_turn_is_opened_until_a_minute_has_passed(chat: Chat) -> None:
    await chat.settings(limits={"messages_per_minute": 2})
    for _ in range(2):
        await end(chat, await chat.begin(*await chat.hear("quick")))
        chat.pass_time(seconds=10)
    said = await chat.hear("three", "four")
    refused = await chat.begin(*said)
    assert (refused.turn, refused.wait_seconds, refused.settled) == (0, 40, ())
    chat.pass_time(seconds=40)
    assert (await chat.begin(*said)).members == 2


async def test_without_a_limit_there_is_no_rate(chat: Chat) -> None:
    await chat.settings(limits={"messages_per_minute": None})
    for number in range(1, 31):
        begun = await chat.begin(*await chat.hear("quick"))
        assert (begun.turn, begun.wait_seconds) == (number, 0)
        await end(chat, begun)
