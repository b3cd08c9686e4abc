"""Calls an app's Request URL: signed, given three seconds, and called again as Slack does.

Source: https://docs.slack.dev/apis/events-api/#retries
"""

import asyncio
import contextlib
import hmac
from collections.abc import Coroutine
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

import httpx

from simulator.faults import Target
from simulator.ledger import stamp
from simulator.simulation import Simulation
from simulator.slack.apps import App
from simulator.wire import JSON, Object, encode, unix_time

ANSWER_SECONDS = 3.0
RETRY_SECONDS = (0.0, 60.0, 300.0)


@dataclass(frozen=True)
class Post:
    """One call that is due: what is posted, and how the ledger names it; only events are posted again."""

    app: App
    body: bytes
    content_type: str
    event_id: str
    content: Object
    channel: str | None
    text: str | None
    is_event: bool = True


class Courier:
    """Posts side by side: Slack keeps no order."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._tasks: set[asyncio.Task[None]] = set()
        self._overtaken: dict[str | None, asyncio.Event] = {}

    def offer(self, post: Post) -> None:
        """Post a call soon."""
        if waiting := self._overtaken.pop(post.channel, None):
            self._start(self._deliver_before(post, waiting))
        else:
            self._start(self._deliver(post))

    async def challenge(self, app: App, url: str) -> bool:
        """Whether a URL says back what it is asked when it is put into an app's settings.

        Source: https://docs.slack.dev/reference/events/url_verification
        """
        challenge = uuid4().hex
        content: Object = {"token": "deprecated", "challenge": challenge, "type": "url_verification"}
        post = Post(app, encode(content), "application/json", challenge, content, None, None)
        try:
            answer = await asyncio.wait_for(self._simulation.post(url, post.body, _signed(post)), ANSWER_SECONDS)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.status_code == 200 and challenge in answer.text

    def stop(self) -> None:
        """Post nothing any longer."""
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_before(self, post: Post, waiting: asyncio.Event) -> None:
        try:
            await self._deliver(post)
        finally:
            waiting.set()

    async def _deliver(self, post: Post) -> None:
        target = Target("slack", "webhook", post.channel, post.text)
        if fault := self._simulation.faults.for_webhook(target, "reorder_webhook"):
            overtaken = self._overtaken[post.channel] = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(overtaken.wait(), fault.duration)
        entry = self._simulation.ledger.record("webhook", "slack", _entry(post))
        if fault := self._simulation.faults.for_webhook(target, "duplicate_webhook"):
            duplicates: list[JSON] = []
            entry["duplicates"] = duplicates
            for number in range(1, fault.copies + 1):
                self._start(self._repeat(post, duplicates, fault.duration * number))
        try:
            await self._insist(post, entry)
        except asyncio.CancelledError:
            entry["state"] = "stopped"
            raise

    async def _insist(self, post: Post, entry: Object) -> None:
        number, reason, scale = 0, "", self._simulation.settings.webhook_retry_scale
        while not self._simulation.closing.is_set():
            status, reason, may_retry = await self._post(post, number, reason)
            _note(entry, status, reason)
            if status is not None and 200 <= status <= 299:
                now = stamp()
                entry.update(state="accepted", accepted_at=now["at"], accepted_monotonic=now["monotonic"])
                return
            if not post.is_event or not may_retry or number == len(RETRY_SECONDS):
                entry["state"] = "dropped"
                return
            await self._simulation.pause(RETRY_SECONDS[number] * scale)
            number += 1

    async def _repeat(self, post: Post, statuses: list[JSON], after_seconds: float) -> None:
        await self._simulation.pause(after_seconds)
        status, _, _ = await self._post(post, 1, "http_timeout")
        statuses.append(status)

    async def _post(self, post: Post, number: int, reason: str) -> tuple[int | None, str, bool]:
        """The status of one attempt, why it failed, and whether another one is allowed."""
        url = post.app.request_url
        headers = {**_signed(post), "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        try:
            answer = await asyncio.wait_for(self._simulation.post(str(url), post.body, headers), ANSWER_SECONDS)
        except TimeoutError:
            return None, "http_timeout", True
        except (httpx.HTTPError, httpx.InvalidURL):
            return None, "connection_failed", True
        return answer.status_code, "http_error", answer.headers.get("x-slack-no-retry") != "1"


def _signed(post: Post) -> dict[str, str]:
    seconds = str(unix_time())
    base = f"v0:{seconds}:".encode() + post.body
    signature = hmac.new(post.app.signing_secret.encode(), base, sha256).hexdigest()
    return {
        "Content-Type": post.content_type,
        "X-Slack-Request-Timestamp": seconds,
        "X-Slack-Signature": f"v0={signature}",
    }


def _entry(post: Post) -> Object:
    return {
        "token": post.app.token,
        "url": post.app.request_url,
        "chat_id": post.channel,
        "update_id": post.event_id,
        "update": post.content,
        "state": "pending",
        "attempts": 0,
        "statuses": [],
        "errors": [],
        "duplicates": [],
        "accepted_at": None,
        "accepted_monotonic": None,
    }


def _note(entry: Object, status: int | None, reason: str) -> None:
    attempts, statuses, errors = entry["attempts"], entry["statuses"], entry["errors"]
    assert isinstance(attempts, int)
    assert isinstance(statuses, list)
    assert isinstance(errors, list)
    entry["attempts"] = attempts + 1
    statuses.append(status)
    errors.append(reason if status is None else None)
