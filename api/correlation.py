"""One id for all that follows from a request: in its answer, in every log line, and on to the delivery."""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

HEADER = "X-Correlation-Id"
_FORM = re.compile(r"[A-Za-z0-9._-]{8,100}")


class Correlation:
    """ASGI middleware: takes a caller's id when it is well-formed, else makes one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the id for the length of the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = Headers(scope=scope).get(HEADER, "")
        correlation_id = offered if _FORM.fullmatch(offered) else uuid4().hex
        clear_contextvars()
        bind_contextvars(correlation_id=correlation_id)

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = correlation_id
            await send(message)

        await self._app(scope, receive, send_marked)
