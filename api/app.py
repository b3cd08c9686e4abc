"""The application: its resources, made when it starts and given back when it stops, and its routes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRouter
from starlette.routing import BaseRoute
from structlog.stdlib import get_logger

from adapters.ai.circuits import Breakers
from adapters.ai.transport import connections
from adapters.database.channels import credentials_vault, keys_vault
from adapters.database.engine import Database
from adapters.media.downloads import Downloader
from adapters.media.store import MediaStore
from adapters.platforms.catalogue import downloader, http_client, platforms
from adapters.temporal.client import connect
from adapters.temporal.handover import Handing
from adapters.vault import Vault
from api import (
    bodies,
    chat_page,
    codec,
    health,
    media,
    metrics,
    problems,
    v1,
    webchat,
    webchat_files,
    webchat_stream,
    webhooks,
)
from api.background import Background, ended
from api.breaker import Breaker
from api.channel_cache import ChannelCache
from api.correlation import Correlation
from api.counts import Counts
from api.cross_origin import CrossOrigin
from api.limits import BodyLimit
from api.media_links import Links
from api.resources import Resources
from api.second_door import SecondDoor
from api.wakeups import Wakeups
from domain.media import MAX_MEDIA_BYTES
from settings import Settings

if TYPE_CHECKING:
    from adapters.ai.catalogue import Catalogue

_FILES = "/webchat/*/files"
DESCRIPTION = "Runs AI chat bots on every messaging platform, durably."
ROUTERS: Sequence[APIRouter] = (
    v1.router,
    media.router,
    webhooks.router,
    webchat.router,
    webchat_files.router,
    webchat_stream.router,
    chat_page.router,
    codec.router,
    health.router,
    metrics.router,
)


def _included() -> Sequence[BaseRoute]:
    whole = APIRouter()
    for router in ROUTERS:
        whole.include_router(router)
    return whole.routes


# Put together once: FastAPI works out each route's parameters anew for each application that includes it.
_ROUTES = _included()


def create_app(settings: Settings) -> FastAPI:
    """The front door, configured; it connects when it starts."""
    app = FastAPI(
        title="Chat Orchestrator",
        version=version("chat-orchestrator"),
        description=DESCRIPTION,
        lifespan=_lifespan(settings),
        redoc_url=None,
        routes=list(_ROUTES),
    )
    problems.install(app)
    app.add_middleware(BodyLimit, larger=("/v1/media",))
    app.add_middleware(BodyLimit, max_bytes=MAX_MEDIA_BYTES, prefix="/v1/media")
    app.add_middleware(BodyLimit, max_bytes=bodies.MAX_WEBHOOK_BYTES, prefix="/webchat", larger=(_FILES,))
    seconds = webchat_files.UPLOAD_SECONDS
    app.add_middleware(BodyLimit, max_bytes=MAX_MEDIA_BYTES, prefix=_FILES, max_seconds=seconds)
    app.add_middleware(CrossOrigin)
    app.add_middleware(Correlation)
    return app


def end_streams(app: FastAPI) -> None:
    """Let the open streams end, for a server that stops: it waits for its answers, and a stream has no end."""
    if isinstance(resources := getattr(app.state, "resources", None), Resources):
        resources.wakeups.stop()


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.resources = await open_resources(settings, stack)
            get_logger(__name__).info("api_ready")
            yield

    return lifespan


async def open_resources(settings: Settings, stack: AsyncExitStack) -> Resources:
    """Everything that the routes work with; the stack gives it back. Neither store needs to answer yet."""
    assert settings.database_url is not None
    database = Database(settings.database_url, settings.database_pool_size)
    stack.push_async_callback(database.close)
    http, models, pictures = http_client(), connections(settings), downloader(settings)
    downloads = Downloader(version("chat-orchestrator"))
    for close in (http.close, models.aclose, downloads.close, pictures.close):
        stack.push_async_callback(close)
    handing = Handing(database, await connect(settings, lazy=True, impatient=True), settings.task_queue)
    credentials, keys = credentials_vault(settings.secrets()), keys_vault(settings.secrets())
    breaker = Breaker(database.check)
    stack.push_async_callback(breaker.close)
    channels = ChannelCache(database, credentials, breaker)
    wakeups = Wakeups(settings.database_url, channels.forget)
    background = Background()
    for work in (wakeups.run(), handing.relay()):
        stack.push_async_callback(ended, asyncio.create_task(work))
    stack.push_async_callback(handing.close)
    stack.push_async_callback(background.close)
    return Resources(
        settings=settings,
        database=database,
        credentials=credentials,
        keys=keys,
        platforms=platforms(settings, http),
        breaker=breaker,
        channels=channels,
        handing=handing,
        second_door=SecondDoor(handing),
        wakeups=wakeups,
        background=background,
        counts=Counts(database),
        models=cache(lambda: _catalogue(settings, models, database, credentials)),
        circuits=Breakers(time.monotonic),
        media=MediaStore(settings.media_store_url),
        downloads=downloads,
        pictures=pictures,
        links=Links(keys, settings.public_url),
    )


def _catalogue(settings: Settings, http: httpx2.AsyncClient, database: Database, vault: Vault) -> "Catalogue":
    # The SDK behind it takes long to import, and only who asks after a model's health needs it.
    from adapters.ai.catalogue import Catalogue

    return Catalogue(settings, http, database, vault)
