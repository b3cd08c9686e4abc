"""How messages are told to a model: each as a line, in a group with who wrote it."""

from collections.abc import Mapping, Sequence
from typing import TypeVarTuple
from uuid import UUID

from sqlalchemy import Row, func

from adapters.database.records import Event
from domain.events import Attachment
from domain.speakers import Speaker, labels, spoken
from domain.transcripts import Line, worded

Columns = TypeVarTuple("Columns")

IN_A_GROUP = func.coalesce(Event.payload["is_group"].as_boolean(), False).label("is_group")
"""Whether a message was written where several people write; where there is no event, it is one of ours."""
_NOTHING: Mapping[UUID, str] = {}


def lines(rows: Sequence[Row[*Columns]], bot: str, told: Mapping[UUID, str] = _NOTHING) -> tuple[Line, ...]:
    """The lines of rows that have `id`, `direction`, `text`, `attachments`, `sender` and `is_group`.

    `bot` is the name of the bot, and `told` what some of them are told to say, in another language.
    """
    speakers = {row.id: Speaker.model_validate(row.sender) for row in rows if row.is_group and row.sender}
    called = labels(speakers.values(), bot)
    made = []
    for row in rows:
        words = worded(told.get(row.id, row.text), [Attachment.model_validate(item) for item in row.attachments])
        text = spoken(words, called[speakers[row.id]]) if row.id in speakers else words
        made.append(Line(role="user" if row.direction == "inbound" else "assistant", text=text))
    return tuple(made)
