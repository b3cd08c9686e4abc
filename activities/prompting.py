"""Prompting: what the model is told of a turn, made of the bot's instructions and the conversation so far."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database import moments
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import Never
from domain import templates
from domain.clocks import local
from domain.templates import TemplateBroken
from domain.transcripts import Prompt, build
from domain.variables import variables


class InstructionsFailed(Never):
    """The bot's instructions cannot be filled in for this conversation."""

    reason = "instructions_failed"


class Prompting:
    """Makes prompts, from the record alone."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def prompt(self, conversation_id: UUID, context: TurnContext) -> Prompt:
        """What the model is told; raises `InstructionsFailed`."""
        bot = context.access.bot
        return build(
            await self._filled_in(conversation_id, context),
            context.lines,
            budget_tokens=bot.context.tokens,
            most_messages=bot.context.messages,
            must_see=context.members,
        )

    async def _filled_in(self, conversation_id: UUID, context: TurnContext) -> str:
        bot = context.access.bot
        if not templates.is_template(bot.instructions):
            return bot.instructions
        async with self._database.once() as connection:
            moment = await moments.of(connection, conversation_id)
        known = variables(moment, bot, *local(self._now(), bot.time_zone))
        try:
            # In a thread: filling in may take a while, and others' turns run in this one.
            return await asyncio.to_thread(templates.render, bot.instructions, known)
        except TemplateBroken as error:
            raise InstructionsFailed(f"the instructions cannot be filled in: {error}") from None
