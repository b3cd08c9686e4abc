"""Why something on this machine could not be done: one sentence for the user, and what to do about it.

CommandFailed
├── DirectoryUnusable   the data or cache directory cannot be written, or the disk is full
├── DirectoryForeign    what lies there was not made by this program, or by another version
├── DirectoryInUse      another supervisor works there
├── PortTaken           something else listens
├── ProgramMissing      a program that is needed cannot be found, built or run
└── ChildFailed         a child ended before it was ready, took too long, or ended with an error
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CommandFailed(Exception):
    """A command cannot go on; `sentence` says what is wrong, `remedy` what to do, `code` is the exit code."""

    def __init__(self, sentence: str, remedy: str, code: int = 1) -> None:
        super().__init__(f"{sentence} {remedy}")
        self.sentence = sentence
        self.remedy = remedy
        self.code = code


class DirectoryUnusable(CommandFailed):
    """A directory cannot be made, read or written."""


class DirectoryForeign(CommandFailed):
    """A directory holds something that is not ours to use."""


class DirectoryInUse(CommandFailed):
    """Another supervisor holds the lock of the directory."""


class PortTaken(CommandFailed):
    """Something else listens on the port."""


class ProgramMissing(CommandFailed):
    """A program that is needed cannot be found, built or run."""


class ChildFailed(CommandFailed):
    """A child process did not do what it was started for."""


_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def usable(path: Path, choose: str = "choose another directory with --data-dir") -> Iterator[None]:
    """Turns every `OSError` of the block into `DirectoryUnusable` for `path`; `choose` says how to avoid the path."""
    try:
        yield
    except OSError as error:
        place = error.filename or path
        if error.errno in _FULL:
            raise DirectoryUnusable(
                f"The disk that holds {str(place)!r} is full.", f"Free some space, or {choose}."
            ) from error
        sentence = f"{str(place)!r} cannot be used: {error.strerror or error}."
        raise DirectoryUnusable(sentence, f"Check the path and who may write there, or {choose}.") from error
