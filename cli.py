"""`chat-orchestrator`: one thin function a command; what a command does is in `commands/`."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

# Heavy modules are imported inside the functions, so that --help answers at once.
app = typer.Typer(
    help="Runs AI chat bots on messaging platforms, durably.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys = typer.Typer(help="Makes, lists and revokes the keys of the API.")
bots = typer.Typer(help="Bots and channels as code.")
app.add_typer(keys, name="keys")
app.add_typer(bots, name="bots")

Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the API listens.")]
DataDir = Annotated[Path, typer.Option(help="Where everything is kept; a second start finds it again.")]
TemporalPort = Annotated[int, typer.Option(min=1, max=65535, help="Where the embedded Temporal listens.")]
TemporalUiPort = Annotated[int, typer.Option(min=1, max=65535, help="Where its user interface listens.")]
SimulatorPort = Annotated[int | None, typer.Option(min=1, max=65535, help="The simulator's; unset: 8100 or another.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]
Workspace = Annotated[str, typer.Option(help="The workspace, by name.")]


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Runs AI chat bots on messaging platforms, durably."""
    from importlib.metadata import version as installed

    if version:
        typer.echo(f"chat-orchestrator {installed('chat-orchestrator')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


@app.command()
def dev(
    port: Port = 8000,
    data_dir: DataDir = Path(".dev"),
    temporal_port: TemporalPort = 7233,
    temporal_ui_port: TemporalUiPort = 8233,
    simulator_port: SimulatorPort = None,
) -> int:
    """Run the whole product on this machine, with a demo bot to talk to; Ctrl-C stops all, data is kept."""
    from commands.dev import dev as run_dev
    from commands.starting import embedding

    return asyncio.run(run_dev(embedding(port, data_dir, temporal_port, temporal_ui_port, simulator_port)))


@app.command()
def services(
    port: Port = 8000,
    data_dir: DataDir = Path(".dev"),
    temporal_port: TemporalPort = 7233,
    temporal_ui_port: TemporalUiPort = 8233,
) -> int:
    """Run only the embedded PostgreSQL and Temporal, and print where they are, for an API and a worker by hand."""
    from commands.services import services as run_services
    from commands.starting import embedding

    return asyncio.run(run_services(embedding(port, data_dir, temporal_port, temporal_ui_port)))


@app.command()
def api(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is all of them.")] = "127.0.0.1",
    port: Port = 8000,
) -> int:
    """Run one API process: webhooks, webchat and the HTTP API."""
    import uvloop

    from commands.serving import api as run_api
    from commands.starting import staying

    return uvloop.run(run_api(staying(), host, port))


@app.command()
def worker(
    queues: Annotated[
        Literal["all", "workflow", "ai", "delivery"], typer.Option(help="Which of the task queues to serve.")
    ] = "all",
    deployment: Annotated[str | None, typer.Option(help="The deployment's name: turns on worker versioning.")] = None,
    build_id: Annotated[str | None, typer.Option(help="The version of this code within the deployment.")] = None,
) -> int:
    """Run one worker process: conversations, model calls and deliveries."""
    import uvloop

    from commands.serving import work
    from commands.starting import staying

    if (deployment is None) != (build_id is None):
        raise typer.BadParameter("--deployment and --build-id belong together: give both or neither.")
    return uvloop.run(work(staying(), queues, deployment, build_id))


@app.command()
def gateway() -> int:
    """Run one gateway process: it holds Discord's connections and polls Telegram; more than one share the channels."""
    import uvloop

    from commands.gateway import gateway as run_gateway
    from commands.starting import staying

    return uvloop.run(run_gateway(staying()))


@app.command()
def migrate() -> int:
    """Bring the database, Temporal's search attributes and its Schedules up to date; may run several times at once."""
    from commands.migrate import migrate as run_migrate
    from commands.starting import asking

    return run_migrate(asking("database_url", "temporal_address", "secret_key"))


@app.command("validate-config")
def validate_config(as_json: AsJson = False) -> int:
    """Check every setting without asking anybody; exit code 2 when one is wrong."""
    from commands.config import validate_config as run_validation

    return run_validation(as_json=as_json)


@app.command()
def doctor(as_json: AsJson = False) -> int:
    """Check the settings, the database, Temporal, the model and every channel; exit code 1 on a problem."""
    from adapters import logs
    from commands.doctor import doctor as run_doctor

    logs.configure("WARNING", "console")
    return asyncio.run(run_doctor(as_json=as_json))


@keys.command("create")
def create_key(
    role: Annotated[Literal["admin", "operator", "viewer"], typer.Option(help="What its holder may do.")],
    workspace: Annotated[str, typer.Option(help="The workspace, by name; it is made when there is none.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
) -> int:
    """Make a key and print its secret, which is never shown again."""
    from adapters.database.tables import Role
    from commands.keys import create
    from commands.starting import asking

    return asyncio.run(create(asking("database_url", "secret_key"), workspace, Role(role), name))


@keys.command("list")
def list_keys(as_json: AsJson = False) -> int:
    """List the keys that are in force."""
    from commands.keys import show
    from commands.starting import asking

    return asyncio.run(show(asking("database_url"), as_json=as_json))


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="The key's id, as `keys list` shows it.")]) -> int:
    """Put a key out of force, at once and for good."""
    from commands.keys import revoke
    from commands.starting import asking

    return asyncio.run(revoke(asking("database_url"), key_id))


