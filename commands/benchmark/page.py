"""The page: how soon a visitor of the webchat sees the first words that the model says."""

import asyncio
import time
from uuid import UUID, uuid4

import httpx

_KEYWORD = "streamed"
_PIECE_SECONDS = 0.02
"""The pause of the simulator's model between the pieces of its answer; it says the first words after one."""
_PATIENCE_SECONDS = 30.0


class Page:
    """Visitors of one webchat, one after the other."""

    def __init__(self, api: httpx.AsyncClient, simulator: httpx.AsyncClient, channel_id: UUID) -> None:
        self._api = api
        self._simulator = simulator
        self._path = f"/webchat/{channel_id}"
        self._seq = 0

    async def first_words(self, visitors: int) -> list[float]:
        """For each of so many: the seconds from the model's first words to the first that the page was told."""
        rule = {"contains": _KEYWORD, "chunk_seconds": _PIECE_SECONDS}
        (await self._simulator.post("/_sim/openai/answers", json={"rules": [rule]})).raise_for_status()
        while await self._news():
            continue
        return [await self._one(f"visitor {number}: is this {_KEYWORD}?") for number in range(visitors)]

    async def _one(self, text: str) -> float:
        opened = (await self._api.post(f"{self._path}/sessions", json={})).raise_for_status().json()
        headers = {"Authorization": f"Bearer {opened['token']}"}
        said = {"client_msg_id": str(uuid4()), "text": text}
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async with self._api.stream("GET", f"{self._path}/stream", headers=headers) as stream:
                lines = stream.raise_for_status().aiter_lines()
                await anext(lines)
                (await self._api.post(f"{self._path}/messages", json=said, headers=headers)).raise_for_status()
                while await anext(lines) != "event: delta":
                    continue
                seen = time.monotonic()
        return seen - await self._asked(text) - _PIECE_SECONDS

    async def _asked(self, text: str) -> float:
        """When the model was asked, by the clock that all processes share."""
        return next(float(str(item["monotonic"])) for item in await self._news() if text in str(item["request"]))

    async def _news(self) -> list[dict[str, object]]:
        """What the model was asked since the last call."""
        asked: dict[str, str | int] = {"kind": "model", "after": self._seq}
        told = (await self._simulator.get("/_sim/ledger", params=asked)).raise_for_status().json()
        self._seq = told["last_seq"]
        return list(told["items"])
