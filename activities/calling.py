"""Calling: one call of a tool; that it is begun is on record before it is made, and what it came to before any use."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.contextvars import bound_contextvars
from structlog.stdlib import get_logger
from temporalio import activity

from activities.failures import as_failures, later, unbroken
from activities.heartbeats import beating
from adapters.database import channels, knowledge, ledger, tool_calls, transcripts
from adapters.database.channels import ChannelAccess, open_credentials
from adapters.database.engine import Database
from adapters.tools.base import Caller, Outgoing
from adapters.vault import KeyMissing, Vault
from domain.calling import LEASE_MARGIN, CallStanding, decide
from domain.knowledge import found_passages
from domain.text import unstorable
from domain.tool_calls import MAX_ARGUMENT_CHARACTERS, Called, CallTool, Result, failed, refused
from domain.tool_prompts import worded
from domain.tools import HttpTool, KnowledgeTool, Tool

CALLS = "chat_tool_calls"
"""The metric of calls that ended, by outcome."""
_RECORD_TRIES = 20
_RECORD_PAUSE_SECONDS = 1.0
_SEARCH_SECONDS = 10.0


@dataclass(frozen=True)
class _Ready:
    """A call with all that it needs."""

    tool: Tool
    arguments: Mapping[str, JsonValue]
    secrets: Mapping[str, str]


@dataclass(frozen=True)
class _Begun:
    """A call that is this attempt's to make, until `deadline` of the monotonic clock."""

    ready: _Ready
    lease: int
    deadline: float


