"""The command line as a user meets it: a process, its exit code, and what it wrote."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).parents[2]
_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    error: str


async def chat_orchestrator(
    *arguments: str, environment: Mapping[str, str] | None = None, directory: Path | None = None
) -> Ended:
    """Runs a command to its end, with these variables and no others of ours."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *arguments,
        stdout=PIPE, stderr=PIPE, cwd=directory or "/", env=bare() | dict(environment or {}),
    )  # fmt: skip
    async with asyncio.timeout(_WITHIN_SECONDS):
        out, error = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), error.decode())


def bare() -> dict[str, str]:
    """What any program needs, and that our modules are found wherever the command starts."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(HOUSE)}
