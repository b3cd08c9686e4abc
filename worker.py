"""The worker: builds adapters, hands them to activities, and runs workflows and activities until told to stop."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from importlib.metadata import version as package_version
from typing import Literal

from structlog.stdlib import get_logger
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

from activities.auditing import Auditing
from activities.calling import Calling
from activities.clearing import Clearing
from activities.completion import Completion
from activities.delivery import Delivery
from activities.fetching import Fetching
from activities.growing import Growth
from activities.idleness import Idleness
from activities.moderation import Moderation
from activities.persistence import Persistence
from activities.profiling import Profiling
from activities.reading import Reading
from activities.retention import Retention
from activities.signs import Signs
from activities.structured import Structured
from activities.summarising import Summarising
from activities.sweeping import Sweeping
from activities.understanding import Understanding
from activities.withdrawing import Withdrawing
from adapters.ai.base import Models
from adapters.ai.catalogue import Catalogue
from adapters.ai.transport import connections
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.http import Http
from adapters.languages import Languages
from adapters.media.downloads import Downloader
from adapters.media.reading import Reader
from adapters.media.store import MediaStore
from adapters.platforms.catalogue import downloader, http_client, platforms
from adapters.temporal.client import connect, metered
from adapters.temporal.handover import Handing
from adapters.temporal.names import ai_queue, delivery_queue
from adapters.temporal.quarantine import Quarantine
from adapters.tools.base import Caller
from adapters.tools.http import HttpCaller
from settings import Settings
from workflows.auditing import AuditingWorkflow
from workflows.conversation import ConversationWorkflow
from workflows.idleness import IdlenessWorkflow
from workflows.retention import RetentionWorkflow
from workflows.sweeping import SweepingWorkflow

Queues = Literal["all", "workflow", "ai", "delivery"]
WORKFLOWS = (ConversationWorkflow, IdlenessWorkflow, SweepingWorkflow, AuditingWorkflow, RetentionWorkflow)
GRACE = timedelta(seconds=20)
"""What is in hand may be finished: longer than one call to a platform."""
_BEAT = timedelta(seconds=1)


def _now() -> datetime:
    return datetime.now(UTC)


def workflow_runner() -> UnsandboxedWorkflowRunner:
    """No sandbox: our modules would pass through it unwatched, and it costs each conversation memory, each turn time.

    That workflows decide by their history alone is held by `tests/rules.py` and by the recorded histories.
    """
    return UnsandboxedWorkflowRunner()


class Workers:
    """The Temporal workers of one process, one for each kind of queue that it serves."""

    def __init__(
        self,
        settings: Settings,
        client: Client,
        database: Database,
        http: Http,
        models: Models,
        downloads: Downloader,
        caller: Caller,
        version: WorkerDeploymentVersion | None,
    ) -> None:
        self._client = client
        self._queue = settings.task_queue
        self._cached = settings.cached_conversations
        self._version = version
        vault = credentials_vault(settings.secrets())
        spoken = platforms(settings, http)
        moderation = Moderation(database, vault, models, _now)
        self._persistence = Persistence(database, _now)
        self.handing = handing = Handing(database, client, settings.task_queue)
        self._idleness = Idleness(database, handing, _now)
        self._sweeping = Sweeping(database, handing, Quarantine(client, settings.task_queue), _now)
        self._auditing = Auditing(database, _now)
        kept, notices_kept = timedelta(days=settings.retention_days), timedelta(days=settings.notice_retention_days)
        store = MediaStore(settings.media_store_url)
        self._retention = Retention(database, store, kept, notices_kept, _now)
        self._moderation = moderation
        reading = Reading(database, store, Reader())
        growth = Growth(database, spoken, _now, time.monotonic)
        self.signs = signs = Signs(database, spoken)
        self._completion = Completion(database, vault, models, spoken, moderation, caller, _now, reading, growth, signs)
        structured = Structured(models, moderation.buying)
        self._understanding = Understanding(database, vault, structured, Languages())
        self._calling = Calling(database, vault, caller, _now, time.monotonic)
        self.summarising = Summarising(database, models, moderation.buying.circuits, _now)
        self._delivery = Delivery(database, vault, spoken, store, _now, time.monotonic, signs)
        self.fetching = Fetching(database, vault, spoken, store, downloads, _now)
        self.profiling = Profiling(database, vault, spoken, _now)
        self.clearing = Clearing(database, vault, spoken, _now, time.monotonic)
        self.withdrawing = Withdrawing(database, vault, spoken, _now, time.monotonic)

    def of(self, queues: Queues) -> list[Worker]:
        """The workers for these queues."""
        made = {"workflow": self._workflow, "ai": self._ai, "delivery": self._deliveries}
        return [make() for name, make in made.items() if queues in ("all", name)]

    def _deployment(self) -> WorkerDeploymentConfig | None:
        if self._version is None:
            return None
        return WorkerDeploymentConfig(
            version=self._version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
        )

    def _workflow(self) -> Worker:
        return Worker(
            self._client,
            task_queue=self._queue,
            workflows=list(WORKFLOWS),
            workflow_runner=workflow_runner(),
            activities=[
                self._persistence.begin,
                self._persistence.turn_away,
                self._persistence.record,
                self._idleness.close_idle,
                self._sweeping.hand_over_again,
                self._auditing.audit_record,
                self._retention.prune,
            ],
            max_cached_workflows=self._cached,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=5),
            graceful_shutdown_timeout=GRACE,
            deployment_config=self._deployment(),
        )

    def _ai(self) -> Worker:
        return Worker(
            self._client,
            task_queue=ai_queue(self._queue),
            activities=[
                self._completion.complete,
                self._moderation.moderate,
                self._understanding.understand,
                self._calling.call,
            ],
            max_concurrent_activities=200,
            max_heartbeat_throttle_interval=_BEAT,
            default_heartbeat_throttle_interval=_BEAT,
            graceful_shutdown_timeout=GRACE,
            deployment_config=self._deployment(),
        )

    def _deliveries(self) -> Worker:
        return Worker(
            self._client,
            task_queue=delivery_queue(self._queue),
            activities=[self._delivery.deliver],
            max_concurrent_activities=200,
            max_heartbeat_throttle_interval=_BEAT,
            default_heartbeat_throttle_interval=_BEAT,
            graceful_shutdown_timeout=GRACE,
            deployment_config=self._deployment(),
        )


async def run(
    settings: Settings,
    stop: asyncio.Event,
    *,
    queues: Queues = "all",
    deployment: str | None = None,
    build_id: str | None = None,
) -> None:
    """Serve the queues until `stop` is set, then finish what is in hand."""
    assert settings.database_url is not None
    version = WorkerDeploymentVersion(deployment, build_id) if deployment and build_id else None
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url, settings.database_pool_size)
        stack.push_async_callback(database.close)
        http = http_client()
        stack.push_async_callback(http.close)
        models = connections(settings)
        stack.push_async_callback(models.aclose)
        catalogue = Catalogue(settings, models, database, credentials_vault(settings.secrets()))
        client = await connect(settings, runtime=metered(settings))
        downloads = downloader(settings)
        stack.push_async_callback(downloads.close)
        caller = HttpCaller(package_version("chat-orchestrator"), settings.private_tool_hosts)
        stack.push_async_callback(caller.close)
        workers = Workers(settings, client, database, http, catalogue, downloads, caller, version)
        stack.push_async_callback(workers.handing.close)
        for worker in workers.of(queues):
            await stack.enter_async_context(worker)
        get_logger(__name__).info("worker_ready", queues=queues, task_queue=settings.task_queue)
        beside = {asyncio.create_task(workers.handing.relay()), asyncio.create_task(workers.signs.run())}
        if queues in ("all", "delivery"):
            works = (workers.fetching, workers.profiling, workers.clearing, workers.withdrawing)
            beside |= {asyncio.create_task(work.run()) for work in works}
        if queues in ("all", "ai"):
            beside.add(asyncio.create_task(workers.summarising.run()))
        await stop.wait()
        get_logger(__name__).info("worker_stopping")
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
