"""What the front door works with: made once when the app starts, found by each route through the request."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from adapters.ai.circuits import Breakers
from adapters.database.engine import Database
from adapters.media.downloads import Downloader
from adapters.media.store import MediaStore
from adapters.platforms.base import Platform
from adapters.temporal.handover import Handing
from adapters.vault import Vault
from api.background import Background
from api.breaker import Breaker
from api.channel_cache import ChannelCache
from api.counts import Counts
from api.media_links import Links
from api.second_door import SecondDoor
from api.template_cache import TemplateCache
from api.wakeups import Wakeups
from domain.platforms import PlatformName
from settings import Settings

if TYPE_CHECKING:
    from adapters.ai.catalogue import Catalogue

_UPLOADS_AT_ONCE = 8


@dataclass(frozen=True)
class Resources:
    """The adapters of one API process."""

    settings: Settings
    database: Database
    credentials: Vault
    keys: Vault
    platforms: dict[PlatformName, Platform]
    breaker: Breaker
    channels: ChannelCache
    handing: Handing
    second_door: SecondDoor
    wakeups: Wakeups
    background: Background
    counts: Counts
    models: Callable[[], "Catalogue"]
    circuits: Breakers
    media: MediaStore
    downloads: Downloader
    """For addresses that operators give."""
    pictures: Downloader
    """For addresses that platforms give, which may be our own."""
    links: Links
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_UPLOADS_AT_ONCE))
    """Visitors' files that are in memory on their way in."""
    templates: TemplateCache = field(default_factory=TemplateCache)


async def resources(request: Request) -> Resources:
    """The resources of the app that this request came to."""
    found = request.app.state.resources
    assert isinstance(found, Resources)
    return found


Using = Annotated[Resources, Depends(resources)]
