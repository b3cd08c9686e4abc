"""`chat-orchestrator bench`: measures the product beside a bare Temporal workflow, and holds it against its bars."""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from adapters.faults import usable
from adapters.processes.data_directory import DataDirectory
from adapters.processes.interruption import Interruption
from commands.benchmark import machine
from commands.benchmark.figures import Figure
from commands.benchmark.phases import Side
from commands.benchmark.plan import Plan
from commands.benchmark.result import Result, cpu_ms_per_turn, figures
from commands.benchmark.stage import Stage, staged
from commands.benchmark.turns import Turns
from commands.services import report
from commands.tables import plain, print_table

_INTERRUPTED = 130


async def bench(plan: Plan, file: Path) -> int:
    """Runs it, prints the figures, and writes them to a file; the exit code says nothing about the bars."""
    async with Interruption(report) as interruption:
        with _directory() as path:
            async with staged(DataDirectory(path), interruption.hurry) as stage:
                result = await measure(stage, plan)
        _print(result)
        _keep(result, file)
        return 0
    return _INTERRUPTED


async def measure(stage: Stage, plan: Plan) -> Result:
    """Every phase on both sides, the floor first, round by round, so that what else the machine does meets both."""
    described = machine.described()
    async with _sides(stage, plan) as (floor, product, turns):
        sides = (floor, product)
        await _phase("warming up", sides, Side.warm_up)
        await _phase(f"acknowledging at {plan.ack_rate:g}/s", sides, Side.acknowledge)
        for number in range(1, plan.rounds + 1):
            await _phase(f"answering at {plan.rate:g}/s, round {number} of {plan.rounds}", sides, Side.answer)
        for number in range(1, plan.rounds + 1):
            await _phase(f"saturating, round {number} of {plan.rounds}", sides, Side.saturate)
        await _phase("histories", sides, Side.grow_histories)
        await _phase("showing answers while they are given", sides, Side.show)
        await _phase("memory", sides, Side.fill_cache)
        await _phase("cold replies", sides, Side.answer_cold)
        return Result(
            plan,
            {**described, "load_1_min_at_the_end": machine.described()["load_1_min"]},
            figures(plan, product.seen, floor.seen),
            {side.name: cpu_ms_per_turn(side.seen) for side in sides},
            {name: each.account() for name, each in turns.items()},
        )


@asynccontextmanager
async def _sides(stage: Stage, plan: Plan) -> AsyncIterator[tuple[Side, Side, dict[str, Turns]]]:
    floor, product = Turns(stage.floor), Turns(stage.product)
    async with floor.followed(), product.followed():
        turns = {"floor": floor, "product": product}
        yield Side("floor", stage, floor, plan), Side("product", stage, product, plan), turns


async def _phase(name: str, sides: Sequence[Side], act: Callable[[Side], Awaitable[None]]) -> None:
    for side in sides:
        started, busy = time.monotonic(), machine.busy_seconds()
        await act(side)
        took = time.monotonic() - started
        cores = (machine.busy_seconds() - busy) / took
        report(f"{side.name}: {name}: {took:.1f} s, {cores:.1f} cores busy")


@contextmanager
def _directory() -> Iterator[Path]:
    """A directory for this run; it stays where something failed, for its logs."""
    path = Path(tempfile.mkdtemp(prefix="chat-orchestrator-bench-"))
    # PostgreSQL may run as a user of its own, who has to pass.
    path.chmod(0o711)
    try:
        yield path
    except Exception:
        report(f"what was running left its logs in {path / 'logs'}")
        raise
    except asyncio.CancelledError:
        shutil.rmtree(path, ignore_errors=True)
        raise
    shutil.rmtree(path, ignore_errors=True)


def _keep(result: Result, file: Path) -> None:
    with usable(file):
        file.write_text(json.dumps(result.as_json(), indent=2) + "\n")
    print(f"Written to {file.resolve()}")


def _print(result: Result) -> None:
    table = plain("figure", "product", "floor", "ratio", "bar", "met")
    for figure in result.figures:
        table.add_row(figure.meaning, *_cells(figure))
    print_table(table)
    for side, used in result.cpu_ms_per_turn.items():
        shares = ", ".join(f"{name} {value:.1f}" for name, value in used.items())
        print(f"CPU per turn, ms, {side}: {sum(used.values()):.1f} ({shares})")
    for side, counts in result.turns.items():
        told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        print(f"Turns, {side}: {told}")
    load = f"{result.machine['load_1_min']} at the start, {result.machine['load_1_min_at_the_end']} at the end"
    print(f"Machine: {result.machine['cores']} cores, load {load}")


def _cells(figure: Figure) -> list[str]:
    met = {True: "yes", False: "NO", None: ""}[figure.met]
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return [_value(figure.product, figure.unit), _value(figure.floor, figure.unit), ratio, str(figure.bar or ""), met]


def _value(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.1f} {unit}"
