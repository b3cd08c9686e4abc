"""The contract of what makes a bot's calls: arguments that were checked go out, and a result comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from domain.tool_calls import Result
from domain.tools import HttpTool


@dataclass(frozen=True)
class Outgoing:
    """One call over HTTP: `key` names it for whoever is called, `deadline` is of the monotonic clock."""

    tool: HttpTool
    arguments: Mapping[str, JsonValue]
    secrets: Mapping[str, str]
    key: str
    deadline: float


class Caller(Protocol):
    """Makes calls, and says beforehand what is wrong with their arguments."""

    def fault(self, schema: Mapping[str, JsonValue], arguments: Mapping[str, JsonValue]) -> str | None:
        """What a schema holds against arguments, in words for the model; None where it has nothing against them."""

    async def call(self, outgoing: Outgoing) -> Result:
        """Make a call; whatever happens is its result."""
