"""Completion: the model is asked once for each generation of a turn, and its answer is stored before any use."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bound_contextvars
from structlog.stdlib import get_logger
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.asking import Asking
from activities.buying import BudgetExhausted, call_for
from activities.caching import Bought
from activities.drafting import Drafting
from activities.failures import as_failures, later
from activities.growing import Growth
from activities.heartbeats import beating
from activities.moderation import Moderation
from activities.patience import left
from activities.reading import Reading
from activities.signs import Signs
from activities.structured import Structured
from activities.tooling import ToolSteps
from activities.translating import Translating
from activities.typing import Typing
from adapters.ai.base import Models
from adapters.database import budgets, cached_answers, completions, transcripts, understandings, verdicts, voice
from adapters.database.budgets import Call
from adapters.database.completions import Claim
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import OutsideError
from adapters.platforms.base import Platform
from adapters.tools.base import Caller
from adapters.vault import Vault
from domain.conversations import Control
from domain.moderation import judge_output
from domain.platforms import PlatformName
from domain.text import MAX_MESSAGE_CHARACTERS, shortened
from domain.turns import Completed, ReplyKind, TurnRef, reply_key
from domain.understanding import Translated
from domain.verdicts import Verdict, stricter

_LET_PASS = Verdict()
EXHAUSTED = "chat_budget_exhausted"
"""The metric of turns that a spent budget ended, by its owner, limit and policy."""


@dataclass(frozen=True)
class _Said:
    """An answer as it may be shown, and as the bot gave it where that was in another language."""

    text: str = ""
    verdict: Verdict = _LET_PASS
    translated: Translated | None = None


class Completion:
    """Asks the bot's model, and its fallbacks in order, for the answer to a turn."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        models: Models,
        platforms: Mapping[PlatformName, Platform],
        moderation: Moderation,
        caller: Caller,
        now: Callable[[], datetime],
        reading: Reading | None = None,
        growth: Growth | None = None,
        signs: Signs | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._buying = moderation.buying
        self._asking = Asking(database, models, platforms, self._buying, now, reading)
        self._moderation = moderation
        self._typing = Typing(database, platforms, signs)
        self._drafting = Drafting(database)
        self._growth = growth
        self._translating = Translating(Structured(models, self._buying))
        self._steps = ToolSteps(database, caller, now)
        self._now = now

    @activity.defn(name="complete")
    async def complete(self, ref: TurnRef) -> Completed:
        """Buy the answer, or find it bought."""
        with bound_contextvars(correlation_id=ref.correlation_id, turn=ref.turn), as_failures():
            async with beating():
                claim = await self._claim(ref)
                if claim.stored:
                    return Completed(refused=claim.refused, reason=await self._reason(ref, claim))
                return await self._buy(ref, claim.lease)

    async def _claim(self, ref: TurnRef) -> Claim:
        async with self._database.once() as connection:
            claim = await completions.claim(connection, UUID(ref.turn_id), ref.generation, self._now())
        if not claim.stored and not claim.ours:
            wait = (claim.free_at - self._now()) if claim.free_at else timedelta(0)
            raise later("another attempt is asking the model", "lease_held", max(wait, timedelta(milliseconds=100)))
        return claim

    async def _reason(self, ref: TurnRef, claim: Claim) -> str | None:
        if not claim.refused:
            return None
        async with self._database.once() as connection:
            return await completions.refusal(connection, UUID(ref.turn_id), ref.generation)

    async def _buy(self, ref: TurnRef, lease: int) -> Completed:
        until = time.monotonic() + left().total_seconds()
        async with self._database.once() as connection:
            context = await transcripts.load_context(
                connection, self._vault, UUID(ref.conversation_id), UUID(ref.turn_id), translated=True
            )
        if context is None:
            return Completed(refused=True, reason="channel_gone")
        call = call_for(ref, context.access, lease)
        context, todo = await self._steps.loaded(call, context)
        if todo is not None:
            await self._give_back(call)
            return todo
        try:
            async with (
                self._kept(call),
                self._typing.shown(context, call.conversation_id),
                # What is to be translated is nothing to show yet.
                nullcontext() if context.answer_in else self._showing(context).shown(call, ref, context) as listener,
            ):
                bought = await self._asking.ask(call, context, listener, _cached_hours(ref, context))
                said = await self._judged_or_paid(call, context, bought, until)
        except (OutsideError, BudgetExhausted, ApplicationError, asyncio.CancelledError) as error:
            await self._give_back(call)
            if isinstance(error, BudgetExhausted):
                return await self._exhausted(ref, context, error)
            raise
        if bought.answer.calls:
            return await self._store_calls(call, context, bought)
        return await self._store(call, ref, bought, said)

    def _showing(self, context: TurnContext) -> Drafting | Growth:
        """What shows the answer while it is given: our own page takes drafts, other platforms messages that grow."""
        on_page = context.access.channel.platform is PlatformName.WEBCHAT
        return self._drafting if on_page or self._growth is None else self._growth

    async def _give_back(self, call: Call) -> None:
        async with self._database.once() as connection:
            await completions.give_back(connection, call.turn_id, call.generation, call.lease)

    async def _store_calls(self, call: Call, context: TurnContext, bought: Bought) -> Completed:
        stored = await self._steps.store(call, context, bought.answer, bought.paid)
        if stored is None:
            raise _overtaken()
        return stored

    async def _judged_or_paid(self, call: Call, context: TurnContext, bought: Bought, until: float) -> _Said:
        """The answer as it may be shown; a judge's failure leaves it unused, and on the bill."""
        if bought.answer.calls:
            return _Said()  # what is said beside calls is no answer
        try:
            text = shortened(bought.answer.text, MAX_MESSAGE_CHARACTERS)
            translated = await self._translating.back(call, context, text, max(until - time.monotonic(), 1.0))
            clean, verdict = await self._judged(call, context, translated.said if translated else text)
            return _Said(clean, verdict, translated)
        except (OutsideError, asyncio.CancelledError):
            await self._buying.pay(call, bought.paid)
            raise

    async def _exhausted(self, ref: TurnRef, context: TurnContext, error: BudgetExhausted) -> Completed:
        """What the bot's policy wants once the day's budget is spent: its words, or an operator in its place."""
        policy = context.access.bot.limits.when_exhausted
        labels = {"owner": error.owner, "limit": error.limit, "policy": policy}
        get_logger(__name__).info("budget_exhausted", **labels)
        turns_ended = activity.metric_meter().create_counter(EXHAUSTED, "Turns that a spent budget ended.")
        turns_ended.add(1, labels)
        if policy == "handover":
            conversation, workspace = UUID(ref.conversation_id), context.access.workspace_id
            async with self._database.begin() as connection:
                await voice.control(connection, conversation, workspace, Control.TAKEOVER, now=self._now())
        return Completed(refused=True, exhausted=True, reason=error.reason)

    async def _judged(self, call: Call, context: TurnContext, text: str) -> tuple[str, Verdict]:
        bot = context.access.bot
        if not bot.moderation.output or bot.moderation.provider == "none":
            return text, Verdict()
        clean, verdict = judge_output(text, bot.moderation.rules, bot.moderation.categories)
        if verdict.stops or bot.moderation.provider == "rules":
            return clean, verdict
        return clean, stricter(verdict, await self._moderation.judge_or_policy(call, context.access, clean))

    async def _store(self, call: Call, ref: TurnRef, bought: Bought, said: _Said) -> Completed:
        verdict, refused = said.verdict, said.verdict.stops
        async with self._database.begin() as connection:
            stored = await completions.store(
                connection, call.turn_id, call.generation, call.lease, said.text, refused=refused, now=self._now()
            )
            await budgets.settle(connection, call, bought.paid)
            if stored and verdict.is_told:
                await verdicts.keep(connection, call.turn_id, call.generation, "output", verdict)
                await verdicts.hand_over(connection, call.conversation_id, call.workspace_id, verdict, self._now())
            if stored and said.translated and not refused:
                reply = reply_key(ref.turn, ref.generation, ReplyKind.ANSWER)
                await understandings.keep_answer(
                    connection, call.workspace_id, call.conversation_id, reply, said.translated
                )
            if stored and verdict.action == "allow" and bought.keep is not None:
                await cached_answers.keep(connection, call, bought.keep, self._now())
        if not stored:
            raise _overtaken()
        reason = verdict.reason if refused else None
        answer = bought.answer
        return Completed(refused=refused, reason=reason, model=answer.model, output_tokens=answer.output_tokens)

    @asynccontextmanager
    async def _kept(self, call: Call) -> AsyncIterator[None]:
        """Keep the lease, and what is reserved, while the model works; both end soon after this process does."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(completions.RENEW_EVERY.total_seconds())
                with suppress(SQLAlchemyError):
                    async with self._database.once() as connection:
                        now = self._now()
                        await completions.renew(connection, call.turn_id, call.generation, call.lease, now)
                        await budgets.renew(connection, call, now)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _overtaken() -> ApplicationError:
    return later("another attempt has asked the model meanwhile", "lease_lost", timedelta(milliseconds=100))


def _cached_hours(ref: TurnRef, context: TurnContext) -> float | None:
    """How long the bot gives the same answer again; not where tools act, or the question may yet be refused."""
    bot = context.access.bot
    return bot.cache.hours if bot.cache.enabled and not bot.tools and not ref.verdict_due else None
