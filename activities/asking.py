"""Asking: the bot's models in order, each within the bot's budget, and each call on the bill, whatever it said."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from structlog.stdlib import get_logger
from temporalio import activity

from activities.circuits import Circuits
from activities.failures import later
from activities.patience import left
from activities.prompting import Prompting
from activities.reading import Reading
from adapters.ai.base import Answer, Asked, Listener, Models, Provider
from adapters.database import budgets
from adapters.database.budgets import Call, Paid
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import Again, EmptyAnswer, NothingSaid, OutOfTime, OutsideError
from adapters.platforms.base import Platform
from domain.bots import Model
from domain.budgets import Amount, Limit, day_of, is_limited
from domain.patience import shared
from domain.platforms import PlatformName
from domain.prices import FREE, Tokens, cost
from domain.text import MAX_MESSAGE_CHARACTERS
from domain.transcripts import Prompt

_LOOK_AGAIN = timedelta(milliseconds=500)
"""How soon a turn is looked at again that others' calls leave no budget for; they last seconds."""


_UNSTATED = timedelta(seconds=1)
"""When a turn is tried again whose model did not say when."""
_EMPTY_ATTEMPTS = 3
"""Answers with nothing in them cost as much as others."""


class BudgetExhausted(Exception):
    """Nothing that may be asked fits in what is left of the bot's day."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(f"the bot's {limit} is spent")
        self.limit = limit


@dataclass(frozen=True)
class Bought:
    """An answer, and what it came to; not on the bill yet."""

    answer: Answer
    paid: Paid


class Asking:
    """Asks the bot's model, and its fallbacks in order."""

    def __init__(
        self,
        database: Database,
        models: Models,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        reading: Reading | None = None,
    ) -> None:
        self._database = database
        self._models = models
        self._platforms = platforms
        self._now = now
        self.circuits = Circuits(time.monotonic)
        self._prompting = Prompting(database, models, now, reading)

    async def ask(self, call: Call, context: TurnContext, listener: Listener | None = None) -> Bought:
        """The first of the bot's models that answers; where none does, what says that one may soonest.

        Each model gets a share of what is left of the bot's patience, so that one that hangs leaves time for the next.
        Raises `BudgetExhausted` where the bot's budget of the day forbids all that its policy allows.
        """
        bot = context.access.bot
        until = time.monotonic() + left().total_seconds()
        prompt = await self._prompting.prompt(call, context)
        failures: list[OutsideError] = []
        exhausted: tuple[Model, BudgetExhausted] | None = None
        for place, model in enumerate(bot.models):
            mine = shared(model, until - time.monotonic(), len(bot.models) - place)
            try:
                asked = await self._models.asked(context.access.workspace_id, mine)
                if exhausted is not None and not _is_cheaper(asked.model, exhausted[0], prompt):
                    continue
                return await self._ask_one(call, context, asked, prompt, listener)
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

    async def pay(self, call: Call, paid: Paid) -> None:
        """Put a call on the bill whose answer will not be used."""
        async with self._database.begin() as connection:
            await budgets.settle(connection, call, paid)

    async def _ask_one(
        self, call: Call, context: TurnContext, asked: Asked, prompt: Prompt, listener: Listener | None
    ) -> Bought:
        async with self.circuits.passed(call.workspace_id, asked.provider.endpoint, asked.model.name):
            return await self._buy(call, context, asked, prompt, listener)

    async def _buy(
        self, call: Call, context: TurnContext, asked: Asked, prompt: Prompt, listener: Listener | None
    ) -> Bought:
        model = asked.model
        day = await self._reserve(call, context, model, prompt)
        started = time.monotonic()
        try:
            answer = await _answer(asked.provider, model, prompt, listener)
        except EmptyAnswer as error:
            if error.tokens is not None:
                await self.pay(call, _paid(model, error.tokens, started, day))
                raise
            await self._release(call, context)
            raise
        except (OutsideError, asyncio.CancelledError):
            await self._release(call, context)
            raise
        paid = _paid(model, answer.tokens, started, day, answer)
        platform = self._platforms[context.access.channel.platform]
        if not platform.render(answer.text[:MAX_MESSAGE_CHARACTERS], context.destination):
            await self.pay(call, paid)
            raise EmptyAnswer(f"the model {model.name!r} answered with nothing that can be shown")
        return Bought(answer, paid)

    async def _reserve(self, call: Call, context: TurnContext, model: Model, prompt: Prompt) -> date:
        """Hold what the call may cost at most, where the bot has a budget; the day that pays."""
        now, limits = self._now(), context.access.bot.limits
        if not is_limited(limits):
            return day_of(now)
        most = _most(model, prompt)
        wanted = Amount(tokens=most.total, cost=cost(model.rate, most))
        if wanted.cost is None and limits.cost_per_day is not None:
            get_logger(__name__).warning("price_unknown", model=model.name)
        async with self._database.begin() as connection:
            verdict = await budgets.reserve(connection, call, wanted, limits, now)
        if verdict.exhausted:
            raise BudgetExhausted(verdict.exhausted)
        if verdict.wait:
            raise later("calls under way hold what is left of the bot's budget", "budget_held", _LOOK_AGAIN)
        return day_of(now)

    async def _release(self, call: Call, context: TurnContext) -> None:
        if is_limited(context.access.bot.limits):
            async with self._database.once() as connection:
                await budgets.release(connection, call)


def _soonest(failures: list[OutsideError]) -> OutsideError:
    """The failure after which asking again helps first; the last one where it never will."""
    again = [error for error in failures if isinstance(error, Again)]
    if not again:
        return failures[-1]
    if all(isinstance(error, EmptyAnswer) for error in again) and activity.info().attempt >= _EMPTY_ATTEMPTS:
        return NothingSaid("the models answered with nothing, again and again")
    return min(again, key=lambda error: error.after if error.after is not None else _UNSTATED)


async def _answer(provider: Provider, model: Model, prompt: Prompt, listener: Listener | None) -> Answer:
    try:
        async with asyncio.timeout(model.timeout_seconds):
            return await provider.complete(model, prompt, listener)
    except TimeoutError:
        message = f"the model {model.name!r} did not answer in {model.timeout_seconds:g} s"
        raise OutOfTime(message, model.timeout_seconds) from None


def _most(model: Model, prompt: Prompt) -> Tokens:
    """What a call takes at most, as far as the product's own estimate of a prompt's tokens goes."""
    return Tokens(input=prompt.estimated_tokens, output=model.max_output_tokens)


def _is_cheaper(model: Model, than: Model, prompt: Prompt) -> bool:
    """Whether a model is known to cost less for this prompt."""
    less, more = (cost(item.rate, _most(item, prompt)) for item in (model, than))
    return less is not None and more is not None and less < more


def _paid(model: Model, tokens: Tokens, started: float, day: date, answer: Answer | None = None) -> Paid:
    price = FREE if answer is not None and answer.free else model.rate
    return Paid(
        model=answer.model if answer is not None else model.name,
        tokens=tokens,
        cost=cost(price, tokens),
        duration_ms=int((time.monotonic() - started) * 1000),
        day=day,
    )
