"""Asking models for other systems: within the same budgets, circuits and limits as bots, and on the bill."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from adapters.ai.base import Answer, Asked
from adapters.database import budgets, reservations
from adapters.database.budgets import AnyCall, Call, Paid, SystemCall
from adapters.errors import Again, EmptyAnswer, OutOfTime, OutsideError
from api.problems import Problem
from api.resources import Resources
from domain.bots import DayLimits, Limits, Model
from domain.budgets import Amount, Verdict, day_of, held_to, resets_at
from domain.patience import shared
from domain.prices import Tokens, cost
from domain.transcripts import Prompt

NO_LIMITS = Limits()
PATIENCE_SECONDS = 50.0
"""For all models together: an idempotency key is held for a minute."""


@dataclass(frozen=True)
class Payer:
    """The workspace, and the bot that a call is made for where one is named; what each may spend."""

    workspace: DayLimits
    bot_id: UUID | None = None
    limits: Limits = NO_LIMITS
    call: Call | None = None
    """The call as it stands on the bill, where it belongs to a conversation, which pays for it as well."""


@dataclass(frozen=True)
class Executed:
    """An answer and what it came to, which is on no bill yet."""

    answer: Answer
    paid: Paid
    call: AnyCall


async def execute(
    using: Resources, workspace_id: UUID, models: Sequence[Model], prompt: Prompt, payer: Payer
) -> Executed:
    """The first of the models that answers; 503 where none does, or where the day of those who pay is spent."""
    until = time.monotonic() + PATIENCE_SECONDS
    failures: list[OutsideError] = []
    for place, model in enumerate(models):
        mine = shared(model, until - time.monotonic(), len(models) - place)
        try:
            asked = await using.models().asked(workspace_id, mine)
            return await _ask(using, workspace_id, asked, prompt, payer)
        except OutsideError as error:
            failures.append(error)
    raise _told(failures)


async def _ask(using: Resources, workspace_id: UUID, asked: Asked, prompt: Prompt, payer: Payer) -> Executed:
    model, now, started = asked.model, datetime.now(UTC), time.monotonic()
    call = payer.call or SystemCall(workspace_id=workspace_id, bot_id=payer.bot_id, id=uuid4())
    async with (
        using.circuits.passed(workspace_id, asked.provider.endpoint, model.name),
        _reserved(using, call, payer, model, prompt),
    ):
        try:
            async with asyncio.timeout(model.timeout_seconds):
                answer = await asked.provider.complete(model, prompt)
        except EmptyAnswer as error:
            if error.tokens is not None:
                async with using.database.begin() as connection:
                    await budgets.settle(connection, call, Paid.now(model, error.tokens, started, day_of(now)))
            raise
        except TimeoutError:
            raise OutOfTime(f"the model {model.name!r} took too long", model.timeout_seconds) from None
    return Executed(answer, Paid.now(model, answer.tokens, started, day_of(now), answer), call)


@asynccontextmanager
async def _reserved(using: Resources, call: AnyCall, payer: Payer, model: Model, prompt: Prompt) -> AsyncIterator[None]:
    """Hold what a call may cost at most, where somebody who pays has a budget; 503 where the day has no room for it."""
    if not held_to(payer.limits, payer.workspace):
        yield
        return
    now = datetime.now(UTC)
    most = Tokens(input=prompt.estimated_tokens, output=model.max_output_tokens)
    wanted = Amount(tokens=most.total, cost=cost(model.rate, most))
    async with using.database.begin() as connection:
        verdict = await budgets.reserve(connection, call, wanted, payer.limits, now, payer.workspace)
    if verdict != Verdict():
        wait = resets_at(day_of(now)) - now if verdict.exhausted else timedelta(seconds=1)
        reason = verdict.exhausted or "what calls under way may cost"
        whose = f"{verdict.owner}'s" if verdict.exhausted else "day's"
        detail = f"The {whose} budget has no room for this call ({reason})."
        raise Problem(503, detail, "budget_exhausted", {"Retry-After": str(int(wait.total_seconds()) + 1)})
    async with reservations.kept(using.database, call, lambda: datetime.now(UTC)):
        yield


def _told(failures: Sequence[OutsideError]) -> Problem:
    """What is answered where no model did: when to ask again, or what is wrong for good."""
    again = [error for error in failures if isinstance(error, Again)]
    if not again:
        return Problem(502, f"No model can answer: {failures[-1]}.", "model_refused")
    soonest = min(again, key=lambda error: error.after or timedelta(seconds=1))
    seconds = int((soonest.after or timedelta(seconds=1)).total_seconds()) + 1
    return Problem(503, f"No model answered: {soonest}.", "model_unavailable", {"Retry-After": str(seconds)})
