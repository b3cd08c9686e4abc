"""A real browser for the tests of the webchat: one Chromium a run, one visitor with an empty profile a test."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from pydantic import JsonValue

from adapters.database.engine import Database
from adapters.processes.ports import free_port
from settings import Settings
from tests.chromium import chromium_path
from tests.machine import PATIENCE_SECONDS
from tests.product import MadeChannel, make_channel, running_api, running_worker

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page of another origin is made up by the test; Chromium takes it for a public one that calls a local address.
    "--disable-features=LocalNetworkAccessChecks",
]
PATIENCE_MS = 1000 * PATIENCE_SECONDS


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The run's Chromium."""
    path = await asyncio.to_thread(chromium_path)
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield launched
        await launched.close()


@pytest.fixture
def api_port() -> int:
    """The port of the test's API: a page's origin, which its channel has to allow, is known before it runs."""
    return free_port()


@pytest.fixture
async def webchat_channel(settings: Settings, database: Database, api_port: int) -> MadeChannel:
    """A webchat that its own pages and a shop's may use."""
    origins: list[JsonValue] = [f"http://127.0.0.1:{api_port}", "http://shop.localhost"]
    return await make_channel(settings, database, channel_settings={"allowed_origins": origins})


@pytest.fixture
async def server_url(settings: Settings, api_port: int) -> AsyncIterator[str]:
    """A running API with its worker; the built-in demo model answers."""
    async with running_api(settings, api_port) as url, running_worker(settings):
        yield url


@pytest.fixture
async def context(browser: Browser, server_url: str) -> AsyncIterator[BrowserContext]:
    """A visitor who has never been here, and who leaves before the server does."""
    made = await browser.new_context(locale="en-US", color_scheme="light")
    made.set_default_timeout(PATIENCE_MS)
    yield made
    await made.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """The visitor's first tab."""
    return await context.new_page()


@pytest.fixture
def complaints(context: BrowserContext) -> list[str]:
    """What the browser's console holds against the pages: errors, warnings, violations of the content policy."""
    found: list[str] = []
    context.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    context.on("weberror", lambda error: found.append(str(error.error)))
    return found
