"""Reading files: their text, drawn from them in a process of its own that is bounded in time and memory."""

import asyncio
import json
import sys
from pathlib import Path

from adapters.media.base import Read
from adapters.media.extraction import MAX_CHARACTERS
from domain.text import storable

READABLE = ("text/plain", "text/html", "application/pdf")
"""Types that say something; Markdown, CSV and JSON are plain text."""
_SCRIPT = Path(__file__).with_name("extraction.py")
_SECONDS = 15.0
_AT_ONCE = 2


class Reader:
    """Reads files, a few at once."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def read(self, type_: str, content: bytes) -> Read:
        """What a file of this type says; never raises for what is in it."""
        if type_ not in READABLE:
            return Read(reason="unreadable_type")
        if type_ == "text/plain":
            text = content.decode("utf-8", "replace")
            return Read(storable(text[:MAX_CHARACTERS]), is_cut=len(text) > MAX_CHARACTERS)
        async with self._room:
            return await _extracted(type_, content)


async def _extracted(type_: str, content: bytes) -> Read:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_SCRIPT), type_,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            told, _ = await process.communicate(content)
    except TimeoutError:
        return Read(reason="too_slow")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _read(told)


def _read(told: bytes) -> Read:
    try:
        found = json.loads(told)
    except ValueError:
        return Read(reason="too_much")
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        return Read(reason=str(found.get("reason", "broken")) if isinstance(found, dict) else "broken")
    return Read(storable(found["text"]), is_cut=bool(found.get("is_cut")))
