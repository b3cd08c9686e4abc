"""Posts interactions: signed, once, with three seconds for the answer, which Discord shows to whoever acted."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import httpx

from simulator.discord.bots import Bot
from simulator.faults import Target
from simulator.ledger import stamp
from simulator.simulation import Simulation
from simulator.wire import JSON, Object, encode, unix_time

ANSWER_SECONDS = 3.0


@dataclass(frozen=True)
class Post:
    """One interaction that is due, and what becomes of its answer."""

    bot: Bot
    content: Object
    chat: str
    text: str
    answered: Callable[[JSON], None]


class Courier:
    """Posts for all bots."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, post: Post, url: str) -> None:
        """Post an interaction soon."""
        self._start(self._deliver(post, url))

    async def tries(self, bot: Bot, url: str) -> bool:
        """Whether a URL answers a PING, and refuses one with a bad signature with 401, as Discord asks of it."""
        content: Object = {"type": 1, "id": "1", "application_id": bot.id, "version": 1}
        good = await self._post(bot, content, url)
        bad = await self._post(bot, content, url, forged=True)
        return good[0] == 200 and isinstance(good[1], dict) and good[1].get("type") == 1 and bad[0] == 401

    def stop(self) -> None:
        """Post nothing any longer."""
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, post: Post, url: str) -> None:
        target = Target("discord", "webhook", post.chat, post.text)
        entry = self._simulation.ledger.record("webhook", "discord", _entry(post, url))
        if fault := self._simulation.faults.for_webhook(target, "duplicate_webhook"):
            duplicates: list[JSON] = []
            entry["duplicates"] = duplicates
            for number in range(1, fault.copies + 1):
                self._start(self._repeat(post, url, duplicates, fault.duration * number))
        status, answer = await self._post(post.bot, post.content, url)
        now = stamp()
        taken = status is not None and 200 <= status <= 299
        entry.update(
            attempts=1,
            statuses=[status],
            state="accepted" if taken else "dropped",
            accepted_at=now["at"] if taken else None,
            accepted_monotonic=now["monotonic"] if taken else None,
        )
        if taken:
            post.answered(answer)

    async def _repeat(self, post: Post, url: str, statuses: list[JSON], after_seconds: float) -> None:
        await self._simulation.pause(after_seconds)
        statuses.append((await self._post(post.bot, post.content, url))[0])

    async def _post(self, bot: Bot, content: Object, url: str, *, forged: bool = False) -> tuple[int | None, JSON]:
        body, seconds = encode(content), str(unix_time())
        signature = bot.key.sign(seconds.encode() + body)
        headers = {
            "Content-Type": "application/json",
            "X-Signature-Ed25519": (signature[::-1] if forged else signature).hex(),
            "X-Signature-Timestamp": seconds,
            "User-Agent": "Discord-Interactions/1.0 (+https://discord.com)",
        }
        try:
            answer = await asyncio.wait_for(self._simulation.post(url, body, headers), ANSWER_SECONDS)
            return answer.status_code, json.loads(answer.content or b"null")
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return None, None
        except ValueError:
            return answer.status_code, None


def _entry(post: Post, url: str) -> Object:
    return {
        "token": post.bot.token,
        "url": url,
        "chat_id": post.chat,
        "update_id": post.content["id"],
        "update": post.content,
        "state": "pending",
        "attempts": 0,
        "statuses": [],
        "errors": [],
        "duplicates": [],
        "accepted_at": None,
        "accepted_monotonic": None,
    }
