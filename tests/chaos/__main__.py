"""`python -m tests.chaos`: breaks everything on a schedule that a seed decides, and says what came of it."""

import argparse
import asyncio
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.plan import Phase, plan
from tests.chaos.suite import Report, Suite
from tests.chaos.table import lines
from tests.chaos.world import world_in

_LARGEST_SEED = 1_000_000
_STOPPED = 130


def main() -> int:
    """0 when both judges are content, 1 when one is not, 130 when it was stopped."""
    given = _arguments()
    seed = given.seed if given.seed is not None else secrets.randbelow(_LARGEST_SEED)
    print(f"seed {seed}", flush=True)
    phases = plan({name: fault.kind for name, fault in FAULTS.items()}, seed, given.scale, given.only)
    # Another user runs an embedded PostgreSQL that root starts, and must be able to pass.
    directory = Path(tempfile.mkdtemp(prefix="chaos-", dir="/tmp"))
    directory.chmod(0o755)
    print(f"logs and data are in {directory}, and stay there if anything is wrong", file=sys.stderr)
    try:
        report = asyncio.run(_interruptible(directory, phases, given.rate))
    except asyncio.CancelledError:
        return _STOPPED
    print("\n".join(lines(report)), flush=True)
    if not report.ok:
        return 1
    shutil.rmtree(directory)
    return 0


async def run(directory: Path, phases: list[Phase], per_second: float) -> Report:
    """The phases in a world of their own."""
    async with world_in(directory) as world:
        return await Suite(world, per_second, lambda line: print(line, file=sys.stderr, flush=True)).run(phases)


async def _interruptible(directory: Path, phases: list[Phase], per_second: float) -> Report:
    running = asyncio.create_task(run(directory, phases, per_second))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    return await running


def _arguments() -> argparse.Namespace:
    faults = "\n".join(f"  {name}  {fault.kind.title}, {fault.kind.full:,} times" for name, fault in FAULTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        epilog=f"The faults, and how often each strikes at scale 1:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, help="decides the schedule; any, and printed first, unless given")
    parser.add_argument("--scale", type=_fraction, default=1.0, help="the fraction of the full counts (1)")
    parser.add_argument("--only", type=_names, default=(), metavar="R-01,R-04", help="these faults alone")
    parser.add_argument("--rate", type=float, default=8.0, help="messages a second of the standing load (8)")
    return parser.parse_args()


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0 and at most 1")
    return value


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in FAULTS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(FAULTS)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
