"""Whether a bot's instructions can be filled in."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.v1.faults import Fault
from domain import templates
from domain.bots import Bot
from domain.clocks import is_zone
from domain.templates import TemplateBroken


async def fault_of(_connection: AsyncConnection, _workspace_id: UUID, bot: Bot) -> Fault | None:
    """What is wrong with a bot's instructions; None where nothing is."""
    if not is_zone(bot.time_zone):
        sentence = f"there is no time zone {bot.time_zone!r}; give a name such as Europe/Berlin"
        return Fault(("time_zone",), sentence, "time_zone_unknown")
    try:
        templates.check(bot.instructions)
    except TemplateBroken as error:
        return Fault(("instructions",), str(error), "template_broken")
    return None
