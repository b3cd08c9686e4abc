"""CORS: pages that may embed a webchat may call it, Temporal UI may call the codec, and nobody else anything."""

from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.vault import KeyMissing
from api.origins import allowed
from api.resources import Resources
from settings import Settings

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID, X-Namespace, X-Correlation-Id",
    "Access-Control-Max-Age": "600",
}


class CrossOrigin:
    """ASGI middleware: answers preflights and marks answers, where the origin may call; credentials are never asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the answer marked."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None or not await _may_call(scope, origin):
            await self._app(scope, receive, send)
            return
        marks = {
            "Access-Control-Allow-Origin": origin,
            "Vary": "Origin",
            "Access-Control-Expose-Headers": "Retry-After",
        }
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=marks | _PREFLIGHT)(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(marks)
            await send(message)

        await self._app(scope, receive, send_marked)


async def _may_call(scope: Scope, origin: str) -> bool:
    using = scope["app"].state.resources
    assert isinstance(using, Resources)
    match str(scope["path"]).split("/"):
        case ["", "codec", *_]:
            return _is_temporal_ui(using.settings, origin)
        case ["", "webchat", "widget.js"]:
            return True
        case ["", "webchat", channel_id, *_]:
            return await _may_chat(using, channel_id, origin)
    return False


def _is_temporal_ui(settings: Settings, origin: str) -> bool:
    ui = urlsplit(settings.temporal_ui_url or "")
    return bool(ui.netloc) and origin == f"{ui.scheme}://{ui.netloc}"


async def _may_chat(using: Resources, channel_id: str, origin: str) -> bool:
    try:
        access = await using.channels.named(channel_id)
    except (ValueError, KeyMissing, SQLAlchemyError, OSError):
        # The route itself meets the same, and says what it is.
        return False
    return access is not None and allowed(using.settings, access, origin)
