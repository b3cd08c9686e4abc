"""Prompting: what the model is told of a turn, made of the bot's instructions and the conversation so far."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from activities.reading import Reading
from adapters.ai.base import Models
from adapters.database import moments, prompts, summaries, turn_list, understandings
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.transcripts import TurnContext
from adapters.errors import Never, OutsideError
from domain import instructions
from domain.clocks import local
from domain.instructions import TemplateBroken
from domain.moderation import seen_by_model
from domain.recollection import recalled
from domain.speakers import IN_A_GROUP
from domain.told import PromptUsed, Told
from domain.transcripts import Line, Prompt, build, cut_to
from domain.understanding_calls import names_understanding
from domain.variables import Understood, variables

OVERSIZE = 4
"""What is being answered may come to so many times the bot's window, and is cut beyond that."""
AFTER = timedelta(seconds=5)
"""How long after a turn has asked its model its conversation is summarised: by then the reply is on its way."""


class InstructionsFailed(Never):
    """The bot's instructions cannot be filled in for this conversation."""

    reason = "instructions_failed"


class Prompting:
    """Makes prompts, from the record and the files that came with it."""

    def __init__(
        self, database: Database, models: Models, now: Callable[[], datetime], reading: Reading | None = None
    ) -> None:
        self._database = database
        self._models = models
        self._now = now
        self._reading = reading

    async def prompt(self, call: Call, context: TurnContext) -> Prompt:
        """What the model is told, put on record where it is not simply all there was; raises `InstructionsFailed`."""
        window = context.access.bot.context
        text, used = await self._instructions(context)
        filled_in = await self._filled_in(text, call, context)
        seen = seen_by_model(await self._with_files(context), context.access.bot.moderation)
        past, cut = cut_to(seen, context.members, window.tokens * OVERSIZE)
        made = build(
            recalled(_for_group(filled_in) if context.is_group else filled_in, context.summary, context.facts),
            past,
            budget_tokens=window.tokens,
            most_messages=window.messages,
            must_see=context.members,
        )
        told = Told(
            generation=call.generation,
            prompt=used,
            trimmed=made.left_out > 0 or cut > 0,
            messages=len(past) - made.left_out,
            estimated_tokens=made.estimated_tokens,
            summary=context.summary is not None,
            facts=len(context.facts),
        )
        await self._keep(call, context, told, outgrown=made.left_out > 0)
        return made

    async def _keep(self, call: Call, context: TurnContext, told: Told, *, outgrown: bool) -> None:
        """Put on record what the model is told, and have what it is not told summarised."""
        if told.is_ordinary:
            return
        bot = context.access.bot
        async with self._database.once() as connection:
            await turn_list.keep_told(connection, call.workspace_id, call.turn_id, told)
            if outgrown and bot.context.summary and bot.model.provider != "demo":
                await summaries.note(connection, call.conversation_id, self._now() + AFTER)

    async def _instructions(self, context: TurnContext) -> tuple[str, PromptUsed | None]:
        bot, wanted = context.access.bot, context.access.bot.prompt
        if wanted is None:
            return bot.instructions, None
        async with self._database.once() as connection:
            found = await prompts.text_of(connection, context.access.workspace_id, wanted.name, wanted.version)
        if found is None:
            raise InstructionsFailed(f"the workspace has no prompt {wanted.name!r} of that version")
        return found.text, PromptUsed(name=wanted.name, version=found.version)

    async def _with_files(self, context: TurnContext) -> tuple[Line, ...]:
        if self._reading is None or not context.files:
            return context.lines
        return await self._reading.read(context, sees=await self._sees(context))

    async def _sees(self, context: TurnContext) -> bool:
        """Whether any of the bot's models can be shown an image."""
        for model in context.access.bot.models:
            try:
                asked = await self._models.asked(context.access.workspace_id, model)
            except OutsideError:
                continue
            if asked.model.vision:
                return True
        return False

    async def _filled_in(self, text: str, call: Call, context: TurnContext) -> str:
        if not instructions.is_template(text):
            return text
        bot = context.access.bot
        async with self._database.once() as connection:
            moment = await moments.of(connection, call.conversation_id)
            understood = Understood()
            if bot.understanding.is_on and names_understanding(text):
                understood, _ = await understandings.newest_of_turn(connection, call.turn_id)
        given = bot.prompt.variables if bot.prompt else {}
        known = variables(moment, bot, *local(self._now(), bot.time_zone), given, understood)
        try:
            # In a thread: filling in may take a while, and others' turns run in this one.
            return await asyncio.to_thread(instructions.render, text, known)
        except TemplateBroken as error:
            raise InstructionsFailed(f"the instructions cannot be filled in: {error}") from None


def _for_group(told: str) -> str:
    return f"{told}\n\n{IN_A_GROUP}" if told else IN_A_GROUP
