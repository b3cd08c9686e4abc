"""Changing what was said: step by step, each call committed before and after, so that a change is done to its end.

Doing a step twice is harmless: an edit says the same again, and what is deleted is gone. So a call that nobody knows
the end of is made again, and only a lease keeps a slow attempt from undoing what a later change did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.stdlib import get_logger

from activities.claims import A_MOMENT, Wait, work_off
from adapters.database import changes, ledger, paces, replies
from adapters.database.changes import Change, Part, Place, Standing
from adapters.database.engine import Database
from adapters.database.paces import Taken
from adapters.errors import (
    Again,
    ChatRateLimited,
    FormattingRefused,
    MessageGone,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
)
from adapters.platforms.base import Changes, Payload, Platform
from adapters.platforms.composing import compose
from domain.changes import ChangeKind, Refusal, Step, failure, refusal, steps
from domain.deliveries import LEASE_MARGIN, SEND_DEADLINE, DeliveryState, backed_off
from domain.events import EventState
from domain.paces import Meter
from domain.platforms import Guarantee, PlatformName
from domain.turns import Account, Delivered

_ERROR_CHARACTERS = 500


@dataclass(frozen=True)
class _Claimed:
    """A step that is this attempt's to do, and the part that it is about."""

    change: Change
    step: Step
    part: Part
    lease: int
    deadline: float


@dataclass(frozen=True)
class _Outcome:
    """How a call went: done where there is no error; else it is tried again after a time, with another payload or not
    at all."""

    error: OutsideError | None = None
    after: timedelta | None = None
    payload: Payload | None = None


_Next: TypeAlias = _Claimed | Wait | Delivered


