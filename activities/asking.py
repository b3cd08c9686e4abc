"""Asking: the bot's models in order, each within its share of the patience, and whichever answers first."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from structlog.stdlib import get_logger
from temporalio import activity

from activities.buying import BudgetExhausted, BudgetHeld, Buying, most
from activities.caching import Bought, Caching, kept_for
from activities.failures import later
from activities.patience import left
from activities.prompting import Prompting
from activities.reading import Reading
from adapters.ai.base import Asked, Listener, Models
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import Again, EmptyAnswer, NothingSaid, OutsideError
from adapters.platforms.base import Platform
from domain.bots import Model
from domain.patience import shared
from domain.platforms import PlatformName
from domain.prices import cost
from domain.text import MAX_MESSAGE_CHARACTERS
from domain.tool_prompts import equipped
from domain.transcripts import Prompt

_LOOK_AGAIN = timedelta(milliseconds=500)
"""How soon a turn is looked at again that others' calls leave no budget for; they last seconds."""


_UNSTATED = timedelta(seconds=1)
"""When a turn is tried again whose model did not say when."""
_EMPTY_ATTEMPTS = 3
"""Answers with nothing in them cost as much as others."""


class Asking:
    """Asks the bot's model, and its fallbacks in order."""

    def __init__(
        self,
        database: Database,
        models: Models,
        platforms: Mapping[PlatformName, Platform],
        buying: Buying,
        now: Callable[[], datetime],
        reading: Reading | None = None,
    ) -> None:
        self._models = models
        self._platforms = platforms
        self._buying = buying
        self._caching = Caching(database, now)
        self._prompting = Prompting(database, models, now, reading)

    async def ask(
        self, call: Call, context: TurnContext, listener: Listener | None = None, cached_hours: float | None = None
    ) -> Bought:
        """The first of the bot's models that answers; where none does, what says that one may soonest.

        Each model gets a share of what is left of the bot's patience, so that one that hangs leaves time for the next.
        With `cached_hours` one that was asked the same within that time is not asked again.
        Raises `BudgetExhausted` where a budget of the day forbids all that the bot's policy allows.
        """
        bot = context.access.bot
        until = time.monotonic() + left().total_seconds()
        prompt = equipped(await self._prompting.prompt(call, context), bot, context.tooling)
        failures: list[OutsideError] = []
        exhausted: tuple[Model, BudgetExhausted] | None = None
        for place, model in enumerate(bot.models):
            mine = shared(model, until - time.monotonic(), len(bot.models) - place)
            try:
                asked = await self._models.asked(context.access.workspace_id, mine)
                if exhausted is not None and not _is_cheaper(asked.model, exhausted[0], prompt):
                    continue
                return await self._ask_one(call, context, asked, prompt, listener, cached_hours)
            except BudgetExhausted as error:
                exhausted = exhausted or (asked.model, error)
                if bot.limits.when_exhausted != "cheaper_model":
                    break
            except OutsideError as error:
                get_logger(__name__).warning("model_failed", model=model.name, reason=error.reason)
                failures.append(error)
        if exhausted is not None and not failures:
            raise exhausted[1]
        raise _soonest(failures)

    async def _ask_one(
        self,
        call: Call,
        context: TurnContext,
        asked: Asked,
        prompt: Prompt,
        listener: Listener | None,
        cached_hours: float | None,
    ) -> Bought:
        platform = self._platforms[context.access.channel.platform]

        def is_shown(text: str) -> bool:
            return bool(platform.render(text[:MAX_MESSAGE_CHARACTERS], context.destination))

        if cached_hours is not None:
            found = await self._caching.found(call, asked, prompt, cached_hours)
            if found is not None and is_shown(found.answer.text):
                return found
        try:
            bought = await self._buying.buy(call, context.access, asked, prompt, listener, is_shown)
        except BudgetHeld as error:
            raise later(str(error), "budget_held", _LOOK_AGAIN) from None
        return bought if cached_hours is None else kept_for(bought, asked, prompt, cached_hours)


def _soonest(failures: list[OutsideError]) -> OutsideError:
    """The failure after which asking again helps first; the last one where it never will."""
    again = [error for error in failures if isinstance(error, Again)]
    if not again:
        return failures[-1]
    if all(isinstance(error, EmptyAnswer) for error in again) and activity.info().attempt >= _EMPTY_ATTEMPTS:
        return NothingSaid("the models answered with nothing, again and again")
    return min(again, key=lambda error: error.after if error.after is not None else _UNSTATED)


def _is_cheaper(model: Model, than: Model, prompt: Prompt) -> bool:
    """Whether a model is known to cost less for this prompt."""
    less, more = (cost(item.rate, most(item, prompt)) for item in (model, than))
    return less is not None and more is not None and less < more
