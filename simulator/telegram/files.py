"""Files that people sent to bots: their ids, and their bytes for whoever downloads them."""

import hashlib
from dataclasses import dataclass

from simulator.shelf import Kept, Shelf
from simulator.telegram.refusals import bad_request
from simulator.wire import Object

# https://core.telegram.org/bots/api#getfile
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class File:
    """One file; without `content` its bytes are zeros, made when they are asked for."""

    id: str
    path: str
    size_bytes: int
    mime_type: str
    content: bytes | None = None

    def bytes(self) -> bytes:
        """What a download gives."""
        return self.content if self.content is not None else bytes(self.size_bytes)


class Files:
    """All files, by id and by path; those with bytes also lie on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._files: dict[str, File] = {}
        self._paths: dict[str, File] = {}

    def add(self, kind: str, extension: str, mime_type: str, size_bytes: int, content: bytes | None = None) -> File:
        """Keep a file under a new id."""
        number = len(self._files)
        digest = hashlib.sha256(f"{kind}/{number}".encode()).hexdigest()
        size = len(content) if content is not None else size_bytes
        file = File(f"AgAC{digest[:40]}", f"{kind}s/file_{number}.{extension}", size, mime_type, content)
        self._files[file.id] = self._paths[file.path] = file
        if content is not None:
            self._shelf.keep(f"telegram-{file.id}", Kept(file.path.rpartition("/")[2], mime_type, content))
        return file

    def describe(self, file_id: str) -> Object:
        """The answer of getFile."""
        file = self._files.get(file_id)
        if file is None:
            raise bad_request("invalid file_id")
        if file.size_bytes > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**self.reference(file), "file_path": file.path}

    def reference(self, file: File) -> Object:
        """How a message speaks of a file."""
        unique_id = hashlib.sha256(file.id.encode()).hexdigest()[:16]
        return {"file_id": file.id, "file_unique_id": unique_id, "file_size": file.size_bytes}

    def at(self, path: str) -> File | None:
        """The file at a `file_path`."""
        return self._paths.get(path)