class Calling:
    """Makes the calls that a model asked for, one at a time."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        caller: Caller,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._vault = vault
        self._caller = caller
        self._now = now
        self._monotonic = monotonic

    @activity.defn(name="call_tool")
    async def call(self, ask: CallTool) -> Called:
        """Make a call, or find what became of it."""
        with bound_contextvars(correlation_id=ask.correlation_id, turn=ask.turn), as_failures():
            async with beating():
                access = await self._access(UUID(ask.conversation_id))
                if access is None:
                    return Called(outdated=True)
                begun = await self._begin(ask, access)
                if isinstance(begun, Called):
                    return begun
                return await unbroken(asyncio.create_task(self._make_and_record(ask, access, begun)))

    async def _access(self, conversation_id: UUID) -> ChannelAccess | None:
        async with self._database.once() as connection:
            found = await transcripts.destination(connection, conversation_id)
            return await channels.load(connection, self._vault, found[0]) if found else None

    async def _begin(self, ask: CallTool, access: ChannelAccess) -> _Begun | Called:
        """One transaction: see who has the voice and how the call stands, and put on record that it is begun."""
        started, call_id = self._monotonic(), UUID(ask.call_id)
        async with self._database.begin() as connection:
            floor = await ledger.lock(connection, UUID(ask.conversation_id))
            stopped = floor is None or floor.stop is not None
            standing = await tool_calls.stand(connection, call_id, stopped=stopped)
            if standing is None:
                return Called(outdated=True)
            tool = access.bot.tool(standing.name)
            decision = decide(standing, tool, self._now())
            if decision.look_after is not None:
                raise later("another attempt makes the call", "lease_held", decision.look_after)
            if decision.asks_for is not None:
                return Called(waits_seconds=decision.asks_for.total_seconds())
            ends = decision.ends
            if decision.make and tool is not None:
                ready = await self._ready(connection, access, tool, standing)
                if isinstance(ready, _Ready):
                    return await self._start(connection, ask, ready, started)
                ends = ready
            if ends is None:
                return Called(outcome=standing.outcome, outdated=standing.outcome is None)
            if decision.expired:
                await tool_calls.expire(connection, call_id, self._now())
            await self._end(connection, access, call_id, standing.attempts, ends)
            return Called(outcome=ends.outcome)

    async def _ready(
        self, connection: AsyncConnection, access: ChannelAccess, tool: Tool, standing: CallStanding
    ) -> _Ready | Result:
        """All that the call needs, or why it cannot be made: the bot may have changed since it was asked for."""
        arguments = arguments_of(self._caller, tool, standing.arguments)
        if isinstance(arguments, Result) or isinstance(tool, KnowledgeTool):
            return arguments if isinstance(arguments, Result) else _Ready(tool, arguments, {})
        try:
            opened = open_credentials(
                self._vault, access.bot_id, *await tool_calls.sealed_secrets(connection, access.bot_id)
            )
        except KeyMissing:
            return failed("The secrets of the tool do not open.")
        wanted = set(tool.secret_headers.values())
        if not wanted <= opened.keys():
            return failed("A secret of the tool is missing.")
        return _Ready(tool, arguments, {name: opened[name] for name in wanted})

    async def _start(self, connection: AsyncConnection, ask: CallTool, ready: _Ready, started: float) -> _Begun:
        seconds = _seconds(ready.tool, ask.seconds)
        until = self._now() + timedelta(seconds=seconds) + LEASE_MARGIN
        lease = await tool_calls.start(connection, UUID(ask.call_id), until, self._now())
        return _Begun(ready, lease, started + seconds)

    async def _make_and_record(self, ask: CallTool, access: ChannelAccess, begun: _Begun) -> Called:
        """From the call to the commit of its outcome nothing but death interferes."""
        result = await self._make(ask, access, begun)
        for _ in range(_RECORD_TRIES):
            try:
                return await self._record(ask, access, begun, result)
            except SQLAlchemyError as error:
                get_logger(__name__).warning("call_not_recorded_yet", kind=type(error).__name__)
                await asyncio.sleep(_RECORD_PAUSE_SECONDS)
        return await self._record(ask, access, begun, result)

    async def _make(self, ask: CallTool, access: ChannelAccess, begun: _Begun) -> Result:
        ready = begun.ready
        if isinstance(ready.tool, KnowledgeTool):
            async with self._database.once() as connection:
                found = await knowledge.search(
                    connection,
                    access.workspace_id,
                    access.bot_id,
                    str(ready.arguments["query"]),
                    ready.tool.most_passages,
                )
            return found_passages(found)
        outgoing = Outgoing(ready.tool, ready.arguments, ready.secrets, ask.call_id, begun.deadline)
        return await self._caller.call(outgoing)

    async def _record(self, ask: CallTool, access: ChannelAccess, begun: _Begun, result: Result) -> Called:
        async with self._database.begin() as connection:
            if await self._end(connection, access, UUID(ask.call_id), begun.lease, result):
                return Called(outcome=result.outcome)
        raise later("another attempt took the call over", "lease_lost", timedelta(milliseconds=100))

    async def _end(
        self, connection: AsyncConnection, access: ChannelAccess, call_id: UUID, lease: int, result: Result
    ) -> bool:
        text = worded(result, access.bot.tool_limits.result_characters)
        ended = await tool_calls.end(connection, call_id, lease, result.outcome, text, self._now())
        if ended:
            calls = activity.metric_meter().create_counter(CALLS, "Calls of tools that ended.")
            calls.add(1, {"outcome": result.outcome})
        return ended


def arguments_of(caller: Caller, tool: Tool, text: str) -> dict[str, JsonValue] | Result:
    """The arguments that a model wrote, or what is wrong with them: its output is hostile input."""
    if len(text) > MAX_ARGUMENT_CHARACTERS:
        return refused(f"The arguments are longer than {MAX_ARGUMENT_CHARACTERS} characters.")
    try:
        arguments: JsonValue = json.loads(text or "{}")
        json.dumps(arguments, allow_nan=False)
    except (ValueError, RecursionError):
        return refused("The arguments are not JSON.")
    if not isinstance(arguments, dict):
        return refused("The arguments are not a JSON object.")
    if unstorable(arguments):
        return refused("The arguments hold half a character.")
    fault = caller.fault(tool.parameters, arguments)
    return refused(f"The arguments do not fit the tool: {fault}") if fault else arguments


def _seconds(tool: Tool, left: float) -> float:
    return min(tool.timeout_seconds if isinstance(tool, HttpTool) else _SEARCH_SECONDS, max(left, 1.0))
