"""When a contact was heard last: the newest word counts, in whatever order words come."""

from datetime import timedelta

from adapters.database import events, windows
from domain.events import EventKind
from tests.adapters.database.chat import Chat


async def test_an_older_word_that_comes_later_changes_nothing(chat: Chat) -> None:
    newest = chat.now - timedelta(hours=1)
    for kind, age in ((EventKind.MESSAGE, 2), (EventKind.REACTION, 1), (EventKind.MESSAGE, 3), (EventKind.REACTION, 4)):
        told = chat.event(kind=kind, occurred_at=(chat.now - timedelta(hours=age)).isoformat())
        async with chat.database.begin() as connection:
            await events.record(connection, chat.access, [told], chat.now)
    async with chat.database.begin() as connection:
        assert await windows.heard_at(connection, chat.id) == newest
