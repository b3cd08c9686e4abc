"""`python -m commands.alive api|worker|gateway`: whether that process of this host does its work; for containers.

The API is asked over HTTP; of worker and gateway, Temporal and PostgreSQL know when they last heard of them.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from socket import gethostname

import httpx
import psycopg
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from adapters.database.engine import driver_url
from adapters.processes.supervisor import leave
from adapters.temporal.client import connect
from adapters.temporal.names import ai_queue, delivery_queue
from commands.channel_locks import application_name
from commands.config import read
from commands.sentences import ended
from commands.services import report
from settings import Settings

_API = "http://127.0.0.1:8000/health/live"
_WITHIN = timedelta(seconds=90)


async def _api(_settings: Settings) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(_API)).is_success


async def _worker(settings: Settings) -> bool:
    """Whether any of our queues was polled from this host lately; the SDK tells the server pid@host."""
    client = await connect(settings)
    since = datetime.now(UTC) - _WITHIN
    for queue in (settings.task_queue, ai_queue(settings.task_queue), delivery_queue(settings.task_queue)):
        request = DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        )
        pollers = (await client.workflow_service.describe_task_queue(request)).pollers
        ours = (poller for poller in pollers if poller.identity.endswith(f"@{gethostname()}"))
        if any(poller.last_access_time.ToDatetime(UTC) > since for poller in ours):
            return True
    return False


async def _gateway(settings: Settings) -> bool:
    """Whether the gateway of this host asked the database for its locks lately."""
    assert settings.database_url is not None
    url = driver_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    question = (
        "SELECT 1 FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = %s AND state_change > now() - %s"
    )
    async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
        found = await connection.execute(question, [application_name(), _WITHIN])
        return await found.fetchone() is not None


_ASKED: Mapping[str, Callable[[Settings], Awaitable[bool]]] = {"api": _api, "worker": _worker, "gateway": _gateway}


async def is_alive(name: str, settings: Settings) -> bool:
    """Whether the process of this name does its work on this host."""
    return await _ASKED[name](settings)


def main() -> None:
    """The entry point: exit code 0 when it is."""
    try:
        settings = read("database_url", "temporal_address", "secret_key")
        code = 0 if asyncio.run(is_alive(sys.argv[1], settings)) else 1
    except Exception as error:  # noqa: BLE001  the outermost frame: whatever comes becomes a sentence
        said, code = ended(error)
        report(said)
    leave(code)


if __name__ == "__main__":
    main()
