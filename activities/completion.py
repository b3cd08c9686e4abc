"""Completion: the model is asked once for each generation of a turn, and its answer is stored before any use."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bound_contextvars
from structlog.stdlib import get_logger
from temporalio import activity

from activities.failures import as_failures, later
from activities.heartbeats import beating
from activities.moderation import Moderation
from activities.typing import Typing
from adapters.ai.base import Answer, Provider
from adapters.database import completions, transcripts, turns
from adapters.database.completions import Claim
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import Again, CredentialsRefused, EmptyAnswer, OutsideError, Unreachable
from adapters.platforms.base import Platform
from adapters.vault import Vault
from domain.bots import Model
from domain.moderation import Verdict, judge_output
from domain.platforms import PlatformName
from domain.text import MAX_MESSAGE_CHARACTERS, shortened
from domain.transcripts import build
from domain.turns import Completed, TurnRef


class Completion:
    """Asks the bot's model, and its fallbacks in order, for the answer to a turn."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        providers: Mapping[str, Provider],
        platforms: Mapping[PlatformName, Platform],
        moderation: Moderation,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._vault = vault
        self._providers = providers
        self._platforms = platforms
        self._moderation = moderation
        self._typing = Typing(database, platforms)
        self._now = now

    @activity.defn(name="complete")
    async def complete(self, ref: TurnRef) -> Completed:
        """Buy the answer, or find it bought."""
        with bound_contextvars(correlation_id=ref.correlation_id, turn=ref.turn), as_failures():
            async with beating():
                claim = await self._claim(ref)
                if claim.stored:
                    return Completed(refused=claim.refused)
                return await self._buy(ref, claim.lease)

    async def _claim(self, ref: TurnRef) -> Claim:
        async with self._database.once() as connection:
            claim = await completions.claim(connection, UUID(ref.turn_id), ref.generation, self._now())
        if not claim.stored and not claim.ours:
            wait = (claim.free_at - self._now()) if claim.free_at else timedelta(0)
            raise later("another attempt is asking the model", "lease_held", max(wait, timedelta(milliseconds=100)))
        return claim

    async def _buy(self, ref: TurnRef, lease: int) -> Completed:
        async with self._database.once() as connection:
            context = await transcripts.load_context(
                connection, self._vault, UUID(ref.conversation_id), UUID(ref.turn_id)
            )
        if context is None:
            return Completed(refused=True, reason="channel_gone")
        try:
            async with self._kept(ref, lease), self._typing.shown(context, UUID(ref.conversation_id)):
                answer, duration = await self._ask(context)
                text, verdict = await self._judged(context, shortened(answer.text, MAX_MESSAGE_CHARACTERS))
        except (OutsideError, asyncio.CancelledError):
            async with self._database.once() as connection:
                await completions.give_back(connection, UUID(ref.turn_id), ref.generation, lease)
            raise
        return await self._store(ref, lease, context, answer, duration, text, verdict)

    async def _ask(self, context: TurnContext) -> tuple[Answer, timedelta]:
        """The first of the bot's models that answers; where none does, what says that one may later."""
        failures: list[OutsideError] = []
        for model in (context.access.bot.model, *context.access.bot.fallback_models):
            try:
                started = time.monotonic()
                answer = await self._ask_one(context, model)
                return answer, timedelta(seconds=time.monotonic() - started)
            except OutsideError as error:
                get_logger(__name__).warning("model_failed", model=model.name, reason=error.reason)
                failures.append(error)
        raise next((error for error in failures if isinstance(error, Again)), failures[-1])

    async def _ask_one(self, context: TurnContext, model: Model) -> Answer:
        bot = context.access.bot
        provider = self._providers.get(model.provider)
        if provider is None:
            raise CredentialsRefused(f"the model {model.name!r} has no key; set OPENAI_API_KEY or OPENAI_BASE_URL")
        prompt = build(
            bot.instructions,
            context.lines,
            budget_tokens=bot.context.tokens,
            most_messages=bot.context.messages,
            must_see=context.members,
        )
        try:
            async with asyncio.timeout(model.timeout_seconds):
                answer = await provider.complete(model, prompt)
        except TimeoutError:
            raise Unreachable(f"the model {model.name!r} did not answer in {model.timeout_seconds:g} s") from None
        platform = self._platforms[context.access.channel.platform]
        if not platform.render(answer.text[:MAX_MESSAGE_CHARACTERS], context.destination):
            raise EmptyAnswer(f"the model {model.name!r} answered with nothing that can be shown")
        return answer

    async def _judged(self, context: TurnContext, text: str) -> tuple[str, Verdict]:
        bot = context.access.bot
        if not bot.moderation.output or bot.moderation.provider == "none":
            return text, Verdict()
        clean, verdict = judge_output(text, bot.moderation.rules)
        if verdict.action == "refuse" or bot.moderation.provider == "rules":
            return clean, verdict
        outside = await self._moderation.judge_or_policy(bot, clean)
        return clean, outside if outside.action == "refuse" else verdict

    async def _store(
        self,
        ref: TurnRef,
        lease: int,
        context: TurnContext,
        answer: Answer,
        duration: timedelta,
        text: str,
        verdict: Verdict,
    ) -> Completed:
        refused = verdict.action == "refuse"
        turn_id = UUID(ref.turn_id)
        async with self._database.begin() as connection:
            stored = await completions.store(
                connection, turn_id, ref.generation, lease, text, refused=refused, now=self._now()
            )
            await completions.record_usage(connection, ref, context.access, answer, duration)
            if stored and verdict.action != "allow":
                await turns.keep_verdict(connection, turn_id, ref.generation, "output", verdict)
        if not stored:
            raise later("another attempt has asked the model meanwhile", "lease_lost", timedelta(milliseconds=100))
        reason = f"moderation:{','.join(verdict.categories)}" if refused else None
        return Completed(refused=refused, reason=reason, model=answer.model, output_tokens=answer.output_tokens)

    @asynccontextmanager
    async def _kept(self, ref: TurnRef, lease: int) -> AsyncIterator[None]:
        """Keep the lease while the model works; it ends soon after this process does."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(completions.RENEW_EVERY.total_seconds())
                with suppress(SQLAlchemyError):
                    async with self._database.once() as connection:
                        await completions.renew(connection, UUID(ref.turn_id), ref.generation, lease, self._now())

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
