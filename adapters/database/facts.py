"""Facts of contacts: told by operators or learnt, listed, and erased for good."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.prompt_records import ContactFact
from adapters.database.scope import scoped
from adapters.database.tables import Contact
from domain.recollection import MAX_FACTS

_COLUMNS = (ContactFact.id, ContactFact.text, ContactFact.source, ContactFact.created_at)


class TooManyFacts(Exception):
    """The contact has as many facts as are kept."""


async def lock(connection: AsyncConnection, workspace_id: UUID, contact_id: UUID) -> bool:
    """Whether the workspace has such a contact; its facts are counted by one at a time until the transaction ends."""
    query = select(Contact.id).where(Contact.id == contact_id, Contact.deleted_at.is_(None)).with_for_update()
    return await connection.scalar(scoped(query, workspace_id)) is not None


async def of_contact(connection: AsyncConnection, workspace_id: UUID, contact_id: UUID) -> Sequence[RowMapping]:
    """All that is known of a contact, the oldest first."""
    query = select(*_COLUMNS).where(ContactFact.contact_id == contact_id)
    ordered = scoped(query, workspace_id).order_by(ContactFact.created_at, ContactFact.id)
    return (await connection.execute(ordered)).mappings().all()


async def add(connection: AsyncConnection, workspace_id: UUID, contact_id: UUID, text: str) -> RowMapping:
    """Keep a fact of a contact that is locked; the same one stays what it was. Raises `TooManyFacts`."""
    await keep(connection, workspace_id, contact_id, [text], "api")
    query = select(*_COLUMNS).where(ContactFact.contact_id == contact_id, ContactFact.text == text)
    row = (await connection.execute(scoped(query, workspace_id))).mappings().one_or_none()
    if row is None:
        raise TooManyFacts(f"no more than {MAX_FACTS} facts of a contact are kept; erase some first")
    return row


async def keep(
    connection: AsyncConnection, workspace_id: UUID, contact_id: UUID, texts: Sequence[str], source: str
) -> None:
    """Keep facts of a contact that is locked, as far as there is room for them."""
    counted = select(func.count(ContactFact.id)).where(ContactFact.contact_id == contact_id)
    room = MAX_FACTS - (await connection.scalar(scoped(counted, workspace_id)) or 0)
    rows = [
        {"id": uuid4(), "workspace_id": workspace_id, "contact_id": contact_id, "text": text, "source": source}
        for text in texts[: max(room, 0)]
    ]
    if rows:
        await connection.execute(insert(ContactFact).on_conflict_do_nothing(), rows)


async def erase(connection: AsyncConnection, workspace_id: UUID, contact_id: UUID, fact_id: UUID | None = None) -> int:
    """Erase a fact of a contact, or all of them; how many there were."""
    erased = scoped(delete(ContactFact).where(ContactFact.contact_id == contact_id), workspace_id)
    if fact_id is not None:
        erased = erased.where(ContactFact.id == fact_id)
    return (await connection.execute(erased)).rowcount
