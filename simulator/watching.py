"""Below `/_sim`, for whoever watches: the accounts, what happens on them as it happens, and the files of messages."""

import asyncio
import base64
import time
from collections.abc import Mapping
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from simulator.ledger import EntryKind
from simulator.shelf import Kept
from simulator.simulation import Platform, Simulation
from simulator.wire import JSON, Object, json_answer

SEEN: tuple[EntryKind, ...] = ("inbound", "outbound")
MOST_SECONDS = 30.0
MOST_PENDING = 500
"""How many of the newest webhooks are looked at for some that nobody took."""
SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/")
_Seconds = Annotated[float, Query(ge=0, le=MOST_SECONDS)]
_Most = Annotated[int, Query(ge=1, le=10_000)]


class Brought(BaseModel):
    """A file that somebody has, before a message names its address."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="file", min_length=1, max_length=200)
    mime_type: str = "application/octet-stream"
    content_base64: str


def watching_router(simulation: Simulation, platforms: Mapping[str, Platform]) -> APIRouter:
    """The routes."""
    router = APIRouter(tags=["watching"])
    _add_events(router, simulation)
    _add_files(router, simulation)

    @router.get("/accounts")
    async def accounts() -> Object:
        """The bots of every platform, as far as anybody spoke of them."""
        return {name: [*platform.accounts()] for name, platform in platforms.items()}

    return router


def _add_events(router: APIRouter, simulation: Simulation) -> None:
    @router.get("/events")
    async def events(after: int = 0, wait: _Seconds = 0.0, most: _Most = 2_000) -> Response:
        """What people and bots did behind `after`, at the latest after `wait` seconds; only the last `most` of it.

        With it come the faults that will still strike and the webhooks that nobody took yet. Another `run` is another
        simulator, which knows nothing of what was before.
        """
        found = await _new(simulation, after, wait, most)
        items: list[JSON] = [*found]
        last = found[-1]["seq"] if found else after
        armed = [fault.describe() for fault in simulation.faults.listed() if fault.remaining != 0]
        told: Object = {"run": simulation.run, "items": items, "last_seq": last, "faults": [*armed]}
        return json_answer({**told, "pending": _pending(simulation)})


async def _new(simulation: Simulation, after: int, wait: float, most: int) -> list[Object]:
    ends_at, ledger = time.monotonic() + wait, simulation.ledger
    while True:
        ledger.grew.clear()
        found = ledger.newest(SEEN, after, most)
        left = ends_at - time.monotonic()
        if found or left <= 0 or simulation.closing.is_set():
            return found
        growing = asyncio.ensure_future(_grown(ledger.grew))
        try:
            await simulation.wait(growing, left)
        finally:
            growing.cancel()


async def _grown(event: asyncio.Event) -> None:
    await event.wait()


def _pending(simulation: Simulation) -> list[JSON]:
    newest = simulation.ledger.newest(("webhook",), 0, MOST_PENDING)
    names = ("platform", "chat_id", "attempts", "statuses", "errors")
    return [{name: entry[name] for name in names} for entry in newest if entry["state"] == "pending"]


def _add_files(router: APIRouter, simulation: Simulation) -> None:
    @router.post("/files", status_code=201)
    async def bring(brought: Brought, request: Request) -> Object:
        """Keep a file, for platforms whose messages name a file by its address."""
        place = f"brought-{uuid4().hex}"
        content = base64.b64decode(brought.content_base64)
        simulation.shelf.keep(place, Kept(brought.name, brought.mime_type, content))
        address = f"{request.url.scheme}://{request.url.netloc}/_sim/files/{place}"
        return {"url": address, "name": brought.name, "size": len(content)}

    @router.get("/files/{place}")
    async def show(place: str) -> Response:
        """A file of a message: its place is the platform, a hyphen, and the id that the platform gave it."""
        file = simulation.shelf.at(place)
        if file is None:
            raise HTTPException(404, "there is no such file, or it was forgotten")
        # Whoever sent it may have written anything into it: it runs nowhere, and is shown only where nothing can run.
        headers = {
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": "inline" if file.type.startswith(SHOWN_INLINE) else "attachment",
            "Cache-Control": "private, max-age=3600",
        }
        return Response(file.content, media_type=file.type, headers=headers)
