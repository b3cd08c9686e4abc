"""`python -m commands.benchmark.floor_worker ADDRESS QUEUE FILE`: runs the floor until it is told to stop.

Each turn that is done becomes a line of the file: the machine's monotonic clock, and the message's text.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import TextIO

import uvloop
from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from adapters.processes.supervisor import leave
from commands.benchmark.floor import FIRST, SECOND, FloorWorkflow

_CACHED = 2000
"""As many as the product's worker keeps."""


@activity.defn(name=FIRST)
async def first(_text: str) -> None:
    """Do nothing."""


class Notes:
    """Which turns are done."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @activity.defn(name=SECOND)
    async def second(self, text: str) -> None:
        """Do nothing but say so."""
        self._file.write(f"{time.monotonic()!r} {text}\n")
        self._file.flush()


async def serve(address: str, queue: str, file: TextIO) -> None:
    """Serves the queue with the settings of the product's worker that matter to speed and memory."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with Worker(
        client,
        task_queue=queue,
        workflows=[FloorWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),
        activities=[first, Notes(file).second],
        max_concurrent_activities=200,
        max_cached_workflows=_CACHED,
    ):
        await stop.wait()


def main() -> None:
    """The entry point."""
    address, queue, path = sys.argv[1:]
    with Path(path).open("a") as file:
        uvloop.run(serve(address, queue, file))
    leave(0)


if __name__ == "__main__":
    main()
