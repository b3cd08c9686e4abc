"""A Temporal server of our own: the command line tool's development server, with its data in the data directory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.faults import CommandFailed, DirectoryForeign, DirectoryUnusable, PortTaken, usable
from adapters.processes.children import Child
from adapters.processes.data_directory import DataDirectory
from adapters.processes.ports import LOOPBACK, is_taken

_SQLITE_HEADER = b"SQLite format 3\x00"
DYNAMIC_CONFIG = {
    # One shard polls 20 times a second by default, which alone makes a turn eight times slower.
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "2000",
    # A worker that is frozen or cut off keeps its polls open, and what is given to them is lost until it times out: by
    # default for 70 seconds, in which a turn meets several of them.
    "frontend.keepAliveTime": '"5s"',
    "frontend.keepAliveTimeout": '"3s"',
    # Where more waits than the workers take, each bot gets its share; by default the oldest goes first.
    "matching.enableFairness": "true",
    # A conversation that fails so often is reported, and looked after by the sweep: by default only after a minute.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": "3",
}
# FULL: a signal that was answered survives a power failure.
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL"}


@dataclass(frozen=True)
class EmbeddedTemporal:
    """One server, on ports that the caller chose; `search_attributes` maps names to types (`Keyword`, `Int`, …)."""

    binary: Path
    directory: DataDirectory
    port: int
    ui_port: int
    namespace: str = "default"
    search_attributes: Mapping[str, str] = field(default_factory=dict)
    codec_endpoint: str | None = None

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui_url(self) -> str:
        """Where a browser finds the user interface."""
        return f"http://{LOOPBACK}:{self.ui_port}"

    def check(self) -> None:
        """Raises `PortTaken` or `DirectoryForeign` when the server could not start."""
        require_free(self.port, "--temporal-port")
        require_free(self.ui_port, "--temporal-ui-port")
        database = self._database()
        with usable(database):
            foreign = database.exists() and database.stat().st_size > 0 and not _is_sqlite(database)
        if foreign:
            raise DirectoryForeign(
                f"{str(database)!r} is no database of Temporal.",
                f"Move {str(database.parent)!r} away to begin anew, or choose another --data-dir.",
            )

    def child(self) -> Child:
        """The server as a supervisor's child, ready when it knows its namespace."""
        return Child(
            name="temporal",
            command=self._command(),
            ready=self._is_ready,
            ready_within=timedelta(minutes=2),
            explain=self._explain,
            grace=timedelta(seconds=15),
        )

    def _command(self) -> Sequence[str]:
        options = {
            "--db-filename": [str(self._database())],
            "--ip": [LOOPBACK],
            "--port": [str(self.port)],
            "--ui-port": [str(self.ui_port)],
            "--log-level": ["warn"],
            "--log-format": ["json"],
            "--namespace": [] if self.namespace == "default" else [self.namespace],
            "--ui-codec-endpoint": [self.codec_endpoint] if self.codec_endpoint else [],
            "--sqlite-pragma": _pairs(_PRAGMAS),
            "--dynamic-config-value": _pairs(DYNAMIC_CONFIG),
            "--search-attribute": _pairs(self.search_attributes),
        }
        given = [word for option, values in options.items() for value in values for word in (option, value)]
        return [str(self.binary), "server", "start-dev", "--ui-disable-news-fetch", *given]

    def _database(self) -> Path:
        return self.directory.folder("temporal") / "temporal.db"

    async def _is_ready(self) -> bool:
        return await answers(self.address, self.namespace)

    def _explain(self, said: str) -> CommandFailed | None:
        home = self._database().parent
        if "address already in use" in said:
            return PortTaken(
                f"Port {self.port} or {self.ui_port} of {LOOPBACK} was taken by another program just now.",
                "Choose other ports with --temporal-port and --temporal-ui-port.",
            )
        if "no space left on device" in said.lower() or "database or disk is full" in said:
            return DirectoryUnusable(f"The disk that holds {str(home)!r} is full.", "Free some space.")
        lines = [line.removeprefix("Error: ") for line in said.splitlines() if line.startswith("Error: ")]
        if not lines:
            return None
        return DirectoryUnusable(
            f"Temporal cannot run in {str(home)!r}: {lines[-1]}.",
            f"Read {self.directory.log('temporal')}; to begin anew, move that directory away.",
        )


async def answers(address: str, namespace: str) -> bool:
    """Whether the server at `address` is there and knows `namespace`."""
    try:
        client = await Client.connect(address, namespace=namespace)
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except (RPCError, RuntimeError):
        # The SDK says RuntimeError when there is no connection at all.
        return False
    return True


def require_free(port: int, option: str) -> None:
    """Raises `PortTaken`, naming the option that chooses another port, when something listens on `port`."""
    if is_taken(port):
        raise PortTaken(
            f"Port {port} of {LOOPBACK} is taken by another program.",
            f"Stop that program, or choose another port with {option}.",
        )


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]
