"""Tooling: what a turn's completion knows of its tools, and the calls that an answer asks for, stored with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.calling import arguments_of
from adapters.ai.base import Answer
from adapters.database import budgets, tool_calls
from adapters.database.budgets import Call, Paid
from adapters.database.engine import Database
from adapters.database.tool_calls import NewCall, Used
from adapters.database.transcripts import TurnContext
from adapters.tools.base import Caller
from domain.bots import Bot
from domain.text import MAX_MESSAGE_CHARACTERS, shortened, storable
from domain.tool_calls import MAX_NAME_CHARACTERS, OVER_THE_CAP, Result, WantedCall, refused
from domain.tool_prompts import Tooling, worded
from domain.turns import Completed

_OUTDATED = Completed(refused=True, reason="outdated")
"""The turn has begun anew, or ended, while the model was asked: no reply of it is sent, and nothing is called."""


class ToolSteps:
    """The steps of a turn between its question and its answer."""

    def __init__(self, database: Database, caller: Caller, now: Callable[[], datetime]) -> None:
        self._database = database
        self._caller = caller
        self._now = now

    async def loaded(self, call: Call, context: TurnContext) -> tuple[TurnContext, Completed | None]:
        """The context with what was called so far; and what is to be done first, where calls wait to be made."""
        if not context.access.bot.tools:
            return context, None
        used = await self._used(call)
        if used.waiting:
            return context, Completed(calls=used.waiting, more=True)
        return replace(context, tooling=used.tooling), None

    async def store(self, call: Call, context: TurnContext, answer: Answer, paid: Paid) -> Completed | None:
        """Store an answer that asks for calls, with what it cost; None where another attempt took over.

        A turn that has begun anew meanwhile, because a message of it was edited, asks for its calls itself.
        """
        bot = context.access.bot
        wanted = self._judged(bot, context.tooling, answer.calls)
        text = storable(shortened(answer.text, MAX_MESSAGE_CHARACTERS))
        within = timedelta(seconds=bot.tool_limits.approval_seconds)
        async with self._database.begin() as connection:
            if not await tool_calls.is_wanted(connection, call):
                await budgets.settle(connection, call, paid)
                return _OUTDATED
            stored = await tool_calls.store(connection, call, text, wanted, approval_within=within, now=self._now())
            await budgets.settle(connection, call, paid)
            if not stored:
                return None
            waiting = (await self._standing(connection, call)).waiting
        return Completed(calls=waiting, more=True, model=answer.model, output_tokens=answer.output_tokens)

    async def _used(self, call: Call) -> Used:
        async with self._database.once() as connection:
            return await self._standing(connection, call)

    async def _standing(self, connection: AsyncConnection, call: Call) -> Used:
        return await tool_calls.used(connection, call.conversation_id, call.turn_id, call.generation, self._now())

    def _judged(self, bot: Bot, tooling: Tooling, wanted: Sequence[WantedCall]) -> list[NewCall]:
        """The calls as they are stored: what cannot be made has its end at once, and the model hears why."""
        room = bot.tool_limits.calls_per_turn - tooling.calls_made
        return [self._judge(bot, item, fits=place < room) for place, item in enumerate(wanted)]

    def _judge(self, bot: Bot, wanted: WantedCall, *, fits: bool) -> NewCall:
        name, arguments = storable(wanted.name[:MAX_NAME_CHARACTERS]), storable(wanted.arguments)
        tool = bot.tool(name)
        if tool is None:
            known = ", ".join(item.name for item in bot.tools)
            found: object = refused(f"There is no such tool; there are: {known}.")
        else:
            found = arguments_of(self._caller, tool, arguments)
        result = found if isinstance(found, Result) else None if fits else OVER_THE_CAP
        if tool is None or result is not None:
            result = result or OVER_THE_CAP
            text = worded(result, bot.tool_limits.result_characters)
            return NewCall(name, arguments, outcome=result.outcome, result=text)
        return NewCall(name, arguments, effects=tool.effects, approval=tool.approval)
