"""The chaos suite in small: the faults that matter most, each once or a few times, and what comes of a run."""

import asyncio
import sys

import pytest

from tests.chaos.__main__ import run
from tests.chaos.faults import FAULTS
from tests.chaos.plan import plan
from tests.chaos.table import lines
from tests.machine import open_directory

SEED = 20
SCALE = 0.004
FAULTS_IN_SMALL = ("R-01", "R-04", "R-09", "R-05")
PER_SECOND = 6.0


@pytest.mark.slow
async def test_nothing_is_lost_doubled_or_disordered_whatever_dies() -> None:
    phases = plan({name: fault.kind for name, fault in FAULTS.items()}, SEED, SCALE, FAULTS_IN_SMALL)
    with open_directory() as directory:
        report = await run(directory, phases, PER_SECOND)
    assert report.ok, "\n".join(lines(report))
    assert [row.injected for row in report.rows] == [len(phase.strikes) for phase in phases]
    assert all(row.verdict.events for row in report.rows)


@pytest.mark.slow
async def test_the_command_refuses_a_fault_that_it_does_not_know() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos", "--only", "R-99", stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert "'R-99' is none of" in errors.decode()
