"""Reading what contacts sent: images for models that see, and the words of documents, waited for a short while."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping

from adapters.database import media, media_texts
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import OutsideError
from adapters.media.base import Reads, Store
from domain.files import (
    CHARACTERS_FOR_EACH_TOKEN,
    IMAGES,
    MAX_IMAGE_BYTES,
    MOST_FILES,
    MOST_IMAGES,
    Attached,
    is_of_use,
    with_files,
)
from domain.files import Shown as ShownFile
from domain.media import MediaState
from domain.transcripts import Image, Line

_LONGEST_WAIT_SECONDS = 10.0
"""Files are fetched beside the turns, mostly within a second or two."""
_LOOK_AGAIN_SECONDS = 0.25


class Reading:
    """Shows and reads the newest files of a window."""

    def __init__(self, database: Database, store: Store, reader: Reads) -> None:
        self._database = database
        self._store = store
        self._reader = reader

    async def read(self, context: TurnContext, *, sees: bool) -> tuple[Line, ...]:
        """The lines with their files; `sees` says that a model that is asked can see images."""
        wanted = [file for file in context.files if is_of_use(file.attachment, sees=sees)]
        newest = tuple(sorted(wanted, key=lambda file: -file.line)[:MOST_FILES])
        if not newest:
            return context.lines
        longest = min(_LONGEST_WAIT_SECONDS, context.access.bot.patience_seconds / 4)
        rows = await self._fetched(context.access.workspace_id, newest, longest)
        shown: dict[UUID, ShownFile] = {}
        for file in newest:
            seen = sum(1 for found in shown.values() if found.image)
            found = await self._shown(rows.get(file.media_id), file, sees=sees and seen < MOST_IMAGES)
            if found is not None:
                shown[file.media_id] = found
        room = context.access.bot.context.tokens * CHARACTERS_FOR_EACH_TOKEN
        return with_files(context.lines, newest, shown, room, in_group=context.is_group)

    async def _fetched(
        self, workspace_id: UUID, files: Sequence[Attached], longest_seconds: float
    ) -> dict[UUID, RowMapping]:
        """The files as they stand, once those that are asked about are there, or are not to be had."""
        asked = {file.media_id for file in files if file.is_asked}
        until = time.monotonic() + longest_seconds
        while True:
            async with self._database.once() as connection:
                rows = await media.several(connection, workspace_id, [file.media_id for file in files])
            waiting = any(row["state"] == MediaState.WANTED for name, row in rows.items() if name in asked)
            if not waiting or time.monotonic() > until:
                return rows
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _shown(self, row: RowMapping | None, file: Attached, *, sees: bool) -> ShownFile | None:
        """What the model gets of a file; None where nothing is to be said that its name does not say."""
        if row is None or row["state"] != MediaState.STORED:
            return ShownFile(reason="it did not arrive") if file.is_asked else None
        try:
            if row["type"] in IMAGES:
                return await self._image(row, file) if sees else None
            return await self._text(row, file)
        except OutsideError:
            return ShownFile(reason="the store is away")

    async def _image(self, row: RowMapping, file: Attached) -> ShownFile:
        if row["size_bytes"] > MAX_IMAGE_BYTES:
            return ShownFile(reason="it is too large")
        content = await self._store.read(row["workspace_id"], file.media_id)
        return ShownFile(image=Image(type=row["type"], content=content))

    async def _text(self, row: RowMapping, file: Attached) -> ShownFile | None:
        async with self._database.once() as connection:
            known = await media_texts.of(connection, file.media_id)
        if known is not None:
            return ShownFile(text=known.text, is_cut=known.is_cut, reason=known.reason)
        if not file.is_asked:
            return None
        content = await self._store.read(row["workspace_id"], file.media_id)
        found = await self._reader.read(row["type"], content)
        async with self._database.once() as connection:
            await media_texts.keep(connection, file.media_id, found.text, found.reason, is_cut=found.is_cut)
        return ShownFile(text=found.text, is_cut=found.is_cut, reason=found.reason)
