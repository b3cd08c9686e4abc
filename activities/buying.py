"""Buying: one call of a model, through its circuit, within the budgets of all who pay for it, and on the bill."""

import asyncio
import time
from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from structlog.stdlib import get_logger

from activities.caching import Bought
from activities.circuits import Circuits
from adapters.ai.base import Answer, Asked, Listener, Provider
from adapters.database import budgets
from adapters.database.budgets import Call, Paid
from adapters.database.channels import ChannelAccess
from adapters.database.engine import Database
from adapters.errors import EmptyAnswer, OutOfTime, OutsideError
from domain.bots import Model
from domain.budgets import Amount, Limit, Owner, Purpose, day_of, held_to, reason
from domain.prices import Tokens, cost
from domain.transcripts import Prompt
from domain.turns import TurnRef


class BudgetExhausted(Exception):
    """What a call may take does not fit in what is left of the day of those who pay for it."""

    def __init__(self, owner: Owner, limit: Limit) -> None:
        super().__init__(f"the {owner}'s {limit} is spent")
        self.owner = owner
        self.limit = limit

    @property
    def reason(self) -> str:
        """Why the messages were not answered."""
        return reason(self.owner, self.limit)


class BudgetHeld(Exception):
    """Calls under way hold what is left of a budget; they last seconds, and most of it comes back."""


class Buying:
    """Calls models for all who need one; what circuits learn from one call holds for every other."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self.circuits = Circuits(time.monotonic)
        """What this process knows of models that are away."""

    async def buy(
        self,
        call: Call,
        access: ChannelAccess,
        asked: Asked,
        prompt: Prompt,
        listener: Listener | None = None,
        is_shown: Callable[[str], bool] = bool,
    ) -> Bought:
        """The model's answer, not on the bill yet; one that cannot be shown is, and is none.

        Raises `BudgetExhausted`, `BudgetHeld`, and what the provider raises.
        """
        async with self.circuits.passed(call.workspace_id, asked.provider.endpoint, asked.model.name):
            model = asked.model
            day = await self._reserve(call, access, model, prompt)
            started = time.monotonic()
            try:
                answer = await _answer(asked.provider, model, prompt, listener)
            except EmptyAnswer as error:
                if error.tokens is not None:
                    await self.pay(call, Paid.now(model, error.tokens, started, day))
                    raise
                await self._release(call, access)
                raise
            except (OutsideError, asyncio.CancelledError):
                await self._release(call, access)
                raise
            paid = Paid.now(model, answer.tokens, started, day, answer)
            if not answer.calls and not is_shown(answer.text):
                await self.pay(call, paid)
                raise EmptyAnswer(f"the model {model.name!r} answered with nothing that can be shown")
            return Bought(answer, paid)

    async def pay(self, call: Call, paid: Paid) -> None:
        """Put a call on the bill."""
        async with self._database.begin() as connection:
            await budgets.settle(connection, call, paid)

    async def _reserve(self, call: Call, access: ChannelAccess, model: Model, prompt: Prompt) -> date:
        """Hold what the call may cost at most, where somebody who pays for it has a budget; the day that pays."""
        now, limits, workspace = self._now(), access.bot.limits, access.workspace.limits
        held = held_to(limits, workspace)
        if not held:
            return day_of(now)
        taken = most(model, prompt)
        wanted = Amount(tokens=taken.total, cost=cost(model.rate, taken))
        if wanted.cost is None and any(limit.cost_per_day is not None for limit in held.values()):
            get_logger(__name__).warning("price_unknown", model=model.name)
        # A turn goes on without these: that there is no room for them does not mean that the day is spent.
        told = call.purpose not in ("understand", "translate")
        async with self._database.begin() as connection:
            verdict = await budgets.reserve(connection, call, wanted, limits, now, workspace, told=told)
        if verdict.exhausted:
            raise BudgetExhausted(verdict.owner, verdict.exhausted)
        if verdict.wait:
            raise BudgetHeld("calls under way hold what is left of a budget")
        return day_of(now)

    async def _release(self, call: Call, access: ChannelAccess) -> None:
        if held_to(access.bot.limits, access.workspace.limits):
            async with self._database.once() as connection:
                await budgets.release(connection, call)


def most(model: Model, prompt: Prompt) -> Tokens:
    """What a call takes at most, as far as the product's own estimate of a prompt's tokens goes."""
    return Tokens(input=prompt.estimated_tokens, output=model.max_output_tokens)


async def _answer(provider: Provider, model: Model, prompt: Prompt, listener: Listener | None) -> Answer:
    try:
        async with asyncio.timeout(model.timeout_seconds):
            return await provider.complete(model, prompt, listener)
    except TimeoutError:
        message = f"the model {model.name!r} did not answer in {model.timeout_seconds:g} s"
        raise OutOfTime(message, model.timeout_seconds) from None


def call_for(ref: TurnRef, access: ChannelAccess, lease: int, purpose: Purpose = "answer") -> Call:
    """An attempt at something for a turn, and who pays for it."""
    return Call(
        workspace_id=access.workspace_id,
        bot_id=access.bot_id,
        conversation_id=UUID(ref.conversation_id),
        turn_id=UUID(ref.turn_id),
        generation=ref.generation,
        lease=lease,
        purpose=purpose,
    )
