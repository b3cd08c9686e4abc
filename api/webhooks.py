"""Webhooks: what the platforms call; the sender is verified before anything it sent is believed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from structlog.contextvars import bind_contextvars

from adapters.database.channels import ChannelAccess
from adapters.errors import SignatureMismatch, Unreadable
from adapters.platforms.base import Platform, Reply
from adapters.platforms.base import Request as PlatformRequest
from adapters.platforms.buttons import acknowledge
from api import bodies, metrics
from api.intake import take_in_by_either_door
from api.problems import Problem, not_found
from api.resources import Resources, Using
from api.siblings import by_channel
from domain.events import EventKind
from domain.platforms import PlatformName

router = APIRouter(tags=["webhooks"])


@router.get("/webhooks/{platform}/{channel_id}", summary="What a platform asks first", response_class=Response)
async def greet(platform: str, channel_id: str, request: Request, using: Using) -> Response:
    """Answer a platform that asks by GET whether this webhook is ours; 404 for those that never ask so."""
    access, adapter = await _channel(using, platform, channel_id)
    asked = PlatformRequest(headers=_headers(request), query=dict(request.query_params))
    with _refusing(platform):
        reply = adapter.handshake(access.channel, asked)
    if reply is None:
        raise not_found("channel", channel_id)
    return _answer(reply)


@router.post("/webhooks/{platform}/{channel_id}", summary="What a platform calls", response_class=Response)
async def receive(platform: str, channel_id: str, request: Request, using: Using) -> Response:
    """Verify, record or carry, hand over, acknowledge: with an empty 200, or as the platform wants it."""
    started = time.monotonic()
    access, adapter = await _channel(using, platform, channel_id)
    bind_contextvars(channel_id=channel_id, platform=platform)
    headers = _headers(request)
    with _refusing(platform):
        adapter.admits(access.channel, headers)
        body = await bodies.read(request, bodies.MAX_WEBHOOK_BYTES)
        arrived = PlatformRequest(headers=headers, query=dict(request.query_params), body=body)
        reply = adapter.handshake(access.channel, arrived)
        if reply is not None:
            return _answer(reply)
        told = adapter.receive(access.channel, arrived, datetime.now(UTC))
    for owner, events in await by_channel(using, access, told):
        await take_in_by_either_door(using, owner, events)
    if any(event.kind is EventKind.BUTTON for event in told):
        using.background.add(acknowledge(adapter, access.channel, told))
    metrics.ACKNOWLEDGED.labels(platform).observe(time.monotonic() - started)
    reply = adapter.taken(access.channel, arrived)
    return _answer(reply) if reply is not None else Response(status_code=200)


def _headers(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _answer(reply: Reply) -> Response:
    # What is answered may have come from whoever asked: no browser shall take it for a page.
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(reply.body, reply.status, headers, reply.content_type)


@contextmanager
def _refusing(platform: str) -> Iterator[None]:
    """What an adapter does not accept, as the caller is told."""
    try:
        yield
    except SignatureMismatch as error:
        metrics.REFUSED.labels(platform, 401).inc()
        raise Problem(401, "The call is not signed with this channel's secret.", "signature_mismatch") from error
    except Unreadable as error:
        metrics.REFUSED.labels(platform, 400).inc()
        raise Problem(400, f"The body is not what {platform} sends: {error}", "unreadable") from error


async def _channel(using: Resources, platform: str, channel_id: str) -> tuple[ChannelAccess, Platform]:
    """The channel that was called; 404 when there is none of that platform."""
    access = await using.channels.named(channel_id)
    adapter = using.platforms.get(access.channel.platform) if access else None
    if access is None or adapter is None or access.channel.platform != platform or platform == PlatformName.WEBCHAT:
        raise not_found("channel", channel_id)
    return access, adapter
