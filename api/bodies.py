"""Reading a request's body within bounds of size and time; nothing is read that a header already refuses."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.problems import Problem

MAX_WEBHOOK_BYTES = 4 * 1024 * 1024
READ_SECONDS = 20.0


async def read(request: Request, max_bytes: int, max_seconds: float = READ_SECONDS) -> bytes:
    """The whole body; 413 when it is larger than allowed, 408 when it does not come."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(max_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError:
        raise Problem(408, "The body did not arrive in time.", "too_slow") from None
    except ClientDisconnect:
        raise Problem(400, "The body ended early.", "incomplete") from None
    return bytes(body)


def _too_large(max_bytes: int) -> Problem:
    return Problem(413, f"The body is larger than {max_bytes} bytes.")
