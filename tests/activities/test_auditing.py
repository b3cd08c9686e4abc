"""The scheduled audit: what breaks an invariant is told to its workspace, once."""

from datetime import UTC, datetime, timedelta

from pydantic import JsonValue
from sqlalchemy import select, text, update
from temporalio.testing import ActivityEnvironment

from activities.auditing import Audited, Auditing
from adapters.database import workspaces
from adapters.database.engine import Database
from adapters.database.records import Event, Notice
from adapters.database.tables import ChannelRow
from settings import Settings
from tests.adapters.database.chat import Chat, open_chat

HEARD_AT = datetime(2026, 1, 1, tzinfo=UTC)


async def audited(database: Database, minutes: float) -> Audited:
    """A round so long after the messages were heard."""
    auditing = Auditing(database, lambda: HEARD_AT + timedelta(minutes=minutes), timedelta(0))
    return await ActivityEnvironment().run(auditing.audit_record)


async def told(database: Database) -> list[dict[str, JsonValue]]:
    """The notices, oldest first."""
    query = select(Notice.details).where(Notice.kind == "invariant_broken").order_by(Notice.created_at)
    async with database.begin() as connection:
        return list((await connection.scalars(query)).all())


async def forgotten(settings: Settings, database: Database, *texts: str) -> tuple[Chat, list[str]]:
    """A chat whose messages nobody answers, and the ids of these."""
    chat = await open_chat(settings, database)
    return chat, [str(item) for item in await chat.hear(*texts)]


async def test_a_record_in_order_raises_no_notice(settings: Settings, database: Database) -> None:
    await forgotten(settings, database, "hello")
    assert await audited(database, minutes=0.5) == Audited()
    assert await told(database) == []


async def test_a_breach_is_told_once(settings: Settings, database: Database) -> None:
    chat, (lost,) = await forgotten(settings, database, "hello")
    rounds = [await audited(database, minutes=minutes) for minutes in (60, 120)]
    assert rounds == [Audited(broken=("I1",), told=1), Audited(broken=("I1",), told=0)]
    problem = "it has no end, and nothing in its conversation moves"
    breach = {"problem": problem, "event_id": lost, "conversation_id": str(chat.id)}
    assert await told(database) == [{"invariant": "I1", "total": 1, "breaches": [breach]}]


async def test_a_breach_is_the_same_one_when_its_numbers_change(settings: Settings, database: Database) -> None:
    await forgotten(settings, database, "hello")
    await audited(database, minutes=60)
    async with database.begin() as connection:
        await connection.execute(update(Event).values(handovers=Event.handovers + 1))
    assert (await audited(database, minutes=120)).told == 0


async def test_a_new_breach_is_told_alone(settings: Settings, database: Database) -> None:
    chat, _ = await forgotten(settings, database, "hello")
    await audited(database, minutes=60)
    (second,) = await chat.hear("are you there?")
    assert (await audited(database, minutes=120)).told == 1
    latest = (await told(database))[-1]
    assert latest["total"] == 2
    assert [breach["event_id"] for breach in latest["breaches"]] == [str(second)]


async def test_a_notice_goes_to_the_workspace_whose_events_these_are(settings: Settings, database: Database) -> None:
    chat, _ = await forgotten(settings, database, "hello")
    await forgotten(settings, database, "hello")
    async with database.begin() as connection:
        other = await workspaces.ensure(connection, "other")
        mine = ChannelRow.id == chat.channel.id
        await connection.execute(update(ChannelRow).where(mine).values(workspace_id=other))
        moved = text("UPDATE conversations SET workspace_id = :other WHERE id = :chat")
        await connection.execute(moved, {"other": other, "chat": chat.id})
    assert (await audited(database, minutes=60)).told == 2
    async with database.begin() as connection:
        rows = (await connection.execute(select(Notice.workspace_id, Notice.details))).all()
    assert [row.details["breaches"][0]["conversation_id"] for row in rows if row.workspace_id == other] == [
        str(chat.id)
    ]
    assert len(rows) == 2


async def test_what_belongs_to_no_conversation_is_told_too(settings: Settings, database: Database) -> None:
    _, (lost,) = await forgotten(settings, database, "hello")
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE events DROP CONSTRAINT ck_events_ended_at"))
        await connection.execute(update(Event).values(conversation_id=None, state="ignored"))
    assert await audited(database, minutes=60) == Audited(broken=("I1",), told=1)
    assert (await told(database))[0]["breaches"][0]["event_id"] == lost
