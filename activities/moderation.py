"""Moderation: a provider judges what a turn's messages say, and the answer to them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from structlog.stdlib import get_logger
from temporalio import activity

from activities.buying import BudgetExhausted, BudgetHeld, Buying, call_for
from activities.failures import as_failures
from adapters.ai.base import Asked, Models
from adapters.database import transcripts, verdicts
from adapters.database.budgets import Call
from adapters.database.channels import ChannelAccess
from adapters.database.engine import Database
from adapters.errors import NotPermitted, OutsideError, RateLimited
from adapters.vault import Vault
from domain.models import Frozen
from domain.transcripts import Prompt
from domain.turns import TurnRef
from domain.verdicts import Verdict, decide


class Judged(Frozen):
    """What a provider found in a turn's messages."""

    refused: bool = False
    reason: str | None = None


class Moderation:
    """Asks the provider that a bot names; a verdict is stored with the turn."""

    def __init__(self, database: Database, vault: Vault, models: Models, now: Callable[[], datetime]) -> None:
        self._database = database
        self._vault = vault
        self._models = models
        self._now = now
        self.buying = Buying(database, now)
        """Shared with those who ask for answers: a model that is away is away for all."""

    @activity.defn(name="moderate")
    async def moderate(self, ref: TurnRef) -> Judged:
        """Judge the messages that this turn answers."""
        with as_failures():
            async with self._database.once() as connection:
                context = await transcripts.load_context(
                    connection, self._vault, UUID(ref.conversation_id), UUID(ref.turn_id)
                )
            if context is None or context.members == 0:
                return Judged()
            said = "\n".join(line.text for line in context.lines[-context.members :])
            call = call_for(ref, context.access, activity.info().attempt, "judge_input")
            verdict = await self.judge(call, context.access, said)
            if verdict.is_told:
                async with self._database.begin() as connection:
                    # First: what refers to the conversation would hold a weaker lock on it, and then want more.
                    await verdicts.hand_over(connection, call.conversation_id, call.workspace_id, verdict, self._now())
                    await verdicts.keep(connection, call.turn_id, ref.generation, "input", verdict)
            return Judged(refused=verdict.stops, reason=verdict.reason if verdict.stops else None)

    async def judge(self, call: Call, access: ChannelAccess, text: str) -> Verdict:
        """What the bot wants done about what its provider says of a text; raises what the provider raises."""

        async def asking(asked: Asked, prompt: Prompt) -> str:
            return await self._bought(call, access, asked, prompt)

        name = access.bot.moderation.provider
        judge = await self._models.judge(access.workspace_id, name)
        return decide(name, await judge.judge(text, asking), access.bot.moderation.categories)

    async def judge_or_policy(self, answered: Call, access: ChannelAccess, text: str) -> Verdict:
        """The same of an answer, with the bot's policy in place of a verdict where the provider fails."""
        bot = access.bot
        try:
            return await self.judge(replace(answered, purpose="judge_output"), access, text)
        except OutsideError as error:
            get_logger(__name__).warning("moderation_failed", reason=error.reason, policy=bot.moderation.on_error)
            if bot.moderation.on_error == "open":
                return Verdict(provider=bot.moderation.provider)
            return Verdict(action="refuse", provider=bot.moderation.provider, categories=("unavailable",))

    async def _bought(self, call: Call, access: ChannelAccess, asked: Asked, prompt: Prompt) -> str:
        """A guard model's words, paid for at once: they are used here, whatever becomes of the turn."""
        try:
            bought = await self.buying.buy(call, access, asked, prompt)
        except BudgetExhausted as error:
            raise NotPermitted(f"the guard model {asked.model.name!r} was not asked: {error}") from error
        except BudgetHeld as error:
            raise RateLimited(f"the guard model {asked.model.name!r} was not asked: {error}") from error
        await self.buying.pay(call, bought.paid)
        return bought.answer.text
