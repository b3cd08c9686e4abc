"""CORS: pages that may embed a webchat may call it, Temporal UI may call the codec, and nobody else anything."""

from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.origins import allowed
from api.resources import Resources

_METHODS = "GET, POST, OPTIONS"
_HEADERS = "Authorization, Content-Type, Last-Event-ID, X-Namespace, X-Correlation-Id"
_SCRIPT = "/webchat/widget.js"


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
            preflight = {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Allow-Headers": _HEADERS,
                         "Access-Control-Max-Age": "600"}  # fmt: skip
            await Response(status_code=204, headers=marks | preflight)(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(marks)
            await send(message)

        await self._app(scope, receive, send_marked)


async def _may_call(scope: Scope, origin: str) -> bool:
    using = scope["app"].state.resources
    assert isinstance(using, Resources)
    parts = scope["path"].split("/")
    if parts[1] == "codec" and using.settings.temporal_ui_url:
        ui = urlsplit(using.settings.temporal_ui_url)
        return origin == f"{ui.scheme}://{ui.netloc}"
    if parts[1] != "webchat" or len(parts) < 4:
        return scope["path"] == _SCRIPT
    try:
        access = await using.channels.get(UUID(parts[2]))
    except (ValueError, SQLAlchemyError, OSError):
        return False
    return bool(access and allowed(using.settings, access, origin))


def _marks(origin: str) -> dict[str, str]:
    return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Expose-Headers": "Retry-After"}
