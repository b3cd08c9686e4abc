"""What was understood of messages: kept once for each, read by prompts and by the API, dropped with what was said."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Row, RowMapping, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.records import Event, Message
from adapters.database.scope import scoped
from adapters.database.tables import Conversation
from adapters.database.understanding_records import AnswerTranslation, Understanding
from domain.understanding import Found, FoundIntent, Kept, Translated
from domain.variables import Understood

# Built once: building a statement costs more than running it, and these run for each turn of a bot that wants them.
_OF_TURN = (
    select(Message.id, Message.seq, Message.text, Understanding.message_id.is_not(None).label("is_understood"))
    .join(Event, Event.id == Message.id)
    .outerjoin(Understanding, Understanding.message_id == Message.id)
    .where(Event.turn_id == bindparam("turn", type_=Uuid()), Message.deleted_at.is_(None))
    .order_by(Event.seq, Event.received_at, Message.seq)
)
_SPOKEN = (
    select(Understanding.spoken)
    .where(Understanding.conversation_id == bindparam("conversation", type_=Uuid()), Understanding.spoken.is_not(None))
    .order_by(Understanding.seq.desc())
    .limit(1)
)
_NEWEST = (
    select(
        Understanding.language, Understanding.spoken, Understanding.sentiment, Understanding.intent,
        Understanding.confidence, Understanding.entities,
    )
    .join(Event, Event.id == Understanding.message_id)
    .where(Event.turn_id == bindparam("turn", type_=Uuid()))
    .order_by(Understanding.seq.desc())
    .limit(1)
)  # fmt: skip
_IDS = func.any(bindparam("ids", type_=ARRAY(Uuid())))
_TRANSLATED = select(Understanding.message_id, Understanding.translation).where(
    Understanding.message_id == _IDS, Understanding.translation.is_not(None)
)
_ORIGINAL = (
    select(Message.id, AnswerTranslation.text)
    .join(
        AnswerTranslation,
        (AnswerTranslation.conversation_id == Message.conversation_id) & (AnswerTranslation.reply == Message.reply),
    )
    .where(Message.id == _IDS, Message.edited_at.is_(None))
)


async def of_turn(connection: AsyncConnection, turn_id: UUID) -> Sequence[Row[UUID, int, str, bool]]:
    """The messages that a turn answers, in their order, and whether each is understood already."""
    return (await connection.execute(_OF_TURN, {"turn": turn_id})).all()


async def last_spoken(connection: AsyncConnection, conversation_id: UUID) -> str | None:
    """The language that the conversation was last in, where that is known."""
    return await connection.scalar(_SPOKEN, {"conversation": conversation_id})


async def newest_of_turn(connection: AsyncConnection, turn_id: UUID) -> tuple[Understood, str | None]:
    """What was found out about the newest message of a turn, and the language that it is answered in."""
    row = (await connection.execute(_NEWEST, {"turn": turn_id})).one_or_none()
    if row is None:
        return Understood(), None
    intent = FoundIntent(name=row.intent, confidence=row.confidence or 0.0) if row.intent else None
    found = Found.model_validate({"sentiment": row.sentiment, "intent": intent, "entities": row.entities})
    return Understood(language=row.language, found=found), row.spoken


async def told_to_model(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """What these messages say in the bot's language, where they were said in another."""
    asked = {"ids": list(ids)}
    told: dict[UUID, str] = {}
    for row in await connection.execute(_TRANSLATED, asked):
        told[row.message_id] = row.translation or ""
    for answer in await connection.execute(_ORIGINAL, asked):
        told[answer.id] = answer.text
    return told


async def keep(
    connection: AsyncConnection,
    workspace_id: UUID,
    conversation_id: UUID,
    kept: Sequence[Kept],
    said: Mapping[str, str],
) -> int:
    """Keep what was found out, once for each message that still says what it `said`; how many there are."""
    # First: what refers to the conversation locks it, and whoever edits a message locks them in this order.
    locked = select(Conversation.id).where(Conversation.id == conversation_id)
    await connection.execute(locked.with_for_update(read=True, key_share=True))
    ids = [UUID(item.heard.id) for item in kept]
    standing = select(Message.id, Message.seq, Message.text).where(Message.id.in_(ids), Message.deleted_at.is_(None))
    rows = (await connection.execute(standing.order_by(Message.id).with_for_update(read=True))).all()
    seqs = {str(row.id): row.seq for row in rows if row.text == said[str(row.id)]}
    owners = {"workspace_id": workspace_id, "conversation_id": conversation_id}
    values = [{**owners, **_columns(item), "seq": seqs[item.heard.id]} for item in kept if item.heard.id in seqs]
    if values:
        await connection.execute(insert(Understanding).on_conflict_do_nothing(), values)
    return len(values)


async def keep_answer(
    connection: AsyncConnection, workspace_id: UUID, conversation_id: UUID, reply: str, translated: Translated
) -> None:
    """Keep an answer as the bot gave it; a later one of the same name takes its place."""
    row = {
        "text": translated.text, "language": translated.language, "into": translated.into, "model": translated.model,
        "reason": translated.reason,
    }  # fmt: skip
    made = insert(AnswerTranslation).values(
        conversation_id=conversation_id, reply=reply, workspace_id=workspace_id, **row
    )
    await connection.execute(made.on_conflict_do_update(index_elements=["conversation_id", "reply"], set_=row))


async def drop(connection: AsyncConnection, messages: Sequence[UUID]) -> None:
    """Drop what was made of these messages: they say something else now, or nothing."""
    await connection.execute(delete(Understanding).where(Understanding.message_id.in_(messages)))


async def of_messages(
    connection: AsyncConnection, workspace_id: UUID, messages: Sequence[UUID]
) -> dict[UUID, RowMapping]:
    """What is kept of these messages that contacts sent."""
    columns = [column for column in Understanding.__table__.c if column.name not in ("workspace_id", "seq")]
    query = scoped(select(*columns).where(Understanding.message_id.in_(messages)), workspace_id)
    return {row["message_id"]: row for row in (await connection.execute(query)).mappings()}


async def of_answers(
    connection: AsyncConnection, workspace_id: UUID, messages: Sequence[UUID]
) -> dict[UUID, RowMapping]:
    """What is kept of these messages that were answers in another language than the bot's."""
    query = (
        select(
            Message.id, AnswerTranslation.text, AnswerTranslation.language, AnswerTranslation.into,
            AnswerTranslation.reason,
        )
        .join(
            AnswerTranslation,
            (AnswerTranslation.conversation_id == Message.conversation_id) & (AnswerTranslation.reply == Message.reply),
        )
        .where(Message.id.in_(messages))
    )  # fmt: skip
    return {row["id"]: row for row in (await connection.execute(scoped(query, workspace_id))).mappings()}


def _columns(kept: Kept) -> dict[str, object]:
    found = kept.found
    return {
        "message_id": UUID(kept.heard.id),
        "language": kept.heard.language,
        "spoken": kept.heard.spoken,
        "sentiment": found.sentiment,
        "intent": found.intent.name if found.intent else None,
        "confidence": found.intent.confidence if found.intent else None,
        "entities": [entity.model_dump() for entity in found.entities],
        "into": kept.into,
        "translation": found.translation,
        "model": kept.model,
        "reason": kept.reason,
    }
