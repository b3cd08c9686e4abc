"""Whether a bot can ask the models that it names, with what it wants to say to them."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database import models, workspaces
from api.problems import invalid
from api.v1 import prompt_use
from api.v1.faults import Fault
from domain.bots import Bot, Model
from domain.offered_models import OfferedModel, names_used, unpriced


async def fault_of(connection: AsyncConnection, workspace_id: UUID, bot: Bot) -> Fault | None:
    """What is wrong with a bot's instructions or models; None where nothing is.

    Nothing that it names is deleted until the transaction ends.
    """
    told = await prompt_use.fault_of(connection, workspace_id, bot)
    if told is not None:
        return told
    used = names_used(bot)
    offered = await models.offered(connection, workspace_id, used) if used else {}
    missing = sorted(used - offered.keys())
    if missing:
        sentence = f"the workspace has no model {missing[0]!r}; make it with POST /v1/models"
        judges = bot.moderation.provider == missing[0]
        return Fault(("moderation" if judges else "model", "provider"), sentence, "model_unknown")
    settings = await workspaces.settings(connection, workspace_id)
    if bot.limits.are_of_cost or settings.limits.cost_per_day is not None:
        return price_fault(bot, offered)
    return None


def price_fault(bot: Bot, offered: Mapping[str, OfferedModel]) -> Fault | None:
    """What keeps a bot's calls from being held to a budget of cost; None where nothing does."""
    name = unpriced(bot, offered)
    if name is None:
        return None
    sentence = f"the price of the model {name!r} is not known; give model.price"
    return Fault(("limits", "cost_per_day"), sentence, "no_price")


async def check(connection: AsyncConnection, workspace_id: UUID, bot: Bot) -> None:
    """422 for a bot that names a model which its workspace has not, or whose budget needs a price that nobody knows."""
    fault = await fault_of(connection, workspace_id, bot)
    if fault is not None:
        raise invalid(f"{'.'.join(fault.field)}: {fault.sentence}.", fault.code)


async def default_model(connection: AsyncConnection, workspace_id: UUID) -> Model:
    """The model of a bot whose owner names none."""
    name = await models.default(connection, workspace_id)
    return Model(provider=name) if name is not None else Model()
