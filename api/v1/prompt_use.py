"""Whether a bot's instructions, or the prompt that it names in their place, can be filled in."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import prompts
from api.v1.faults import Fault
from domain import instructions
from domain.bots import Bot
from domain.clocks import is_zone
from domain.instructions import TemplateBroken


async def fault_of(connection: AsyncConnection, workspace_id: UUID, bot: Bot) -> Fault | None:
    """What is wrong with a bot's instructions; None where nothing is. Its prompt stays until the transaction ends."""
    if not is_zone(bot.time_zone):
        sentence = f"there is no time zone {bot.time_zone!r}; give a name such as Europe/Berlin"
        return Fault(("time_zone",), sentence, "time_zone_unknown")
    try:
        instructions.check(bot.instructions)
    except TemplateBroken as error:
        return Fault(("instructions",), str(error), "template_broken")
    wanted = bot.prompt
    if wanted is None or await prompts.named(connection, workspace_id, wanted.name, wanted.version) is not None:
        return None
    version = f" of version {wanted.version}" if wanted.version else ""
    sentence = f"the workspace has no prompt {wanted.name!r}{version}; make it with POST /v1/prompts"
    return Fault(("prompt",), sentence, "prompt_unknown")
