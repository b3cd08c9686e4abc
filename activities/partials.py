"""Partial messages: the first words of an answer are put on its platform, and edited, each call under a lease.

What is committed before and after each call is what the delivery of the whole answer goes by: it waits until no call
can be under way any more, and then edits the same message.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from structlog.stdlib import get_logger

from adapters.database import asides, drafts, growing, ledger, paces
from adapters.database.budgets import Call
from adapters.database.engine import Database
from adapters.database.growing import Growing
from adapters.errors import Again, MessageGone, OutcomeUnknown, OutsideError, RateLimited
from adapters.platforms.base import Channel, Payload, Platform, Receipt
from domain.deliveries import LEASE, SEND_DEADLINE
from domain.growing import EDIT_DEADLINE, EDIT_LEASE, GrowingState
from domain.paces import LimitScope, Meter
from domain.platforms import Guarantee, PlatformName

_RECORD_TRIES = 10
_RECORD_PAUSE_SECONDS = 1.0
_WAIT_AFTER_LIMIT = timedelta(seconds=1)
"""Where a platform says that it was too fast, and not until when."""
_LOOK_AGAIN = timedelta(seconds=2)


class Progress(StrEnum):
    """What became of showing some words."""

    SHOWN = "shown"
    LATER = "later"
    """Not now: something else is to be said first, or a call may still be under way."""
    OVER = "over"
    """Nothing more of this answer is shown before it is whole."""


@dataclass(frozen=True)
class _Claimed:
    """A call that is this attempt's to make."""

    growing: Growing
    payload: Payload
    deadline: float


@dataclass(frozen=True)
class _Hold:
    """What a platform asks to wait, for the chat or for all that the bot says."""

    place: paces.Place
    until: datetime
    scope: LimitScope


