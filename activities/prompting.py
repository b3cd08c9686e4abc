"""Prompting: what the model is told of a turn, made of the bot's instructions and the conversation so far."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from adapters.database import moments, prompts, turn_list
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import Never
from domain import templates
from domain.clocks import local
from domain.templates import TemplateBroken
from domain.told import PromptUsed, Told
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

    async def prompt(self, call: Call, context: TurnContext) -> Prompt:
        """What the model is told, put on record where it is not simply all there was; raises `InstructionsFailed`."""
        bot = context.access.bot
        text, used = await self._instructions(context)
        made = build(
            await self._filled_in(text, call, context),
            context.lines,
            budget_tokens=bot.context.tokens,
            most_messages=bot.context.messages,
            must_see=context.members,
        )
        told = Told(
            generation=call.generation,
            prompt=used,
            trimmed=made.left_out > 0,
            messages=len(context.lines) - made.left_out,
            estimated_tokens=made.estimated_tokens,
        )
        if not told.is_ordinary:
            async with self._database.once() as connection:
                await turn_list.keep_told(connection, call.workspace_id, call.turn_id, told)
        return made

    async def _instructions(self, context: TurnContext) -> tuple[str, PromptUsed | None]:
        bot, wanted = context.access.bot, context.access.bot.prompt
        if wanted is None:
            return bot.instructions, None
        async with self._database.once() as connection:
            found = await prompts.text_of(connection, context.access.workspace_id, wanted.name, wanted.version)
        if found is None:
            raise InstructionsFailed(f"the workspace has no prompt {wanted.name!r} of that version")
        return found.text, PromptUsed(name=wanted.name, version=found.version)

    async def _filled_in(self, text: str, call: Call, context: TurnContext) -> str:
        if not templates.is_template(text):
            return text
        bot = context.access.bot
        async with self._database.once() as connection:
            moment = await moments.of(connection, call.conversation_id)
        given = bot.prompt.variables if bot.prompt else {}
        known = variables(moment, bot, *local(self._now(), bot.time_zone), given)
        try:
            # In a thread: filling in may take a while, and others' turns run in this one.
            return await asyncio.to_thread(templates.render, text, known)
        except TemplateBroken as error:
            raise InstructionsFailed(f"the instructions cannot be filled in: {error}") from None
