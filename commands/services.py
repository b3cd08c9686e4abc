"""`chat-orchestrator services`: the embedded PostgreSQL and Temporal alone, for an API and a worker run by hand."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapters.database.embedded import EmbeddedPostgres
from adapters.faults import PortTaken
from adapters.processes.data_directory import DataDirectory
from adapters.processes.interruption import Interruption
from adapters.processes.supervisor import Supervisor
from adapters.temporal import binary
from adapters.temporal.embedded import EmbeddedTemporal
from domain.platforms import PlatformName


@dataclass(frozen=True)
class Options:
    """What `dev` and `services` are told; with an address of the user's own, nothing is embedded for it."""

    port: int = 8000
    data_dir: Path = Path(".dev")
    temporal_port: int = 7233
    temporal_ui_port: int = 8233
    simulator_port: int | None = None
    """Unset: the usual one, or where that is taken any other."""
    real_platforms: frozenset[PlatformName] = frozenset()
    """Those whose address or account the user has set: nothing stands in for them."""
    temporal_cli: Path | None = None
    temporal_namespace: str = "default"
    database_url: str | None = None
    temporal_address: str | None = None
    temporal_ui_url: str | None = None
    secret_key: str | None = None
    public_url: str | None = None
    codec_endpoint: str | None = None
    search_attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Addresses:
    """Where the two servers answer; `temporal_ui_url` is empty when nobody said where the user's own has its pages."""

    database_url: str
    temporal_address: str
    temporal_ui_url: str

    def as_environment(self) -> dict[str, str]:
        """The variables that an API or a worker reads."""
        return {
            "DATABASE_URL": self.database_url,
            "TEMPORAL_ADDRESS": self.temporal_address,
            "TEMPORAL_UI_URL": self.temporal_ui_url,
        }


async def services(options: Options) -> int:
    """Starts both, prints their addresses on three lines, and stays until it is stopped; the answer is an exit code."""
    async with Interruption(report) as interruption:
        directory = DataDirectory(options.data_dir)
        async with Supervisor(directory, report, interruption.hurry) as supervisor:
            addresses = await start_services(supervisor, options)
            for name, value in addresses.as_environment().items():
                print(f"{name}={value}", flush=True)
            await supervisor.watch()
    return 0


async def start_services(supervisor: Supervisor, options: Options) -> Addresses:
    """Starts what the user has not got; raises `CommandFailed` when one cannot start."""
    temporal = await _temporal(supervisor, options)
    database_url = options.database_url or await start_postgres(supervisor)
    if temporal is None:
        return Addresses(database_url, options.temporal_address or "", options.temporal_ui_url or "")
    report("starting Temporal")
    await supervisor.start(temporal.child())
    return Addresses(database_url, temporal.address, temporal.ui_url)


async def start_postgres(supervisor: Supervisor) -> str:
    """Starts the embedded PostgreSQL and returns its address."""
    postgres = EmbeddedPostgres(supervisor.directory, report)
    report("starting PostgreSQL")
    await postgres.prepare()
    await supervisor.start(postgres.child())
    return postgres.url


async def _temporal(supervisor: Supervisor, options: Options) -> EmbeddedTemporal | None:
    """Checked before anything starts, because finding a binary may take minutes and a taken port is soon seen."""
    if options.temporal_address:
        return None
    if options.temporal_port == options.temporal_ui_port:
        sentence = f"Temporal cannot have port {options.temporal_port} twice."
        raise PortTaken(sentence, "Give --temporal-port and --temporal-ui-port different numbers.")
    temporal = EmbeddedTemporal(
        binary=Path("temporal"),
        directory=supervisor.directory,
        port=options.temporal_port,
        ui_port=options.temporal_ui_port,
        namespace=options.temporal_namespace,
        search_attributes=options.search_attributes,
        codec_endpoint=options.codec_endpoint,
    )
    temporal.check()
    return replace(temporal, binary=await binary.find(options.temporal_cli, report))


def report(line: str) -> None:
    """Says on stderr what goes on."""
    print(line, file=sys.stderr, flush=True)