class Partials:
    """Shows the beginnings of answers, and learns what became of them."""

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

    async def show(self, call: Call, channel: Channel, chat: str, payload: Payload) -> Progress:
        """Send the first words of an answer, or have their message say more."""
        claimed = await self._claim(call, channel, chat, payload)
        if isinstance(claimed, _Claimed):
            return await self._call(channel, chat, claimed)
        if claimed is None:
            await self.resolve(channel, call.conversation_id, call.turn_id, call.generation)
            return Progress.LATER
        return claimed

    async def _claim(self, call: Call, channel: Channel, chat: str, payload: Payload) -> _Claimed | Progress | None:
        """Take the message for one call, if there is rate to spare; None: what became of its sending is to be learnt.

        The conversation's lock makes a stop wait for this transaction, and the other way round.
        """
        begun = self._monotonic()
        async with self._database.begin() as connection:
            now, floor = self._now(), await ledger.lock(connection, call.conversation_id)
            is_ours = floor is not None and not floor.stop and await drafts.may_speak(connection, call)
            if floor is None or not is_ours or await growing.is_answered(connection, call.turn_id):
                return Progress.OVER
            found = await growing.find(connection, call.turn_id, call.generation)
            if found is not None and found.free_at(now):
                return Progress.LATER
            if found is not None and found.state is GrowingState.SENDING:
                return None
            if found is not None and (found.silent or found.state is not GrowingState.STANDING):
                return Progress.OVER
            place = _place(channel, chat, found)
            if place is not None and not await asides.take_spare(connection, place, now):
                return Progress.LATER
            if found is None:
                made = await growing.begin(connection, call, floor, payload, now + LEASE, now)
                return _Claimed(made, payload, begun + SEND_DEADLINE.total_seconds())
            taken = await growing.claim(connection, found, now + EDIT_LEASE)
            return _Claimed(taken, payload, begun + EDIT_DEADLINE.total_seconds())

    async def _call(self, channel: Channel, chat: str, claimed: _Claimed) -> Progress:
        platform, known = self._platforms[channel.platform], claimed.growing
        payload = platform.marked(claimed.payload, str(known.id))
        hold = None
        try:
            name = known.platform_message_id
            if name is None:
                receipt = await platform.send(channel, payload, claimed.deadline)
                name, hold = receipt.platform_message_id, self._pause(known, channel, chat, receipt)
            elif platform.changes is not None:
                await platform.changes.edit(channel, payload, name, claimed.deadline)
        except OutsideError as error:
            get_logger(__name__).info("answer_grows_no_more", reason=error.reason)
            await self._settle(known, _after(known, error), self._hold(known, channel, chat, error))
            return Progress.OVER
        standing = {"state": GrowingState.STANDING if name else GrowingState.NOTHING, "platform_message_id": name}
        await self._settle(known, {**standing, "payload": claimed.payload}, hold)
        return Progress.SHOWN

    async def _settle(self, known: Growing, values: dict[str, object], hold: _Hold | None = None) -> None:
        """Write down how a call went: only this attempt knows. What cannot be written leaves its lease to run out."""
        for _ in range(_RECORD_TRIES):
            try:
                async with self._database.begin() as connection:
                    await growing.settle(connection, known, **values)
                    if hold is not None:
                        await paces.heed(connection, hold.place, hold.scope, hold.until, self._now())
                return
            except SQLAlchemyError as error:
                get_logger(__name__).warning("growth_not_recorded_yet", kind=type(error).__name__)
                await asyncio.sleep(_RECORD_PAUSE_SECONDS)

    def _hold(self, known: Growing, channel: Channel, chat: str, error: OutsideError) -> _Hold | None:
        """What the platform asks to wait holds for whole answers as well."""
        place = _place(channel, chat, known)
        if place is None or not isinstance(error, RateLimited):
            return None
        until = self._now() + (error.after or _WAIT_AFTER_LIMIT)
        return _Hold(place, until, scope=error.scope)

    def _pause(self, known: Growing, channel: Channel, chat: str, receipt: Receipt) -> _Hold | None:
        """What was sent used up what may be said there."""
        place = _place(channel, chat, known)
        return _Hold(place, self._now() + receipt.pause, scope="chat") if place and receipt.pause else None

    async def resolve(
        self, channel: Channel, conversation_id: UUID, turn_id: UUID, generation: int
    ) -> timedelta | None:
        """Learn what became of the first words where nobody knows it; how long that has to wait, None once it is known.

        Where the platform keeps our mark it is asked, and what it has not is sent again, unless the bot was stopped;
        elsewhere nobody can tell.
        """
        platform, begun = self._platforms[channel.platform], self._monotonic()
        async with self._database.begin() as connection:
            floor = await ledger.lock(connection, conversation_id)
            found, now = await growing.find(connection, turn_id, generation), self._now()
            free = found.free_at(now) if found else None
            if found is None or free:
                return free - now if free else None
            if found.state is not GrowingState.SENDING or floor is None or floor.stop:
                return None
            if platform.guarantee is not Guarantee.READ_BACK:
                await growing.lose(connection, found)
                return None
            taken = await growing.claim(connection, found, now + LEASE)
        return await self._find(platform, channel, taken, begun + SEND_DEADLINE.total_seconds())

    async def _find(self, platform: Platform, channel: Channel, known: Growing, deadline: float) -> timedelta | None:
        mark = str(known.id)
        try:
            there = await platform.find(channel, known.payload, mark, known.created_at, deadline)
            there = there or await platform.send(channel, platform.marked(known.payload, mark), deadline)
        except Again as error:
            await self._settle(known, {})
            return error.after or _LOOK_AGAIN
        except OutcomeUnknown:
            return _LOOK_AGAIN
        except OutsideError:
            async with self._database.begin() as connection:
                await growing.lose(connection, known)
            return None
        await self._settle(known, {"state": GrowingState.STANDING, "platform_message_id": there.platform_message_id})
        return None


def _place(channel: Channel, chat: str, known: Growing | None) -> paces.Place | None:
    """Where a call goes: what stands there is edited, and first words are sent."""
    is_edit = known is not None and known.platform_message_id is not None
    return paces.place_of(channel, chat, Meter.CHANGES if is_edit else None)


def _after(known: Growing, error: OutsideError) -> dict[str, object]:
    """What a failure leaves: a call without an answer may still arrive, so that its lease stays."""
    if isinstance(error, OutcomeUnknown):
        return {"silent": True, "lease_until": known.lease_until}
    if known.platform_message_id is None or isinstance(error, MessageGone):
        return {"state": GrowingState.NOTHING, "platform_message_id": None}
    return {"silent": True}