class Changing:
    """Does the changes of messages that were sent."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[PlatformName, Platform],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._monotonic = monotonic

    async def change(self, place: Place, *, give_up: bool) -> Delivered:
        """Do a change to its end, or as far as the platform lets it: then the next attempt goes on."""
        return await work_off(
            lambda: self._next(place, None, give_up=give_up),
            lambda claimed: self._call_and_record(place, claimed),
            "a change is not ready to be made",
        )

    async def _call_and_record(self, place: Place, claimed: _Claimed) -> _Next:
        outcome = await self._call(place, claimed)
        return await self._next(place, (claimed, outcome), give_up=False)

    async def _call(self, place: Place, claimed: _Claimed) -> _Outcome:
        platform = self._platforms[place.access.channel.platform]
        speaks, part, step = _changes(platform), claimed.part, claimed.step
        name, channel = part.platform_message_id or "", place.access.channel
        try:
            if step.payload is None:
                await speaks.delete(channel, part.payload, name, claimed.deadline)
            else:
                await speaks.edit(channel, platform.marked(step.payload, str(part.id)), name, claimed.deadline)
        except MessageGone as error:
            return _Outcome() if step.payload is None else _Outcome(error)
        except OutsideError as error:
            get_logger(__name__).info("message_not_changed", reason=error.reason)
            return self._failed(platform, claimed, error)
        return _Outcome()

    def _failed(self, platform: Platform, claimed: _Claimed, error: OutsideError) -> _Outcome:
        match error:
            case FormattingRefused() if claimed.step.payload and (plain := platform.unformatted(claimed.step.payload)):
                return _Outcome(error, after=timedelta(0), payload=plain)
            case Again():
                return _Outcome(error, after=error.after or backed_off(claimed.lease))
            case OutcomeUnknown():
                return _Outcome(error, after=backed_off(claimed.lease))
        return _Outcome(error)

    async def _next(self, place: Place, done: tuple[_Claimed, _Outcome] | None, *, give_up: bool) -> _Next:
        """One transaction: write down how the last step went, then take the next one or close the account."""
        deadline = self._monotonic() + SEND_DEADLINE.total_seconds()
        async with self._database.begin() as connection:
            if await ledger.lock(connection, place.conversation_id) is None:
                return Delivered()
            change = await changes.take_up(connection, place.event_id)
            if change is not None and done is not None:
                ended = await self._record(connection, place, change, *done)
                change = None if ended else await changes.take_up(connection, place.event_id)
            if change is None:
                return Delivered()
            if give_up:
                return await self._end(connection, change, EventState.FAILED, "patience_over")
            if change.is_overtaken and not self._is_leased(change):
                return await self._end(connection, change, EventState.SUPERSEDED, "newer_change")
            found = await changes.standing(connection, place.access.workspace_id, change.message_id)
            if found is None:
                return await self._end(connection, change, EventState.FAILED, "unknown_message")
            return await self._go_on(connection, place, change, found, deadline)

    def _is_leased(self, change: Change) -> bool:
        """Whether another attempt may still be calling."""
        return change.lease_until is not None and change.lease_until + LEASE_MARGIN > self._now()

    async def _go_on(
        self, connection: AsyncConnection, place: Place, change: Change, found: Standing, deadline: float
    ) -> _Next:
        if change.steps is None:
            planned = await self._plan(connection, place, change, found)
            if not isinstance(planned, tuple):
                return planned
            change = await changes.keep_steps(connection, change, planned)
        left = (change.steps or ())[change.done :]
        if not left:
            return await self._close(connection, place, change)
        part = next((part for part in found.parts if str(part.id) == left[0].part_id), None)
        if part is None:
            return await self._end(connection, change, EventState.FAILED, "unknown_message")
        return await self._claim(connection, place, change, left[0], part, deadline)

    async def _plan(
        self, connection: AsyncConnection, place: Place, change: Change, found: Standing
    ) -> tuple[Step, ...] | _Next:
        """Which calls a change takes, once every part is at rest; what was not begun is changed before it is sent."""
        platform, now = self._platforms[place.access.channel.platform], self._now()
        for part in found.parts:
            if part.state is DeliveryState.SENDING:
                free = (part.lease_until or now) + LEASE_MARGIN
                if free > now:
                    return Wait(free - now)
                return await self._end(connection, change, EventState.FAILED, Refusal.DELIVERY_IN_DOUBT)
        payloads = self._payloads(place, platform, change, found)
        refused = refusal(change.kind, found.said, len(payloads))
        if refused is not None or not found.parts:
            return await self._end(connection, change, EventState.FAILED, refused or Refusal.NOT_SENT)
        for part, payload in zip(found.parts, (*payloads, *[None] * len(found.parts)), strict=False):
            if platform.guarantee is Guarantee.TRANSACTION or part.state is not DeliveryState.SENT:
                await _settle_part(connection, part, payload, now)
        sends = platform.guarantee is not Guarantee.TRANSACTION
        sent = [str(part.id) if sends and part.state is DeliveryState.SENT else None for part in found.parts]
        return steps(sent, payloads)

    def _payloads(self, place: Place, platform: Platform, change: Change, found: Standing) -> tuple[Payload, ...]:
        if change.kind is ChangeKind.DELETE:
            return ()
        # Where the message stands: the chat may have got a new id since, in which its number is another message's.
        stands = platform.changes.chat_of(found.parts[0].payload) if platform.changes and found.parts else None
        where = place.destination.model_copy(update={"chat": stands}) if stands else place.destination
        return compose(platform, change.text, (), found.buttons, where).payloads

    async def _claim(
        self, connection: AsyncConnection, place: Place, change: Change, step: Step, part: Part, deadline: float
    ) -> _Claimed | Wait:
        """Take a step, at its platform's pace, once no other attempt can be at it."""
        now = self._now()
        free = max(change.retry_at or now, change.lease_until + LEASE_MARGIN if change.lease_until else now)
        if free > now:
            return Wait(max(free - now, A_MOMENT))
        where = paces.place_of(place.access.channel, place.destination.chat, Meter.CHANGES)
        taken = await paces.take_change(connection, change, where, now)
        if isinstance(taken, Taken):
            return _Claimed(change, step, part, taken.lease, deadline)
        return Wait(taken.until - now)

    async def _record(
        self, connection: AsyncConnection, place: Place, change: Change, claimed: _Claimed, outcome: _Outcome
    ) -> bool:
        """Write down how a step went; True when that ends the change."""
        now, error = self._now(), outcome.error
        where = paces.place_of(place.access.channel, place.destination.chat, Meter.CHANGES)
        if isinstance(error, RateLimited) and outcome.after and where:
            whole = not isinstance(error, ChatRateLimited)
            await paces.hold(connection, where, now + outcome.after, whole=whole)
        values: dict[str, object] = {"error": str(error)[:_ERROR_CHARACTERS] if error else None}
        if error is None:
            values["done"] = change.done + 1
        elif outcome.after is not None:
            values["retry_at"] = now + outcome.after
        if not await changes.settle(connection, change, claimed.lease, values):
            get_logger(__name__).warning("lease_lost", change=str(change.id))
            return False
        if error is None:
            await _settle_part(connection, claimed.part, claimed.step.payload, now)
            if change.kind is ChangeKind.EDIT and change.done == 0:
                await changes.reword(connection, place.conversation_id, change.message_id, change.text, now)
        elif outcome.payload is not None:
            replaced = claimed.step.model_copy(update={"payload": outcome.payload})
            kept = [replaced if index == change.done else step for index, step in enumerate(change.steps or ())]
            await changes.keep_steps(connection, change, kept)
        elif outcome.after is None:
            await self._end(connection, change, EventState.FAILED, failure(change.kind, claimed.step, error.reason))
            return True
        return False

    async def _close(self, connection: AsyncConnection, place: Place, change: Change) -> Delivered:
        """The record says what the contact sees from here on."""
        now = self._now()
        if change.kind is ChangeKind.DELETE:
            await changes.mark_deleted(connection, place.conversation_id, change.message_id, now)
        elif not change.steps:
            await changes.reword(connection, place.conversation_id, change.message_id, change.text, now)
        return await self._end(connection, change, EventState.ANSWERED, None)

    async def _end(
        self, connection: AsyncConnection, change: Change, state: EventState, reason: str | None
    ) -> Delivered:
        await replies.end_said(connection, change.id, Account(state=state, reason=reason), self._now())
        return Delivered(state=state)


async def _settle_part(connection: AsyncConnection, part: Part, payload: Payload | None, now: datetime) -> None:
    if payload is None:
        await changes.remove_part(connection, part.id, now)
    else:
        await changes.replace_payload(connection, part.id, payload)


def _changes(platform: Platform) -> Changes:
    assert platform.changes is not None
    return platform.changes
