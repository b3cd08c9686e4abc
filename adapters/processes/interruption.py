"""How a long command ends: the first signal in order, the second in a hurry."""

import asyncio
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Interruption:
    """Ends its block quietly at SIGINT, SIGTERM or SIGHUP, by cancelling the task; sets `hurry` at the second one."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self.hurry = asyncio.Event()
        self._task: asyncio.Task[object] | None = None
        self._came = False
        self._signals: list[signal.Signals] = []

    async def __aenter__(self) -> Self:
        """Takes the signals over; belongs into the main thread, and as far outside as it goes."""
        self._task = asyncio.current_task()
        self._signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            self._signals.append(signal.SIGHUP)
        for number in self._signals:
            asyncio.get_running_loop().add_signal_handler(number, self._interrupt)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        for number in self._signals:
            asyncio.get_running_loop().remove_signal_handler(number)
        if not self._came or self._task is None:
            return False
        self._task.uncancel()
        return kind is not None and issubclass(kind, asyncio.CancelledError)

    def _interrupt(self) -> None:
        if self._came:
            self.hurry.set()
        elif self._task is not None:
            self._came = True
            self._report("stopping; a second time hurries")
            self._task.cancel()
