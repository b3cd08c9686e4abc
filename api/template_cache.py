"""What platforms said of their templates, kept for a minute: who writes to many asks once, and a change shows soon."""

import time
from collections.abc import Callable

from adapters.platforms.base import Channel, TemplatePage, Templating
from domain.ids import ChannelId
from domain.templates import Template

KEPT_SECONDS = 60.0
_MOST_BY_NAME = 100


class TemplateCache:
    """At most `most` answers, each for a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = 1000) -> None:
        self._clock = clock
        self._most = most
        self._kept: dict[tuple[ChannelId, str | None, int, str | None], tuple[float, TemplatePage]] = {}

    async def page(
        self, platform: Templating, channel: Channel, after: str | None, most: int, name: str | None = None
    ) -> TemplatePage:
        """Some of the account's templates; raises as the platform does."""
        asked = (channel.id, after, most, name)
        kept = self._kept.get(asked)
        if kept and kept[0] > self._clock():
            return kept[1]
        found = await platform.templates(channel, after, most, name)
        self._kept.pop(asked, None)
        while len(self._kept) >= self._most:
            self._kept.pop(next(iter(self._kept)))
        self._kept[asked] = (self._clock() + KEPT_SECONDS, found)
        return found

    async def find(self, platform: Templating, channel: Channel, name: str, language: str) -> Template | None:
        """The template of this name in this language; None where there is none. Raises as the platform does."""
        page = await self.page(platform, channel, None, _MOST_BY_NAME, name)
        wanted = (item for item in page.templates if (item.name, item.language) == (name, language))
        return next(wanted, None)
