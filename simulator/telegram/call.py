"""One call of a Bot API method, and what is at hand to serve it."""

from dataclasses import dataclass

from simulator.telegram.arguments import Arguments
from simulator.telegram.bots import Bot
from simulator.telegram.refusals import bad_request
from simulator.telegram.state import State
from simulator.wire import JSON


@dataclass(frozen=True)
class Call:
    """Who calls, with which arguments, on which state."""

    bot: Bot
    arguments: Arguments
    state: State

    def chat_id(self) -> int | None:
        """The addressed chat; the name of a channel is nobody here."""
        if not self.arguments.text("chat_id"):
            raise bad_request("chat_id is empty")
        return self.arguments.integer("chat_id", 0) or None


@dataclass(frozen=True)
class Described:
    """A result that the real server gives together with a sentence."""

    result: JSON
    description: str
