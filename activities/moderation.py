"""Moderation: a provider judges what a turn's messages say."""

from uuid import UUID

from structlog.stdlib import get_logger
from temporalio import activity

from activities.failures import as_failures
from adapters.ai.base import Models
from adapters.database import transcripts, turns
from adapters.database.channels import ChannelAccess
from adapters.database.engine import Database
from adapters.errors import OutsideError
from adapters.vault import Vault
from domain.models import Frozen
from domain.moderation import Verdict
from domain.turns import TurnRef


class Judged(Frozen):
    """What a provider found in a turn's messages."""

    refused: bool = False
    reason: str | None = None


class Moderation:
    """Asks the provider that a bot names; a verdict is stored with the turn."""

    def __init__(self, database: Database, vault: Vault, models: Models) -> None:
        self._database = database
        self._vault = vault
        self._models = models

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
            verdict = await self.judge(context.access, said)
            if verdict.action != "allow":
                async with self._database.begin() as connection:
                    await turns.keep_verdict(connection, UUID(ref.turn_id), ref.generation, "input", verdict)
            refused = verdict.action == "refuse"
            return Judged(refused=refused, reason=f"moderation:{','.join(verdict.categories)}" if refused else None)

    async def judge(self, access: ChannelAccess, text: str) -> Verdict:
        """What the bot's provider says of a text; raises what the provider raises."""
        judge = await self._models.judge(access.workspace_id, access.bot.moderation.provider)
        return await judge.judge(text)

    async def judge_or_policy(self, access: ChannelAccess, text: str) -> Verdict:
        """The same, with the bot's policy in place of a verdict where the provider fails."""
        bot = access.bot
        try:
            return await self.judge(access, text)
        except OutsideError as error:
            get_logger(__name__).warning("moderation_failed", reason=error.reason, policy=bot.moderation.on_error)
            if bot.moderation.on_error == "open":
                return Verdict(provider=bot.moderation.provider)
            return Verdict(action="refuse", provider=bot.moderation.provider, categories=("unavailable",))
