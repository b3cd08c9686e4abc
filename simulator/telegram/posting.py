"""One attempt to post an update: what came of it, how the ledger shows it, and when the next one is due."""

from dataclasses import dataclass
from random import Random

import httpx

from simulator.ledger import stamp
from simulator.simulation import Simulation
from simulator.telegram.bots import Bot, Webhook
from simulator.telegram.updates import Update
from simulator.wire import Object, encode

LONGEST_WAIT_SECONDS = 60
LONGEST_RETRY_AFTER_SECONDS = 3600
KEPT_STATUSES = 100


@dataclass(frozen=True)
class Outcome:
    """What became of one post; `status` is None where there was no answer."""

    status: int | None
    error: str | None = None
    retry_after: int = 0
    body: bytes = b""

    @property
    def is_taken(self) -> bool:
        """Any 2xx counts."""
        return self.status is not None and 200 <= self.status <= 299

    @property
    def complaint(self) -> str:
        """What getWebhookInfo says of it."""
        if self.status is None:
            return f"Connection failed: {self.error}"
        return f"Wrong response from the webhook: {self.status} {httpx.codes.get_reason_phrase(self.status)}".rstrip()


async def post(update: Update, webhook: Webhook, simulation: Simulation) -> Outcome:
    """Post an update once, with the headers of the real server."""
    headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
    if webhook.secret_token:
        headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
    try:
        answer = await simulation.post(webhook.url, encode(update.body()), headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome(None, type(error).__name__)
    seconds = answer.headers.get("retry-after", "")
    retry_after = min(int(seconds), LONGEST_RETRY_AFTER_SECONDS) if seconds.isascii() and seconds.isdigit() else 0
    return Outcome(answer.status_code, None, retry_after, answer.content)


def open_entry(bot: Bot, webhook: Webhook, update: Update) -> Object:
    """The ledger's view of an update before its first post."""
    return {
        "token": bot.token,
        "url": webhook.url,
        "chat_id": update.lane,
        "update_id": update.id,
        "update": update.body(),
        "state": "pending",
        "attempts": 0,
        "statuses": [],
        "errors": [],
        "duplicates": [],
        "accepted_at": None,
        "accepted_monotonic": None,
    }


def note_outcome(entry: Object, outcome: Outcome) -> None:
    """Add an attempt to the ledger's entry; the first hundred statuses are kept."""
    attempts, statuses, errors = entry["attempts"], entry["statuses"], entry["errors"]
    assert isinstance(attempts, int)
    assert isinstance(statuses, list)
    assert isinstance(errors, list)
    entry["attempts"] = attempts + 1
    if len(statuses) < KEPT_STATUSES:
        statuses.append(outcome.status)
        errors.append(outcome.error)
    if outcome.is_taken:
        now = stamp()
        entry.update(state="accepted", accepted_at=now["at"], accepted_monotonic=now["monotonic"])


def next_wait(outcome: Outcome, delay: float, failures: int, scale: float) -> tuple[float, float]:
    """Seconds until the next attempt, and the delay to go on from.

    At once, then 2, 4, 8, … up to something between 60 and 120, all scaled; a `Retry-After` holds as it is.
    Source: tdlib/telegram-bot-api, WebhookActor.cpp, on_update_error.
    """
    if outcome.retry_after:
        return float(outcome.retry_after), delay
    if failures == 0:
        return 0.0, delay
    longest = Random().randint(LONGEST_WAIT_SECONDS, 2 * LONGEST_WAIT_SECONDS)
    delay = min(float(longest), delay * 2)
    return delay * scale, delay
