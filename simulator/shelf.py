"""The files that went to and fro, for whoever looks at a message: by name, the oldest forgotten first."""

from collections import OrderedDict
from dataclasses import dataclass

MOST_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Kept:
    """One file."""

    name: str
    type: str
    content: bytes


class Shelf:
    """Files by a name that begins with their platform's; bounded by their size in all."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0

    def keep(self, place: str, file: Kept) -> None:
        """Put a file at its place; what is there already goes."""
        self._drop(place)
        self._kept[place] = file
        self._bytes += len(file.content)
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def at(self, place: str) -> Kept | None:
        """The file at a place, if it is still there."""
        return self._kept.get(place)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._bytes = 0

    def _drop(self, place: str) -> None:
        if old := self._kept.pop(place, None):
            self._bytes -= len(old.content)
