"""Whether the tools of a bot can be called as they are described, and the secrets that they need."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import bots
from adapters.tools.http import address_fault
from adapters.tools.schemas import schema_fault
from api.problems import invalid
from api.resources import Resources
from domain.bots import Bot
from domain.tools import HttpTool, SecretName, secret_hosts

Secret = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
Secrets = Annotated[dict[SecretName, Secret | None], Field(max_length=50)]


@dataclass(frozen=True)
class ToolFault:
    """Which field of a bot describes a tool that cannot be called, and why not."""

    field: tuple[str | int, ...]
    sentence: str
    code: str


def fault_of(
    bot: Bot, private_hosts: Collection[str], secrets: Collection[str], given: Collection[str], before: Bot | None
) -> ToolFault | None:
    """What is wrong with a bot's tools; None where nothing is. `given` are the secrets that were given just now."""
    for place, tool in enumerate(bot.tools):
        if not isinstance(tool, HttpTool):
            continue
        if fault := schema_fault(tool.parameters):
            return ToolFault(("tools", place, "parameters"), fault, "invalid")
        if fault := address_fault(tool.url, private_hosts):
            return ToolFault(("tools", place, "url"), fault, "private_address")
        missing = sorted(set(tool.secret_headers.values()) - set(secrets))
        if missing:
            sentence = f"the bot has no secret {missing[0]!r}; give it as secrets.{missing[0]}"
            return ToolFault(("tools", place, "secret_headers"), sentence, "secret_unknown")
    return _moved(bot, before, given)


def _moved(bot: Bot, before: Bot | None, given: Collection[str]) -> ToolFault | None:
    """A secret that nobody may read again would be told to another host than the one that it was given for."""
    known = secret_hosts(before.tools) if before else {}
    for name, hosts in secret_hosts(bot.tools).items():
        if before and name not in given and not hosts <= known.get(name, frozenset()):
            sentence = f"it would be told to {min(hosts)!r} from now on; give it anew"
            return ToolFault(("secrets", name), sentence, "secret_moved")
    return None


async def keep(
    connection: AsyncConnection,
    using: Resources,
    workspace_id: UUID,
    bot_id: UUID,
    given: Mapping[str, str | None],
    bot: Bot,
    before: Bot | None = None,
) -> None:
    """Keep what is given of a bot's secrets, null removing one; 422 for tools that could not be called with them."""
    kept = await bots.secrets(connection, using.credentials, workspace_id, bot_id) if given or bot.tools else {}
    wanted = {name: value for name, value in {**kept, **given}.items() if value is not None}
    fault = fault_of(bot, using.settings.private_tool_hosts, wanted, given, before)
    if fault is not None:
        raise invalid(f"{'.'.join(map(str, fault.field))}: {fault.sentence}.", fault.code)
    if given:
        await bots.keep_secrets(connection, using.credentials, workspace_id, bot_id, wanted)
