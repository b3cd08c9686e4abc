"""What keeping and fetching files means to whoever asks for it.

What these raise is from `adapters.errors`: `Again` where it may work later, `Never` where it will not.
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import Field, SecretStr

from domain.models import Frozen


class Source(Frozen):
    """Where a file can be fetched; its headers, which may hold a token, are sent to that host alone."""

    url: str = Field(repr=False)
    headers: Mapping[str, SecretStr] = Field(default_factory=dict)


class Measured(Frozen):
    """What was seen of a file while it was kept; `type` is what its content says."""

    type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Read:
    """What a file says, as far as that is kept; else `reason` is a word for why it could not be read."""

    text: str = ""
    reason: str | None = None
    is_cut: bool = False


class Reads(Protocol):
    """Draws their text from files."""

    async def read(self, type_: str, content: bytes) -> Read:
        """What a file of this type says; never raises for what is in it."""


class Store(Protocol):
    """Keeps files by their ids, each workspace apart."""

    async def keep(self, workspace_id: UUID, media_id: UUID, pieces: AsyncIterable[bytes]) -> Measured:
        """Keep a file whole, or not at all; the same id again replaces it. Raises also what `pieces` raise."""

    async def remove(self, workspace_id: UUID, media_id: UUID) -> None:
        """Forget a file; one that is not there is forgotten already."""

    async def read(self, workspace_id: UUID, media_id: UUID) -> bytes:
        """A whole file."""

    async def stream(self, workspace_id: UUID, media_id: UUID) -> AsyncIterator[bytes]:
        """A file piece by piece."""


class Downloads(Protocol):
    """Fetches files from outside, bounded in time and size, and never from a private address."""

    def fetch(self, source: Source, seconds: float) -> AbstractAsyncContextManager[AsyncIterable[bytes]]:
        """The bytes of a source, for the length of the block."""
