"""The schema's history: it leads to what the tables say, there and back, whoever else is at it."""

import asyncio

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from commands import schema
from commands.migrate import migrate_database
from commands.schema import METADATA, SchemaForeign

# The comparison leaves out the one index over an expression, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Expression #1:UserWarning")


@pytest.fixture
def empty_url(database_url: str) -> str:
    """A database with nothing in it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return database_url


def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    with schema.connected(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


@pytest.mark.slow
def test_every_step_can_be_undone(database_url: str) -> None:
    with schema.connected(database_url) as connection:
        command.downgrade(schema.config(connection), "base")
        left = set(inspect(connection).get_table_names())
        connection.rollback()
        schema.upgrade(connection)

        assert left == {"alembic_version"}
        assert schema.examine(connection).is_newest


@pytest.mark.slow
def test_an_empty_database_gets_the_workspace_default(empty_url: str) -> None:
    migrate_database(empty_url)

    with schema.connected(empty_url) as connection:
        assert connection.scalars(text("SELECT name FROM workspaces")).all() == ["default"]


@pytest.mark.slow
async def test_several_at_once_are_one_after_the_other(empty_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate_database, empty_url) for _ in range(4)))

    with schema.connected(empty_url) as connection:
        assert schema.examine(connection).is_newest


def test_a_second_time_changes_nothing(database_url: str) -> None:
    with schema.connected(database_url) as connection:
        assert schema.upgrade(connection).is_newest


def test_tables_of_another_program_are_left_alone(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bots (anything int)")
    with pytest.raises(SchemaForeign, match="tables of another program: bots"):
        migrate_database(empty_url)


def test_a_schema_of_a_newer_version_is_left_alone(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from the future'")
    with pytest.raises(SchemaForeign, match="from the future"):
        migrate_database(database_url)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Be brief, {customer}.", "Be brief, {customer}."),
        ("Write {{name}} 100%.\r\n", "{% raw %}Write {{name}} 100%.\r\n{% endraw %}"),
    ],
)
def test_instructions_from_before_there_were_templates_say_what_they_said(
    database_url: str, before: str, after: str
) -> None:
    read = text("SELECT settings->>'instructions' FROM bots")
    with schema.connected(database_url) as connection:
        command.downgrade(schema.config(connection), "0007")
        connection.execute(
            text(
                "INSERT INTO bots (id, workspace_id, name, settings) SELECT gen_random_uuid(), id, 'Ada',"
                " jsonb_build_object('name', 'Ada', 'instructions', CAST(:said AS text)) FROM workspaces"
            ),
            {"said": before},
        )
        connection.commit()
        schema.upgrade(connection)
        assert connection.scalars(read).all() == [after]
        connection.rollback()
        command.downgrade(schema.config(connection), "0007")
        assert connection.scalars(read).all() == [before]
        connection.rollback()
        schema.upgrade(connection)


def test_what_one_connection_heard_is_what_the_first_of_one_shard_heard(database_url: str) -> None:
    before_shards, read = "0013", text("SELECT shards, shard, session_id, heard_id FROM gateway_positions")
    with schema.connected(database_url) as connection:
        connection.execute(
            text(
                "WITH bot AS (INSERT INTO bots (id, workspace_id, name, settings)"
                " SELECT gen_random_uuid(), id, 'Ada', '{}' FROM workspaces RETURNING id, workspace_id),"
                " channel AS (INSERT INTO channels (id, workspace_id, bot_id, platform, name)"
                " SELECT gen_random_uuid(), workspace_id, id, 'discord', 'discord' FROM bot RETURNING id)"
                " INSERT INTO gateway_positions (channel_id, shards, shard, session_id, sequence, heard_id)"
                " SELECT id, 2, number, 'session', 7, 100 - number FROM channel, generate_series(0, 1) number"
            )
        )
        connection.commit()
        command.downgrade(schema.config(connection), before_shards)
        schema.upgrade(connection)
        assert [tuple(row) for row in connection.execute(read)] == [(1, 0, None, 99)]
