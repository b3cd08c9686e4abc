"""The media store: whole or not at all, by content, each workspace apart."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from adapters.errors import Unreachable
from adapters.media.store import MediaMissing, MediaStore, MediaTooLarge
from domain.media import MAX_MEDIA_BYTES
from tests.files import PNG

OURS, THEIRS, FILE = UUID(int=1), UUID(int=2), UUID(int=3)


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    for content in contents:
        yield content


async def broken() -> AsyncIterator[bytes]:
    yield PNG
    raise Unreachable("the other side hung up")


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    return MediaStore(str(tmp_path / "media"))


async def test_a_file_is_kept_and_measured(store: MediaStore) -> None:
    measured = await store.keep(OURS, FILE, pieces(PNG[:3], PNG[3:]))
    assert (measured.type, measured.size_bytes) == ("image/png", len(PNG))
    assert measured.sha256 == hashlib.sha256(PNG).hexdigest()
    assert await store.read(OURS, FILE) == PNG
    assert b"".join([piece async for piece in await store.stream(OURS, FILE)]) == PNG


async def test_the_same_file_again_is_the_same(store: MediaStore, tmp_path: Path) -> None:
    await store.keep(OURS, FILE, pieces(b"first"))
    await store.keep(OURS, FILE, pieces(b"second"))
    assert await store.read(OURS, FILE) == b"second"
    assert len(kept(tmp_path)) == 1


async def test_a_file_that_breaks_off_or_is_too_large_leaves_nothing(store: MediaStore, tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        await store.keep(OURS, FILE, broken())
    with pytest.raises(MediaTooLarge):
        await store.keep(OURS, FILE, pieces(bytes(MAX_MEDIA_BYTES), b"1"))
    assert kept(tmp_path) == []
    await store.keep(OURS, FILE, pieces(bytes(MAX_MEDIA_BYTES)))


async def test_another_workspace_has_another_place(store: MediaStore) -> None:
    await store.keep(OURS, FILE, pieces(PNG))
    for ask in (store.read, store.stream):
        with pytest.raises(MediaMissing):
            await ask(THEIRS, FILE)


async def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    with pytest.raises(Unreachable, match="MEDIA_STORE_URL"):
        await MediaStore((tmp_path / "media").as_uri()).keep(OURS, FILE, pieces(PNG))
