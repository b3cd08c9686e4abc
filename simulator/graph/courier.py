"""Posts webhooks: signed, side by side and in no order, again and again until they are taken.

Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import asyncio
import contextlib
import hmac
from collections.abc import Coroutine
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from uuid import uuid4

import httpx

from simulator.faults import Target
from simulator.ledger import stamp
from simulator.simulation import Simulation
from simulator.wire import JSON, Object, encode

RETRY_SECONDS = (0.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


class Account(Protocol):
    """Whose webhook is called: a number or a page."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def app_secret(self) -> str:
        """What its calls are signed with."""

    @property
    def url(self) -> str | None:
        """Where they go; None where nobody is to be called."""


@dataclass(frozen=True)
class Post:
    """One call that is due."""

    account: Account
    content: Object
    chat: str | None = None
    text: str | None = None


class Courier:
    """Posts for all accounts of a platform, which are called `noun` there."""

    def __init__(self, simulation: Simulation, platform: str, noun: str) -> None:
        self._simulation = simulation
        self._platform = platform
        self._noun = noun
        self._tasks: set[asyncio.Task[None]] = set()
        self._overtaken: dict[str | None, asyncio.Event] = {}

    def offer(self, post: Post, after_seconds: float = 0.0) -> None:
        """Post a call soon; one for an account that has no webhook is forgotten."""
        if post.account.url is None:
            return
        waiting = self._overtaken.pop(post.chat, None)
        self._start(self._deliver(post, post.account.url, waiting, after_seconds))

    async def challenge(self, url: str, verify_token: str) -> bool:
        """Whether a URL answers the handshake with what it was asked."""
        asked = uuid4().hex
        query = {"hub.mode": "subscribe", "hub.challenge": asked, "hub.verify_token": verify_token}
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
                answer = await client.get(url, params=query)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code == 200 and answer.text == asked

    def stop(self) -> None:
        """Post nothing any longer."""
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, post: Post, url: str, overtakes: asyncio.Event | None, after_seconds: float) -> None:
        await self._simulation.pause(after_seconds)
        target = Target(self._platform, "webhook", post.chat, post.text)
        if fault := self._simulation.faults.for_webhook(target, "reorder_webhook"):
            overtaken = self._overtaken[post.chat] = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(overtaken.wait(), fault.duration)
        entry = self._simulation.ledger.record(
            "webhook", self._platform, {self._noun: post.account.id, **_entry(post, url)}
        )
        if fault := self._simulation.faults.for_webhook(target, "duplicate_webhook"):
            duplicates: list[JSON] = []
            entry["duplicates"] = duplicates
            for number in range(1, fault.copies + 1):
                self._start(self._repeat(post, url, duplicates, fault.duration * number))
        try:
            await self._insist(post, url, entry)
        except asyncio.CancelledError:
            entry["state"] = "stopped"
            raise
        finally:
            if overtakes is not None:
                overtakes.set()

    async def _insist(self, post: Post, url: str, entry: Object) -> None:
        scale = self._simulation.settings.webhook_retry_scale
        for pause in (0.0, *RETRY_SECONDS):
            await self._simulation.pause(pause * scale)
            if self._simulation.closing.is_set():
                return
            status, error = await self._post(post, url)
            _note(entry, status, error)
            if status is not None and 200 <= status <= 299:
                now = stamp()
                entry.update(state="accepted", accepted_at=now["at"], accepted_monotonic=now["monotonic"])
                return
        entry["state"] = "dropped"

    async def _repeat(self, post: Post, url: str, statuses: list[JSON], after_seconds: float) -> None:
        await self._simulation.pause(after_seconds)
        statuses.append((await self._post(post, url))[0])

    async def _post(self, post: Post, url: str) -> tuple[int | None, str | None]:
        body = encode(post.content)
        signature = hmac.new(post.account.app_secret.encode(), body, sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        try:
            answer = await self._simulation.post(url, body, {**headers, "User-Agent": "facebookexternalua"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, type(error).__name__
        return answer.status_code, None


def _entry(post: Post, url: str) -> Object:
    return {
        "url": url,
        "chat_id": post.chat,
        "update": post.content,
        "state": "pending",
        "attempts": 0,
        "statuses": [],
        "errors": [],
        "duplicates": [],
        "accepted_at": None,
        "accepted_monotonic": None,
    }


def _note(entry: Object, status: int | None, error: str | None) -> None:
    attempts, statuses, errors = entry["attempts"], entry["statuses"], entry["errors"]
    assert isinstance(attempts, int)
    assert isinstance(statuses, list)
    assert isinstance(errors, list)
    entry["attempts"] = attempts + 1
    statuses.append(status)
    errors.append(error)
