"""Answers by `response_url`: what a slash command brought along, for places where the bot is no member.

Each one may be used five times within half an hour, and needs no token; whoever has it can speak there, so that it is
kept with the event and the part alone. Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from json import dumps

from pydantic import JsonValue

from adapters.errors import OutcomeUnknown, RateLimited, Unreachable
from adapters.http import Http, retry_after
from adapters.platforms.base import Destination, Payload, Receipt
from adapters.platforms.fields import Fields, reference
from adapters.platforms.slack.file_calls import is_of_slack

RESPONSES = "responses"
"""Field of a payload that holds the addresses, and is not sent along."""
RESPONDED = "response:"
"""Beginning of the ids of what went out so: Slack gives it none."""
_SENT = ("text", "blocks", "mrkdwn", "thread_ts")
_MAX_ANSWER_BYTES = 64 * 1024


def answerable(told: Fields) -> dict[str, JsonValue]:
    """What the answer to an interaction may go by, as details of its event."""
    url = reference(told, "response_url")
    return {"answer_by": {"response_url": url}} if url else {}


def addresses(destination: Destination) -> Payload:
    """The part of a payload that says where its words may go besides."""
    urls: list[JsonValue] = [by["response_url"] for by in destination.answer_by if "response_url" in by]
    return {RESPONSES: urls} if urls else {}


def without_addresses(payload: Payload) -> Payload:
    """What Slack itself gets of a part."""
    return {name: value for name, value in payload.items() if name != RESPONSES}


class Responses:
    """Says something by the addresses that Slack gave, or the simulator at `api_url`."""

    def __init__(self, http: Http, api_url: str) -> None:
        self._http = http
        self._api_url = api_url

    async def say(self, payload: Payload, deadline: float) -> Receipt | None:
        """Show a part to whoever asked; None where no address takes it. Raises as `send` does."""
        urls = payload.get(RESPONSES)
        said = {name: payload[name] for name in _SENT if name in payload}
        body: Payload = {**said, "response_type": "ephemeral", "replace_original": False}
        for url in urls if isinstance(urls, list) else []:
            if isinstance(url, str) and is_of_slack(url, self._api_url) and await self._is_taken(url, body, deadline):
                return Receipt(platform_message_id=f"{RESPONDED}{sha256(url.encode()).hexdigest()[:16]}")
        return None

    async def _is_taken(self, url: str, body: Payload, deadline: float) -> bool:
        """Whether an address took it; one that was used up or has ended did not."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = await self._http.hear(
            "POST", url, dumps(body).encode(), deadline=deadline, headers=headers, max_bytes=_MAX_ANSWER_BYTES
        )
        if answer.status == HTTPStatus.GATEWAY_TIMEOUT:
            raise OutcomeUnknown("Slack's gateway gave up waiting for an answer to a response_url")
        wait = retry_after(answer.headers, datetime.now(UTC))
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimited("Slack refused a response_url: too many requests", wait)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable(f"Slack answered a response_url with {answer.status}", wait)
        return answer.status < HTTPStatus.MULTIPLE_CHOICES
