"""Where files are kept: a directory, or an object storage that speaks S3, Google's or Azure's protocol.

obstore reads the credentials of an object storage from the environment, as its vendor's own tools spell them.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from adapters.errors import Unacceptable, Unreachable
from adapters.media.base import Measured
from domain.media import HEAD_BYTES, MAX_MEDIA_BYTES, type_of

SCHEMES = ("s3", "gs", "az")
if TYPE_CHECKING:
    from obstore import GetResult

_PIECE_BYTES = 256 * 1024
_AT_ONCE = 4
"""Files that are in memory on their way in."""
_WRITE_SECONDS = 30.0
_READ_SECONDS = 10.0
"""Shorter than the time that a send has in all; the library alone would try for minutes."""


class MediaMissing(Unacceptable):
    """The file is not in the store."""

    reason = "media_missing"


class MediaTooLarge(Unacceptable):
    """The file has more bytes than are kept."""

    reason = "media_too_large"


class MediaStore:
    """The files under `url`: a path or `file://…` for a directory, else `s3://bucket/prefix`, `gs://…`, `az://…`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._room = asyncio.Semaphore(_AT_ONCE)

    @cached_property
    def _store(self) -> ObjectStore:
        # Opened when first asked for: a storage that is away must not keep a process from starting.
        return _opened(self._url)

    async def keep(self, workspace_id: UUID, media_id: UUID, pieces: AsyncIterable[bytes]) -> Measured:
        """Keep a file; raises `MediaTooLarge`, `Unreachable`, and what the pieces raise."""
        async with self._room:
            content = await _collected(pieces)
            try:
                async with asyncio.timeout(_WRITE_SECONDS):
                    await obstore.put_async(self._store, _path(workspace_id, media_id), content)
            except (BaseError, OSError) as error:
                raise _away(error) from None
        digest = hashlib.sha256(content).hexdigest()
        return Measured(type=type_of(content[:HEAD_BYTES]), size_bytes=len(content), sha256=digest)

    async def remove(self, workspace_id: UUID, media_id: UUID) -> None:
        """Forget a file, if it is there; raises `Unreachable`."""
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await obstore.delete_async(self._store, _path(workspace_id, media_id))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _away(error) from None

    async def read(self, workspace_id: UUID, media_id: UUID) -> bytes:
        """A whole file; raises `MediaMissing` or `Unreachable`."""
        try:
            async with asyncio.timeout(_READ_SECONDS):
                found = await obstore.get_async(self._store, _path(workspace_id, media_id))
                return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise MediaMissing(f"the file {str(media_id)!r} is not in the media store") from None
        except (BaseError, OSError) as error:
            raise _away(error) from None

    async def stream(self, workspace_id: UUID, media_id: UUID) -> AsyncIterator[bytes]:
        """A file piece by piece; raises as `read` does, before the first piece."""
        try:
            async with asyncio.timeout(_READ_SECONDS):
                found = await obstore.get_async(self._store, _path(workspace_id, media_id))
        except FileNotFoundError:
            raise MediaMissing(f"the file {str(media_id)!r} is not in the media store") from None
        except (BaseError, OSError) as error:
            raise _away(error) from None
        return _pieces(found)


async def _collected(pieces: AsyncIterable[bytes]) -> bytes:
    """A file in memory: it is small, and so it appears in the store by a single write."""
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) > MAX_MEDIA_BYTES:
            raise MediaTooLarge(f"the file has more than {MAX_MEDIA_BYTES} bytes")
    return bytes(content)


async def _pieces(found: "GetResult") -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=_PIECE_BYTES):
        yield bytes(piece)


def _path(workspace_id: UUID, media_id: UUID) -> str:
    return f"{workspace_id}/{media_id}"


def _opened(url: str) -> ObjectStore:
    parts = urlsplit(url)
    if parts.scheme in SCHEMES:
        return from_url(url)
    return LocalStore(Path(parts.path if parts.scheme == "file" else url).absolute(), mkdir=True)


def _away(error: Exception) -> Unreachable:
    # What the library says holds paths, addresses and the storage's own words.
    return Unreachable(f"the media store does not answer ({type(error).__name__}); check MEDIA_STORE_URL")
