"""Addresses by which a slash command or a press may be answered: five times each within half an hour.

Source: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import time
from dataclasses import dataclass
from uuid import uuid4

from simulator.slack.apps import App
from simulator.slack.blocks import check_blocks
from simulator.slack.refusals import Refused
from simulator.wire import Object

MOST_USES = 5
SECONDS = 1800.0


@dataclass
class Response:
    """One address: whose app may speak where, and how often it did."""

    app: App
    channel: str
    begun: float
    uses: int = 0


class Responses:
    """All addresses that were given out."""

    def __init__(self) -> None:
        self._known: dict[str, Response] = {}

    def begin(self, app: App, channel: str, base_url: str) -> str:
        """A new address."""
        name = uuid4().hex
        self._known[name] = Response(app, channel, time.monotonic())
        return f"{base_url}/slack/respond/{name}"

    def find(self, name: str) -> Response:
        """The address of this name, used or not."""
        found = self._known.get(name)
        if found is None:
            raise Refused("expired_url")
        return found


def use(response: Response, what: Object) -> Object:
    """The message that an address makes of a body; refused where it was used up."""
    if time.monotonic() - response.begun > SECONDS:
        raise Refused("expired_url")
    if response.uses >= MOST_USES:
        raise Refused("used_url")
    blocks, text = what.get("blocks"), what.get("text")
    if blocks is not None:
        check_blocks(blocks)
    if not blocks and not (isinstance(text, str) and text.strip()):
        raise Refused("no_text")
    response.uses += 1
    shown = what.get("response_type") != "in_channel"
    return {"type": "message", "user": response.app.user, "text": text, "is_ephemeral": shown}
