"""A lock on a file between processes, which ends with its holder however that dies."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An exclusive lock; the file stays and holds the pid of whoever held it last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Takes the lock if it is free and says whether it did; raises `OSError` when the file cannot be opened."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def holder(self) -> int | None:
        """The pid of whoever took the lock last, as far as it is written down."""
        text = self.path.read_text().strip()
        return int(text) if text.isdecimal() else None

    def release(self) -> None:
        """Gives the lock back; the file stays, so that nobody locks a name that is about to vanish."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
