"""The directory in which one supervisor keeps everything: servers' data, secrets, logs, and who runs."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from adapters.faults import DirectoryForeign, DirectoryInUse, usable
from adapters.processes.locks import FileLock

_LARGEST_LOG_BYTES = 10_000_000


class DataDirectory:
    """One directory, used by one supervisor at a time from `claim` to `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self._lock = FileLock(self.path / "lock")

    def claim(self) -> None:
        """Makes the directory and takes it; raises `DirectoryUnusable`, `DirectoryForeign`, `DirectoryInUse`."""
        with usable(self.path):
            if self.path.exists() and not self.path.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(self.path))
            # Others may pass through, as the user that PostgreSQL runs as has to, but not look around.
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            if (self.path / "PG_VERSION").exists():
                raise DirectoryForeign(
                    f"{str(self.path)!r} is itself a PostgreSQL data directory, not one of chat-orchestrator.",
                    "Choose another directory with --data-dir.",
                )
            if not self._lock.acquire():
                raise DirectoryInUse(
                    f"Another chat-orchestrator (pid {self._lock.holder()}) works in {str(self.path)!r}.",
                    "Stop it first, or choose another directory with --data-dir.",
                )

    def release(self) -> None:
        """Lets another supervisor take the directory."""
        self._lock.release()

    def folder(self, name: str, mode: int = 0o700) -> Path:
        """A directory inside, made with `mode` where it is missing."""
        path = self.path / name
        with usable(path):
            path.mkdir(mode=mode, parents=True, exist_ok=True)
        return path

    def log(self, name: str) -> Path:
        """The file that collects what the child `name` says; the one of the last start is kept beside it."""
        return self.folder("logs") / f"{name}.log"

    def turn_log(self, name: str, above_bytes: int = _LARGEST_LOG_BYTES) -> None:
        """Puts the log of `name` aside, if it is larger than that."""
        path = self.log(name)
        with usable(path):
            if path.exists() and path.stat().st_size > above_bytes:
                path.replace(path.with_suffix(".log.1"))

    def kept(self, name: str, make: Callable[[], str]) -> str:
        """The text of the file `name`, made by `make` and written the first time; nobody else may read it."""
        path = self.path / name
        with usable(path):
            if path.exists():
                return path.read_text().strip()
        return self.keep(name, make())

    def keep(self, name: str, text: str) -> str:
        """Writes `text` to the file `name`, all or nothing, and returns it."""
        path = self.path / name
        draft = path.with_name(f"{path.name}.new")
        with usable(path):
            path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{text}\n")
                file.flush()
                os.fsync(descriptor)
            draft.replace(path)
        return text
