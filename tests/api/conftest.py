"""Clients of a running API: three roles of one workspace, an admin of another, and a visitor of a webchat."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url

from adapters.database.engine import Database
from adapters.database.tables import Role
from api.app import create_app
from settings import Settings
from tests.machine import caller
from tests.product import MadeChannel, Visitor, make_channel, make_key, running_api
from tests.proxy import Proxy, proxy_to


@pytest.fixture
async def to_database(settings: Settings) -> AsyncIterator[Proxy]:
    """The way to PostgreSQL."""
    address = make_url(str(settings.database_url))
    async with proxy_to(address.host or "127.0.0.1", address.port or 5432) as proxy:
        yield proxy


@pytest.fixture
async def to_temporal(settings: Settings) -> AsyncIterator[Proxy]:
    """The way to Temporal."""
    host, _, port = str(settings.temporal_address).partition(":")
    async with proxy_to(host, int(port)) as proxy:
        yield proxy


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The front door, started."""
    made = create_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@asynccontextmanager
async def client_of(
    app: FastAPI, settings: Settings, database: Database, role: Role, workspace: str = "default"
) -> AsyncIterator[httpx.AsyncClient]:
    """The holder of a new key; what fails inside is answered as a server would answer it."""
    headers = {"Authorization": f"Bearer {await make_key(settings, database, workspace, role)}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
async def api(app: FastAPI, settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """An admin of the workspace."""
    async with client_of(app, settings, database, Role.ADMIN) as client:
        yield client


@pytest.fixture
async def operator(app: FastAPI, settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """An operator of the same workspace."""
    async with client_of(app, settings, database, Role.OPERATOR) as client:
        yield client


@pytest.fixture
async def viewer(app: FastAPI, settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A viewer of the same workspace."""
    async with client_of(app, settings, database, Role.VIEWER) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI, settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """An admin of another workspace."""
    async with client_of(app, settings, database, Role.ADMIN, "strangers") as client:
        yield client


@pytest.fixture
async def channel(settings: Settings, database: Database) -> MadeChannel:
    """A bot on a webchat."""
    return await make_channel(settings, database)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The way to the API alone."""
    async with running_api(settings) as url, caller(url) as made:
        yield made


@pytest.fixture
async def visitor(client: httpx.AsyncClient, channel: MadeChannel) -> Visitor:
    """Someone with a session."""
    made = Visitor(client, channel.id)
    await made.enter()
    return made
