"""Puts the stand-ins and the control API together into one ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from simulator.control import create_control
from simulator.discord import Discord
from simulator.messenger import Messenger
from simulator.openai import OpenAI
from simulator.page import page_routes
from simulator.simulation import Platform, Simulation
from simulator.slack import Slack
from simulator.telegram import Telegram
from simulator.tools import Tools
from simulator.whatsapp import WhatsApp

# A platform is one module (or package) and one line here; its name is its place below `/_sim`. Messenger and WhatsApp
# share the Graph API: what is no page of Messenger's is WhatsApp's.
PLATFORMS: dict[str, type[Platform]] = {
    "telegram": Telegram,
    "slack": Slack,
    "messenger": Messenger,
    "whatsapp": WhatsApp,
    "discord": Discord,
    "openai": OpenAI,
    "tools": Tools,
}


def create_app(simulation: Simulation | None = None) -> Starlette:
    """The simulator; a given simulation lets the caller look into its ledger and steer its faults directly."""
    shared = simulation or Simulation()
    platforms = {name: build(shared) for name, build in PLATFORMS.items()}

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        for platform in platforms.values():
            platform.reset()
        await shared.close()

    routes = [route for platform in platforms.values() for route in platform.routes]
    return Starlette(
        routes=[*page_routes(), *routes, Mount("/_sim", create_control(shared, platforms))], lifespan=lifespan
    )


def addresses(base_url: str) -> dict[str, str]:
    """The variables by which a product finds the stand-ins, and their values."""
    return {platform.variable: base_url + platform.path for platform in PLATFORMS.values()}
