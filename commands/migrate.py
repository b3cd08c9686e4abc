"""`chat-orchestrator migrate`: the database schema, then Temporal's search attributes and Schedules."""

import asyncio
import sys

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.faults import CommandFailed
from adapters.temporal.client import connect
from adapters.temporal.schedules import ensure_schedules
from commands import schema, search_attributes
from settings import Settings


class NamespaceMissing(CommandFailed):
    """Temporal is there and does not know our namespace."""


def migrate(settings: Settings) -> int:
    """Brings both up to date under one lock of the database, so that processes which start together take turns."""
    assert settings.database_url is not None
    with schema.connected(settings.database_url) as connection, schema.locked(connection):
        before = schema.upgrade(connection)
        _say("the database schema", None if before.is_newest else f"from {before.current or 'nothing'}")
        asyncio.run(_prepare_temporal(settings))
    return 0


def migrate_database(database_url: str) -> None:
    """Brings the schema alone up to date."""
    with schema.connected(database_url) as connection, schema.locked(connection):
        schema.upgrade(connection)


async def require_namespace(client: Client) -> None:
    """Raises `NamespaceMissing` when the server does not know the client's namespace."""
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise NamespaceMissing(
            f"Temporal has no namespace {client.namespace!r}.",
            f"Make it with: temporal operator namespace create {client.namespace}; or set TEMPORAL_NAMESPACE.",
        ) from error


async def _prepare_temporal(settings: Settings) -> None:
    client = await connect(settings)
    await require_namespace(client)
    made = await search_attributes.ensure(client)
    _say("Temporal's search attributes", f"made {', '.join(made)}" if made else None)
    await ensure_schedules(client, settings.task_queue)
    _say("Temporal's Schedules", None)


def _say(what: str, change: str | None) -> None:
    print(f"{what}: up to date{f' ({change})' if change else ''}", file=sys.stderr, flush=True)