@bots.command("apply")
def apply_bots(
    file: Annotated[Path, typer.Argument(help="A YAML file with a list `bots:`; ${VAR} stands for a variable.")],
    workspace: Workspace = "default",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the difference and change nothing.")] = False,
) -> int:
    """Create or update the bots and channels that a file names; what it does not name is left alone."""
    from commands.bots import apply
    from commands.starting import asking

    return asyncio.run(apply(asking("database_url", "secret_key"), file, workspace, dry_run=dry_run))


@app.command()
def audit(as_json: AsJson = False) -> int:
    """Prove on the live data that nothing was lost or doubled; exit code 1 and a list where an invariant is broken."""
    from commands.audit import audit as run_audit
    from commands.starting import asking

    return asyncio.run(run_audit(asking("database_url", "temporal_address", "secret_key"), as_json=as_json))


@app.command()
def recover() -> int:
    """Hand over again every event without an end: for when Temporal's data is gone. Nothing is answered twice."""
    from commands.recover import recover as run_recover
    from commands.starting import asking

    return asyncio.run(run_recover(asking("database_url", "temporal_address", "secret_key")))


@app.command()
def replay(
    conversation: Annotated[str | None, typer.Option(help="The id of one conversation.")] = None,
    file: Annotated[Path | None, typer.Option(help="A history as JSON, instead of the server's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest conversations.")] = 100,
) -> int:
    """Replay recorded conversations against the code at hand; exit code 1 when one would go another way."""
    from commands.replay import replay as run_replay
    from commands.starting import asking

    needed = () if file else ("temporal_address", "secret_key")
    return asyncio.run(run_replay(asking(*needed), conversation, file, limit))


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="About a minute: shows that it works, not how fast.")] = False,
    rate: Annotated[float, typer.Option(min=1, max=1000, help="Turns a second; the bars are meant for 20.")] = 20,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="How long each load lasts.")] = 20,
    seed: Annotated[int, typer.Option(help="Which conversation speaks when.")] = 1,
    json: Annotated[Path, typer.Option(help="Where the figures are written.")] = Path("bench.json"),
) -> int:
    """Measure the product beside a bare Temporal workflow, on servers of its own; everything is ended afterwards."""
    import uvloop

    from commands.bench import bench as run_bench
    from commands.benchmark.plan import Plan
    from commands.starting import asking

    asking()
    plan = Plan(seed=seed, rate=rate, seconds=seconds)
    return uvloop.run(run_bench(plan.quick() if quick else plan, json))


@app.command()
def rollout(
    deployment: Annotated[str, typer.Option(help="The deployment's name, as its workers were given it.")],
    build_id: Annotated[str | None, typer.Option(help="The version that all conversations are to go on with.")] = None,
    wait: Annotated[bool, typer.Option(help="End when all conversations have moved, or once they are told.")] = True,
    timeout: Annotated[float | None, typer.Option(min=1, help="Give up after so many seconds; unset: never.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Show the versions, and change nothing.")] = False,
) -> int:
    """Roll a version of the workers out: new work goes there, and idle conversations follow."""
    from commands import rollout as rolling
    from commands.starting import asking

    if status == (build_id is not None):
        raise typer.BadParameter("give either --build-id or --status.")
    settings = asking("temporal_address", "secret_key")
    if build_id is None:
        return asyncio.run(rolling.status(settings, deployment))
    return asyncio.run(rolling.rollout(settings, deployment, build_id, timeout, wait=wait))


@app.command()
def simulate(port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens; 0 is any.")] = 0) -> int:
    """Run the simulator: it stands in for the platforms and a model provider, and prints where each is."""
    import uvloop

    from commands.simulate import simulate as run_simulator

    return uvloop.run(run_simulator(port))


def run(arguments: Sequence[str]) -> int:
    """Runs a command line and returns the exit code; every error is one sentence and a remedy on stderr."""
    try:
        return int(app(list(arguments), prog_name="chat-orchestrator", standalone_mode=False) or 0)
    except typer.TyperException as error:
        message = error.format_message().replace("Value error, ", "").rstrip(".")
        said, code = f"{message}. Add --help to see what is expected.", error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        said, code = "Stopped.", 130
    except Exception as error:  # noqa: BLE001  the outermost frame: whatever comes becomes a sentence
        from commands.sentences import ended

        said, code = ended(error)
    print(said, file=sys.stderr)
    return code


def main() -> None:
    """The entry point."""
    from adapters.processes.supervisor import leave

    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
