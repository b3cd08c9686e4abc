"""Webhooks: what the platforms call; the sender is verified before anything it sent is believed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from structlog.contextvars import bind_contextvars
from structlog.stdlib import get_logger

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
from domain.events import EventKind, InboundEvent
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
        raise Problem(404, "This address is called by POST; a GET asks nothing here.")
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
        with suppress(Unreadable):
            if (reply := adapter.handshake(access.channel, arrived)) is not None:
                return _answer(reply)
        told = _read(adapter, access, arrived)
    for owner, events in await by_channel(using, access, told):
        await take_in_by_either_door(using, owner, events)
    if any(event.kind is EventKind.BUTTON for event in told):
        using.background.add(acknowledge(adapter, access.channel, told))
    metrics.ACKNOWLEDGED.labels(platform).observe(time.monotonic() - started)
    with suppress(Unreadable):
        if (reply := adapter.taken(access.channel, arrived)) is not None:
            return _answer(reply)
    return Response(status_code=200)


def _read(adapter: Platform, access: ChannelAccess, arrived: PlatformRequest) -> tuple[InboundEvent, ...]:
    """What a call tells; a body that is verified and cannot be read is recorded as that.

    It would not be readable the next time either, and a platform that is refused holds back what comes behind it.
    """
    try:
        return adapter.receive(access.channel, arrived, datetime.now(UTC))
    except Unreadable as error:
        get_logger(__name__).warning("body_unreadable", problem=str(error))
        key = f"body:{sha256(arrived.body).hexdigest()}"
        return (InboundEvent(key=key, kind=EventKind.OTHER, ignored="unreadable"),)


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


async def _channel(using: Resources, platform: str, channel_id: str) -> tuple[ChannelAccess, Platform]:
    """The channel that was called; 404 when there is none of that platform."""
    access = await using.channels.named(channel_id)
    adapter = using.platforms.get(access.channel.platform) if access else None
    if access is None or adapter is None or access.channel.platform != platform or platform == PlatformName.WEBCHAT:
        raise not_found("channel", channel_id)
    return access, adapter
