"""The documents of bots: kept in passages, and found by PostgreSQL's full text search."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, RowMapping, Text, cast, delete, func, insert, literal, literal_column, select
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.paging import Position, page_of
from adapters.database.scope import scoped
from adapters.database.tool_records import DocumentRow, PassageRow
from domain.knowledge import DocumentType, FoundPassage, Passage

_COLUMNS = (
    DocumentRow.id,
    DocumentRow.bot_id,
    DocumentRow.title,
    DocumentRow.type,
    DocumentRow.characters,
    DocumentRow.passages,
    DocumentRow.created_at,
)
_MOST, _LESS = literal_column("'A'", Text()), literal_column("'C'", Text())
"""How much a word counts; not as parameters, which would be texts, where PostgreSQL wants a `"char"`."""
_AT_ONCE = 500
"""A statement with more rows would carry more parameters than PostgreSQL takes."""


async def count(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID) -> int:
    """How many documents a bot has."""
    counting = select(func.count(DocumentRow.id)).where(DocumentRow.bot_id == bot_id)
    return await connection.scalar(scoped(counting, workspace_id)) or 0


async def page(
    connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, after: Position | None, limit: int
) -> Sequence[RowMapping]:
    """The documents of a bot."""
    listing = scoped(select(*_COLUMNS).where(DocumentRow.bot_id == bot_id), workspace_id)
    ordered = page_of(listing, DocumentRow.created_at, DocumentRow.id, after, limit)
    return (await connection.execute(ordered)).mappings().all()


async def one(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, document_id: UUID) -> RowMapping | None:
    """A document."""
    query = select(*_COLUMNS).where(DocumentRow.id == document_id, DocumentRow.bot_id == bot_id)
    return (await connection.execute(scoped(query, workspace_id))).mappings().one_or_none()


async def add(
    connection: AsyncConnection,
    workspace_id: UUID,
    bot_id: UUID,
    title: str,
    kind: DocumentType,
    dictionary: str,
    characters: int,
    passages: Sequence[Passage],
) -> UUID:
    """Keep a document, in passages whose words can be found: those of title and headings count most."""
    document_id = uuid4()
    row = {"id": document_id, "workspace_id": workspace_id, "bot_id": bot_id, "title": title, "type": kind}
    counted = {"dictionary": dictionary, "characters": characters, "passages": len(passages)}
    await connection.execute(insert(DocumentRow).values(**row, **counted))
    for start in range(0, len(passages), _AT_ONCE):
        rows = [
            {
                "document_id": document_id,
                "position": position,
                "bot_id": bot_id,
                "dictionary": dictionary,
                "heading": passage.heading,
                "text": passage.text,
                "words": func.setweight(_words(dictionary, f"{title} {passage.heading}"), _MOST).op("||")(
                    func.setweight(_words(dictionary, passage.text), _LESS)
                ),
            }
            for position, passage in enumerate(passages[start : start + _AT_ONCE], start)
        ]
        await connection.execute(insert(PassageRow).values(rows))
    return document_id


async def remove(connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, document_id: UUID) -> bool:
    """Forget a document with its passages; False when there is none."""
    gone = delete(DocumentRow).where(DocumentRow.id == document_id, DocumentRow.bot_id == bot_id)
    return (await connection.execute(scoped(gone, workspace_id))).rowcount > 0


async def search(
    connection: AsyncConnection, workspace_id: UUID, bot_id: UUID, words: str, most: int
) -> tuple[FoundPassage, ...]:
    """The passages of a bot's documents that have most to do with some words, the best first.

    A passage need not hold all of them: models ask in sentences.
    """
    dictionaries = select(DocumentRow.dictionary).where(DocumentRow.bot_id == bot_id).distinct()
    found: list[tuple[float, FoundPassage]] = []
    for dictionary in (await connection.scalars(scoped(dictionaries, workspace_id))).all():
        every = func.plainto_tsquery(cast(dictionary, REGCONFIG), words)
        some = cast(func.replace(cast(every, Text), "&", "|"), TSQUERY)
        rank = func.ts_rank_cd(PassageRow.words, some, literal(1)).label("rank")
        best = (
            select(DocumentRow.title, PassageRow.heading, PassageRow.text, rank)
            .join(DocumentRow, DocumentRow.id == PassageRow.document_id)
            .where(PassageRow.bot_id == bot_id, PassageRow.dictionary == dictionary, PassageRow.words.op("@@")(some))
            .order_by(rank.desc(), PassageRow.document_id, PassageRow.position)
            .limit(most)
        )
        found += [
            (row.rank, FoundPassage(title=row.title, heading=row.heading, text=row.text))
            for row in await connection.execute(scoped(best, workspace_id))
        ]
    found.sort(key=lambda item: -item[0])
    return tuple(passage for _, passage in found[:most])


def _words(dictionary: str, text: str) -> ColumnElement[str]:
    return func.to_tsvector(cast(dictionary, REGCONFIG), text)
