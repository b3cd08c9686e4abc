"""A call of the REST API, and what it did."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from simulator.discord.bots import Bot
from simulator.discord.channels import Channel
from simulator.discord.courier import Courier
from simulator.discord.refusals import Refused
from simulator.discord.state import Interaction, State
from simulator.multipart import FormFile
from simulator.wire import JSON, Object


@dataclass(frozen=True)
class Call:
    """One call: who calls (nobody where the path holds a token), about what, with what."""

    state: State
    courier: Courier
    caller: Bot | None
    names: tuple[str, ...]
    body: Object
    query: dict[str, str]
    host: str
    file: FormFile | None = None

    @property
    def bot(self) -> Bot:
        """The bot that calls."""
        if self.caller is None:
            raise Refused(0, status=401)
        return self.caller

    @property
    def channel(self) -> Channel:
        """The channel that the path names."""
        found = self.state.channels.find(self.names[0])
        if self.caller is not None and found.guild in self.caller.left:
            raise Refused(50001)
        return found

    @property
    def interaction(self) -> Interaction:
        """The interaction that the path names."""
        return self.state.interaction(self.names[0], self.names[1])


@dataclass(frozen=True)
class Done:
    """What a call did: its answer, with 204 where there is none, and what was put into a channel by it."""

    content: JSON = None
    said: Object | None = None
    headers: dict[str, str] | None = None


Act: TypeAlias = Callable[[Call], Awaitable[Done]]


def said(message: Object) -> Object:
    """What the ledger learns of a message."""
    return {"chat": message["channel_id"], "id": message["id"], "text": message["content"]}
