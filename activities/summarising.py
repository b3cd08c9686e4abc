"""Summarising: what no longer fits into a window is put in short, beside the turns and never in their way."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from activities.circuits import Circuits
from activities.rounds import go_round
from adapters.ai.base import BUILT_IN, Answer, Asked, Models
from adapters.database import budgets, facts, reservations, summaries
from adapters.database.budgets import Call, Paid
from adapters.database.engine import Database
from adapters.database.summaries import Due, Source
from adapters.errors import EmptyAnswer, OutOfTime, OutsideError
from domain.bots import Bot, Model
from domain.budgets import Amount, Verdict, day_of, held_to
from domain.moderation import seen_by_model
from domain.prices import Tokens, cost
from domain.recollection import (
    LEAST_TOKENS,
    MAX_OUTPUT_TOKENS,
    Learnt,
    NotLearnt,
    Said,
    asked,
    learnt,
    outgrown,
)
from domain.transcripts import Prompt

_AT_ONCE = 4
_EVERY_SECONDS = 1.0
_MOST_ATTEMPTS = 5
_FIRST_WAIT = timedelta(seconds=10)
_NOT_A_TURN = 0
"""The generation of calls that no turn waits for; turns begin with 1."""


class Changed(Exception):
    """What was summarised was edited, deleted or reset meanwhile."""


class Summarising:
    """Makes the summaries that are due, a few at a time, each on the bot's bill."""

    def __init__(self, database: Database, models: Models, circuits: Circuits, now: Callable[[], datetime]) -> None:
        self._database = database
        self._models = models
        self._circuits = circuits
        self._now = now

    async def run(self) -> None:
        """Until cancelled, summarise what is due."""
        await go_round(self.summarise_due, _EVERY_SECONDS, "summarising_waits")

    async def summarise_due(self) -> int:
        """One round; how many conversations were taken up."""
        async with self._database.begin() as connection:
            due = await summaries.claim(connection, self._now(), _AT_ONCE)
        await asyncio.gather(*(self._settle(item) for item in due))
        return len(due)

    async def _settle(self, due: Due) -> None:
        """Summarise a conversation, or try again later; the next turn asks for it anew once it is given up."""
        try:
            await self._summarise(due)
        except (OutsideError, NotLearnt, Changed) as error:
            get_logger(__name__).info(
                "not_summarised", conversation=str(due.conversation_id), error=type(error).__name__
            )
            async with self._database.once() as connection:
                if due.attempts < _MOST_ATTEMPTS:
                    await summaries.postpone(connection, due, self._now() + _FIRST_WAIT * 2 ** (due.attempts - 1))
                    return
                await summaries.done(connection, due)
        except (SQLAlchemyError, OSError) as error:
            # The lease runs out, and the next attempt finds the same.
            get_logger(__name__).warning("summary_waits", error=type(error).__name__)
        else:
            async with self._database.once() as connection:
                await summaries.done(connection, due)

    async def _summarise(self, due: Due) -> None:
        async with self._database.begin() as connection:
            source = await summaries.source(connection, due.conversation_id)
        if source is None:
            return
        window = source.bot.context
        covered = outgrown(source.past, messages=window.messages, tokens=window.tokens, before=source.open_from)
        if not covered:
            return
        asking = await self._models.asked(source.workspace_id, _brief(source.bot.model))
        if asking.provider.endpoint == BUILT_IN:
            return
        known = source.facts if window.facts else None
        prompt = asked(source.earlier, _seen(covered, source.bot), known, max(window.tokens, LEAST_TOKENS))
        call = _call(due, source)
        answer, paid = await self._bought(call, source, asking, prompt)
        try:
            made = learnt(answer.text, with_facts=window.facts)
        except NotLearnt:
            await self._pay(call, paid)
            raise
        await self._store(due, source, call, paid, covered[-1].seq, made)

    async def _bought(self, call: Call, source: Source, asking: Asked, prompt: Prompt) -> tuple[Answer, Paid]:
        model, now, started = asking.model, self._now(), time.monotonic()
        async with (
            self._reserved(call, source, model, prompt, now),
            self._circuits.passed(call.workspace_id, asking.provider.endpoint, model.name),
        ):
            try:
                async with asyncio.timeout(model.timeout_seconds):
                    answer = await asking.provider.complete(model, prompt)
            except EmptyAnswer as error:
                if error.tokens is not None:
                    await self._pay(call, Paid.now(model, error.tokens, started, day_of(now)))
                raise
            except TimeoutError:
                raise OutOfTime(f"the model {model.name!r} took too long", model.timeout_seconds) from None
        return answer, Paid.now(model, answer.tokens, started, day_of(now), answer)

    @asynccontextmanager
    async def _reserved(
        self, call: Call, source: Source, model: Model, prompt: Prompt, now: datetime
    ) -> AsyncIterator[None]:
        """Hold what the call may cost at most, where somebody who pays for it has a budget; raises `BudgetSpent`.

        A summary that the day has no room for is no reason for a notice: the bot may still answer.
        """
        limits, workspace = source.bot.limits, source.workspace.limits
        if not held_to(limits, workspace):
            yield
            return
        most = Tokens(input=prompt.estimated_tokens, output=model.max_output_tokens)
        wanted = Amount(tokens=most.total, cost=cost(model.rate, most))
        async with self._database.begin() as connection:
            verdict = await budgets.reserve(connection, call, wanted, limits, now, workspace, told=False)
        if verdict != Verdict():
            raise BudgetSpent("the day of those who pay has no room for a summary")
        async with reservations.kept(self._database, call, self._now):
            yield

    async def _store(self, due: Due, source: Source, call: Call, paid: Paid, covered_seq: int, made: Learnt) -> None:
        async with self._database.begin() as connection:
            await budgets.settle(connection, call, paid)
            stored = await summaries.store(
                connection, due.conversation_id, source, covered_seq, made.summary, paid.model
            )
            if stored and made.facts and await facts.lock(connection, source.workspace_id, source.contact_id):
                await facts.keep(connection, source.workspace_id, source.contact_id, made.facts, "learnt")
        if not stored:
            raise Changed("what was summarised has changed meanwhile")

    async def _pay(self, call: Call, paid: Paid) -> None:
        async with self._database.begin() as connection:
            await budgets.settle(connection, call, paid)


class BudgetSpent(OutsideError):
    """Nothing is left of the day for what no contact waits for."""

    reason = "budget_spent"


def _call(due: Due, source: Source) -> Call:
    return Call(
        workspace_id=source.workspace_id,
        bot_id=source.bot_id,
        conversation_id=due.conversation_id,
        turn_id=source.turn_id,
        generation=_NOT_A_TURN,
        lease=due.attempts,
        purpose="summary",
    )


def _seen(said: Sequence[Said], bot: Bot) -> list[Said]:
    """What was said, without what the bot wants taken out of it before a model sees it."""
    lines = seen_by_model([item.line for item in said], bot.moderation)
    return [item.model_copy(update={"line": line}) for item, line in zip(said, lines, strict=True)]


def _brief(model: Model) -> Model:
    return model.model_copy(update={"max_output_tokens": min(model.max_output_tokens, MAX_OUTPUT_TOKENS)})
