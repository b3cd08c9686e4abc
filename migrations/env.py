"""Runs the steps on the connection that `commands.schema` hands over; there is no configuration file."""

from alembic import context
from sqlalchemy import Connection

from commands.schema import METADATA


def run(connection: Connection) -> None:
    """Each step in a transaction of its own, so that one that fails leaves the ones before it."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
