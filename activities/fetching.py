"""Fetching: files that contacts sent are brought into the media store, beside the turns and never in their way."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from activities.rounds import go_round
from adapters.database import channels, media_fetching
from adapters.database.engine import Database
from adapters.database.media_fetching import Wanted
from adapters.errors import Again, Never, OutsideError
from adapters.media.base import Downloads, Measured, Store
from adapters.platforms.base import Platform
from adapters.vault import KeyMissing, Vault
from domain.media import HTML, MAX_MEDIA_BYTES, differs
from domain.platforms import PlatformName

_AT_ONCE = 4
_EVERY_SECONDS = 1.0
_FETCH_SECONDS = 60.0
_MOST_ATTEMPTS = 16
"""With the waits between them about five hours."""
_LONGEST_WAIT = timedelta(hours=1)


class NotTheFile(Never):
    """A page came instead of the file, as where a token may not read files."""

    reason = "not_the_file"


class FileTooLarge(Never):
    """The platform says that the file is larger than what is kept."""

    reason = "media_too_large"


class ChecksumDiffers(Again):
    """Other bytes came than the platform told of; asked again they may be the right ones."""

    reason = "checksum_differs"


class ChannelGone(Never):
    """There is nobody left to ask for the file."""

    reason = "channel_gone"


class Fetching:
    """Fetches what is due, a few files at a time; a file is one name in the store, so that twice is once."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        platforms: Mapping[PlatformName, Platform],
        store: Store,
        downloads: Downloads,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._vault = vault
        self._platforms = platforms
        self._store = store
        self._downloads = downloads
        self._now = now

    async def run(self) -> None:
        """Until cancelled, fetch what is due."""
        await go_round(self.fetch_due, _EVERY_SECONDS, "fetching_waits")

    async def fetch_due(self) -> int:
        """One round; how many files were taken up."""
        async with self._database.begin() as connection:
            due = await media_fetching.claim(connection, self._now(), _AT_ONCE)
        await asyncio.gather(*(self._fetch(wanted) for wanted in due))
        return len(due)

    async def _fetch(self, wanted: Wanted) -> None:
        try:
            found = await self._fetched(wanted)
        except OutsideError as error:
            await self._put_off(wanted, error)
        except (SQLAlchemyError, KeyMissing) as error:
            # The lease runs out, and the next attempt finds the same.
            get_logger(__name__).warning("file_waits", media=str(wanted.id), error=type(error).__name__)
        else:
            async with self._database.begin() as connection:
                await media_fetching.keep(connection, wanted.id, found)

    async def _fetched(self, wanted: Wanted) -> Measured:
        attachment = wanted.attachment
        if (attachment.size_bytes or 0) > MAX_MEDIA_BYTES:
            raise FileTooLarge(f"the file has more than {MAX_MEDIA_BYTES} bytes")
        async with self._database.once() as connection:
            access = await channels.load(connection, self._vault, wanted.channel_id)
        if access is None:
            raise ChannelGone("the file's channel is gone")
        source = await self._platforms[access.channel.platform].locate(access.channel, attachment)
        async with self._downloads.fetch(source, _FETCH_SECONDS) as pieces:
            found = await self._store.keep(wanted.workspace_id, wanted.id, pieces)
        if found.type == HTML and not (attachment.mime_type or "").startswith("text/"):
            raise NotTheFile("a page came instead of the file; the token may lack the right to read files")
        if differs(attachment.details.get("sha256"), found.sha256):
            raise ChecksumDiffers("the file's bytes are not those that the platform told of")
        return found

    async def _put_off(self, wanted: Wanted, error: OutsideError) -> None:
        """Try again later, or never; how the file ends does not concern the message that it came with."""
        get_logger(__name__).info("file_not_fetched", media=str(wanted.id), reason=error.reason)
        async with self._database.begin() as connection:
            if isinstance(error, Never) or wanted.attempts >= _MOST_ATTEMPTS:
                await media_fetching.give_up(connection, wanted.id, error.reason)
                return
            grown = min(timedelta(seconds=2**wanted.attempts), _LONGEST_WAIT)
            asked = error.after if isinstance(error, Again) else None
            await media_fetching.postpone(connection, wanted.id, error.reason, self._now() + (asked or grown))
