"""What in a group is meant for the bot without naming it: the rest of an album, an answer to what the bot has said."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, DateTime, Text, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import choices, quotes
from adapters.database.channels import ChannelAccess
from adapters.database.edits import reopen
from adapters.database.records import Event
from domain.albums import ALBUM, album_of
from domain.buttons import chosen, may_choose
from domain.events import WAKING_KINDS, EventState
from domain.hearing import NOT_ADDRESSED
from domain.ids import ConversationId

if TYPE_CHECKING:
    from adapters.database.events import Recording

_ALBUM_FOR = timedelta(minutes=1)
"""How far apart the messages of one album may come."""
_LIST_FOR = timedelta(hours=1)
"""How long a bare number in a group is taken for an answer to the list that the bot has said last."""
_RECENT = (
    Event.conversation_id == bindparam("conversation"),
    Event.received_at > bindparam("since", type_=DateTime(timezone=True)),
    Event.payload["details"][ALBUM].as_string() == func.any(bindparam("albums", type_=ARRAY(Text))),
)
# Built once: building a statement costs more than running it.
_HEARD = select(Event.payload["details"][ALBUM].as_string()).where(
    *_RECENT, Event.reason.is_distinct_from(NOT_ADDRESSED)
)
_HEAR = (
    update(Event)
    .where(*_RECENT, Event.state == EventState.IGNORED, Event.reason == NOT_ADDRESSED)
    .values(state=EventState.RECEIVED, reason=None, ended_at=None)
)


async def heard(
    connection: AsyncConnection,
    access: ChannelAccess,
    conversation: ConversationId | None,
    recordings: "Sequence[Recording]",
    now: datetime,
) -> "list[Recording]":
    """The same events; what is meant for the bot is answered, and so is the rest of an album that came before it.

    Their conversation is locked.
    """
    if conversation is None or access.bot.groups != "when_addressed":
        return list(recordings)
    unheard = [item for item in recordings if _is_unheard(item)]
    albums = await _albums(connection, conversation, recordings, unheard, now)
    answers = await _answers(connection, conversation, unheard, now)
    meant = {item.id for item in unheard if album_of(item.event) in albums or item.id in answers}
    if meant:
        await reopen(connection, conversation, now)
    return [replace(item, state=EventState.RECEIVED, reason=None) if item.id in meant else item for item in recordings]


def _is_unheard(item: "Recording") -> bool:
    return item.reason == NOT_ADDRESSED and item.event.kind in WAKING_KINDS


async def _albums(
    connection: AsyncConnection,
    conversation: ConversationId,
    recordings: "Sequence[Recording]",
    unheard: "Sequence[Recording]",
    now: datetime,
) -> set[str]:
    """The albums of which one is heard, now or a moment ago; what came of those before is heard as well."""
    begun = {album_of(item.event) for item in recordings if item.event.is_group and _is_heard(item)} - {""}
    asked = {"conversation": conversation, "since": now - _ALBUM_FOR}
    if begun:
        await connection.execute(_HEAR, {**asked, "albums": list(begun)})
    others = {album_of(item.event) for item in unheard} - begun - {""}
    if not others:
        return begun
    return begun | set((await connection.scalars(_HEARD, {**asked, "albums": list(others)})).all())


def _is_heard(item: "Recording") -> bool:
    return item.state is EventState.RECEIVED and item.event.kind in WAKING_KINDS


async def _answers(
    connection: AsyncConnection, conversation: ConversationId, unheard: "Iterable[Recording]", now: datetime
) -> set[object]:
    """Those that reply to words of ours, or name by its number what our last words offered."""
    replies = {item.id: item.event.reply_to for item in unheard if item.event.reply_to}
    found = await quotes.find(connection, conversation, set(replies.values()))
    answers: set[object] = {name for name, to in replies.items() if to in found and found[to].ours}
    numbers = [item for item in unheard if not item.event.attachments and may_choose(item.event.text)]
    listed = await choices.listed(connection, conversation) if numbers else None
    if listed is not None and listed.said_at > now - _LIST_FOR:
        answers |= {item.id for item in numbers if chosen(item.event.text, listed.buttons)}
    return answers
