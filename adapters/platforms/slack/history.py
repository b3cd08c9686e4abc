"""Reading back what was sent: each message carries its mark as metadata, and the history gives it back.

Sources: https://docs.slack.dev/messaging/message-metadata, https://docs.slack.dev/reference/methods/conversations.history
"""

from datetime import datetime, timedelta

from adapters.errors import NotPermitted
from adapters.platforms.base import Channel, Payload
from adapters.platforms.fields import Fields, part, parts, reference
from adapters.platforms.slack.calls import Calls
from adapters.platforms.slack.place import Me, me_of, timestamp

_EVENT_TYPE = "chat_orchestrator_part"
_FIELD = "delivery"
_PAGE = "200"
_SKEW = timedelta(minutes=5)
"""How far Slack's clock and ours may be apart."""


def with_mark(payload: Payload, mark: str) -> Payload:
    """The body of a send with its mark."""
    return {**payload, "metadata": {"event_type": _EVENT_TYPE, "event_payload": {_FIELD: mark}}}


class History:
    """Looks for marks in channels and threads."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def find(self, channel: Channel, payload: Payload, mark: str, since: datetime, deadline: float) -> str | None:
        """The `ts` of the message with this mark; None when there surely is none.

        Raises `NotPermitted` where the token may not read the history, or not the metadata in it.
        """
        method, query = _question(payload, since)
        me, unreadable = me_of(channel, {}), False
        while True:
            page = await self._calls.get(channel, method, query, deadline)
            messages = parts(page, "messages")
            found = next((timestamp(message) for message in messages if _mark_of(message) == mark), None)
            if found is not None:
                return found
            unreadable = unreadable or any(_is_bare(message, me) for message in messages)
            cursor = reference(part(page, "response_metadata"), "next_cursor")
            if not cursor:
                break
            query["cursor"] = cursor
        if unreadable:
            raise NotPermitted(f"{method} shows messages of ours without metadata; add the scope metadata.message:read")
        return None


def _question(payload: Payload, since: datetime) -> tuple[str, dict[str, str]]:
    query = {
        "channel": str(payload.get("channel")),
        "oldest": f"{(since - _SKEW).timestamp():.6f}",
        "limit": _PAGE,
        "include_all_metadata": "true",
    }
    thread = payload.get("thread_ts")
    if isinstance(thread, str):
        return "conversations.replies", {**query, "ts": thread}
    return "conversations.history", query


def _mark_of(message: Fields) -> str | None:
    metadata = part(message, "metadata")
    return reference(part(metadata, "event_payload"), _FIELD) if metadata.get("event_type") == _EVENT_TYPE else None


def _is_bare(message: Fields, me: Me) -> bool:
    """Whether it is a message of ours that seems to have no mark, though all of them have one."""
    return me.wrote(message) and "metadata" not in message and reference(message, "subtype") is None
