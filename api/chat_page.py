"""The chat page, the widget that pages embed, and the way to them."""

import secrets

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from adapters.database.tables import BotRow, ChannelRow
from api import static
from api.problems import not_found
from api.resources import Using
from domain.platforms import PlatformName

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
router = APIRouter(tags=["webchat"])


@router.get("/webchat/widget.js", summary="The embeddable widget", response_class=Response)
async def widget() -> Response:
    """One script: `<script src=".../webchat/widget.js" data-channel="CHANNEL_ID" defer></script>`."""
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff",
               "Cross-Origin-Resource-Policy": "cross-origin"}  # fmt: skip
    return Response(static.widget_script(), media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/chat/{channel_id}", summary="A page that shows the widget", response_class=Response)
async def page(channel_id: str, using: Using) -> Response:
    """The webchat on a page of its own."""
    access = await using.channels.named(channel_id)
    if access is None or access.bot_deleted or access.channel.platform is not PlatformName.WEBCHAT:
        raise not_found("webchat", channel_id)
    nonce = secrets.token_urlsafe(16)
    filled = static.chat_page(str(access.channel.id), access.bot.name, nonce)
    headers = {"Content-Security-Policy": _POLICY.format(nonce=nonce), "X-Content-Type-Options": "nosniff",
               "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}  # fmt: skip
    return Response(filled, media_type="text/html; charset=utf-8", headers=headers)


@router.get("/", include_in_schema=False)
async def home(using: Using) -> Response:
    """In `dev`, the demo bot's chat page; elsewhere the pages of the API."""
    demo = (
        select(ChannelRow.id)
        .join(BotRow, BotRow.id == ChannelRow.bot_id)
        .where(BotRow.key == "demo", ChannelRow.platform == PlatformName.WEBCHAT)
        .where(BotRow.deleted_at.is_(None), ChannelRow.deleted_at.is_(None))
        .order_by(ChannelRow.created_at)
        .limit(1)
    )
    async with using.database.begin() as connection:
        channel_id = await connection.scalar(demo) if using.settings.demo_model else None
    return RedirectResponse(f"/chat/{channel_id}" if channel_id else "/docs")
