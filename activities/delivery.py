"""Delivery: a reply's parts go out in order, each once, and with the last one the turn's account is closed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.contextvars import bound_contextvars
from structlog.stdlib import get_logger
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.changing import Changing
from activities.claims import A_MOMENT, Wait, work_off
from activities.failures import as_failures, later
from activities.heartbeats import beating
from activities.heeding import heeded, wait_of
from activities.partials import Partials
from activities.sending import Outcome, Sender
from activities.signs import Signs
from adapters.database import arrivals, changes, growing, ledger, memberships, paces, replies, turns, voice, windows
from adapters.database.engine import Database
from adapters.database.ledger import Floor, Part
from adapters.database.paces import Taken
from adapters.database.people import note_answered_as
from adapters.database.replies import Job
from adapters.media.base import Store
from adapters.platforms.base import Platform
from adapters.platforms.composing import compose, compose_template
from adapters.vault import Vault
from domain.conversations import Silence
from domain.deliveries import AT_REST, ClaimDecision, DeliveryState, awaits_receipt, decide, ready_at
from domain.events import EventState
from domain.growing import GrowingState
from domain.paces import Meter
from domain.platforms import Guarantee, PlatformName
from domain.turns import Account, Delivered, Reply, account
from domain.windows import is_closed

_UNREADY = "a part is not ready to be sent"
_LOOK_AGAIN = timedelta(seconds=1)
"""How often a part is looked at whose receipt is waited for."""
_RECORD_TRIES = 20
_RECORD_PAUSE_SECONDS = 1.0
PACED = "chat_parts_paced"
"""The metric of parts that had to wait for their platform's rate, by platform."""


@dataclass(frozen=True)
class _Claimed:
    """A part that is this attempt's to send."""

    part: Part
    lease: int
    deadline: float


_Step: TypeAlias = _Claimed | Wait | Delivered


class Delivery:
    """Sends replies through the ledger: what is committed before and after each call is what a retry goes by."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        platforms: Mapping[PlatformName, Platform],
        store: Store,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        signs: Signs | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._platforms = platforms
        self._sender = Sender(platforms, store, monotonic)
        self._partials = Partials(database, platforms, now, monotonic)
        self._changing = Changing(database, platforms, now, monotonic)
        self._signs = signs
        self._now = now

    @activity.defn(name="deliver")
    async def deliver(self, reply: Reply) -> Delivered:
        """Deliver a reply to its end, or as far as the platform lets it: then the next attempt goes on."""
        with bound_contextvars(correlation_id=reply.correlation_id, turn=reply.turn), as_failures():
            async with beating():
                async with self._database.once() as connection:
                    place = await changes.load(connection, self._vault, reply)
                    job = None if place else await replies.load(connection, self._vault, reply)
                if place is not None:
                    return await self._changing.change(place, give_up=reply.give_up)
                if job is None:
                    return await self._end_unreachable(reply)
                delivered = await self._deliver(job)
                if delivered.sent and job.turn_id and self._signs:
                    self._signs.read(job.access.channel, job.destination)
                return delivered

    async def _end_unreachable(self, reply: Reply) -> Delivered:
        """The channel is gone: there is nobody to tell, and what was to be answered or said ends all the same."""
        gone = Account(state=EventState.FAILED, reason="channel_gone")
        async with self._database.begin() as connection:
            if reply.turn_id:
                await turns.end(connection, UUID(reply.turn_id), gone, self._now())
            elif reply.message_id:
                await replies.end_said(connection, UUID(reply.message_id), gone, self._now())
        return Delivered(state=gone.state)

    async def _deliver(self, job: Job) -> Delivered:
        if job.turn_id is not None and self._may_have_grown(job) and not job.give_up:
            wait = await self._partials.resolve(job.access.channel, job.conversation_id, job.turn_id, job.generation)
            if wait is not None:
                raise _not_ready(wait)
        return await work_off(
            lambda: self._step(job, None),
            lambda claimed: self._send_and_record(job, claimed),
            _UNREADY,
        )

    def _may_have_grown(self, job: Job) -> bool:
        platform = self._platforms[job.access.channel.platform]
        return job.access.bot.delivery.streaming and platform.growing_every is not None

    async def _send_and_record(self, job: Job, claimed: _Claimed) -> _Step:
        """From the call to the commit of its outcome nothing but death interferes."""
        outcome = await self._sender.send(job, claimed.part, claimed.deadline)
        for _ in range(_RECORD_TRIES):
            try:
                return await self._step(job, (claimed, outcome))
            except SQLAlchemyError as error:
                get_logger(__name__).warning("outcome_not_recorded_yet", kind=type(error).__name__)
                await asyncio.sleep(_RECORD_PAUSE_SECONDS)
        return await self._step(job, (claimed, outcome))

    async def _step(self, job: Job, done: tuple[_Claimed, Outcome] | None) -> _Step:
        """One transaction: write down how the last part went, then take the next one or close the account."""
        deadline = self._sender.deadline()
        async with self._database.begin() as connection:
            floor = await ledger.lock(connection, job.conversation_id)
            if floor is None:
                return Delivered()
            if done is not None:
                await self._record(connection, job, *done)
            parts = await ledger.parts(connection, job.conversation_id, job.key)
            if floor.stop and job.bound_to_voice and (parts or job.turn_id):
                return await self._stopped(connection, job, floor.stop, parts)
            if not parts:
                wanted = await ledger.open_generation(connection, job.turn_id) if job.turn_id else job.generation
                if wanted not in (None, job.generation):
                    return Delivered(outdated=True)
                if wanted is not None and not job.give_up:
                    parts = await self._plan(connection, job, floor)
            if job.give_up:
                await ledger.rest(connection, job.conversation_id, job.key, DeliveryState.FAILED, "patience_over")
                parts = await ledger.parts(connection, job.conversation_id, job.key)
            step = await self._take(connection, job, floor, parts, deadline)
            return step or await self._close(connection, job, parts)

    async def _plan(self, connection: AsyncConnection, job: Job, floor: Floor) -> list[Part]:
        platform = self._platforms[job.access.channel.platform]
        if job.turn_id is not None and job.destination.answer_by:
            # Once more, under the lock: what was to be answered by may have been let go since.
            job = replace(job, destination=await replies.answering(connection, job.turn_id, job.destination))
        if job.template:
            composed = compose_template(platform, job.template, job.destination)
        else:
            composed = compose(platform, job.text, job.files, job.buttons, job.destination)
        if not composed.payloads:
            return []
        planned = job.planned(composed.payloads, is_numbered=composed.is_numbered)
        parts = await ledger.plan(connection, job.conversation_id, floor, planned, DeliveryState.PLANNED)
        if job.turn_id is not None and self._may_have_grown(job):
            return await self._adopt(connection, job, job.turn_id, parts)
        if platform.guarantee is not Guarantee.TRANSACTION:
            return parts
        await replies.appear(connection, job, self._now())
        return await ledger.parts(connection, job.conversation_id, job.key)

    async def _adopt(self, connection: AsyncConnection, job: Job, turn_id: UUID, parts: list[Part]) -> list[Part]:
        """The first part takes the place of what was shown while the model answered."""
        found = await growing.find(connection, turn_id, job.generation)
        if found is None:
            return parts
        if found.state is GrowingState.SENDING or found.free_at(self._now()):
            raise _not_ready(_LOOK_AGAIN)  # nothing is planned by this transaction then
        if found.state is not GrowingState.STANDING:
            return parts
        await growing.adopt(connection, found, parts[0])
        return await ledger.parts(connection, job.conversation_id, job.key)

    async def _take(
        self, connection: AsyncConnection, job: Job, floor: Floor, parts: list[Part], deadline: float
    ) -> _Claimed | Wait | None:
        """The first part that wants sending, or how long it must be waited for; None when all are at rest."""
        platform = self._platforms[job.access.channel.platform]
        now = self._now()
        for part in parts:
            decision = decide(part.standing, now, platform.guarantee, job.access.bot.delivery.uncertain)
            if decision is ClaimDecision.WAIT:
                return _wait(part, platform.guarantee, now)
            if decision is ClaimDecision.DOUBT:
                await ledger.doubt(connection, part)
            if decision is ClaimDecision.SEND and not job.template and is_closed(platform.name, floor.heard_at, now):
                # Looked at right before each claim: a part may have waited, and the contact may have written since.
                await windows.end_reply(connection, floor, job.conversation_id, job.key, part, now)
                return None
            if decision is ClaimDecision.SEND:
                return await self._claim(connection, job, part, deadline)
        return None

    async def _claim(self, connection: AsyncConnection, job: Job, part: Part, deadline: float) -> _Claimed | Wait:
        """Take a part, at its platform's pace."""
        now, place = self._now(), _place(job, part)
        wait = await wait_of(connection, job.access, now)
        if wait is not None:
            return wait
        taken = await paces.take(connection, part, place, now)
        if isinstance(taken, Taken):
            return _Claimed(part, taken.lease, deadline)
        paced = activity.metric_meter().create_counter(PACED, "Parts that had to wait for their platform's rate.")
        paced.add(1, {"platform": job.access.channel.platform})
        return Wait(taken.until - now)

    async def _record(self, connection: AsyncConnection, job: Job, claimed: _Claimed, outcome: Outcome) -> None:
        part, now = claimed.part, self._now()
        place, outcome = _place(job, part), await heeded(connection, job.access, outcome, now)
        if outcome.holds and outcome.after and place:
            await paces.heed(connection, place, outcome.holds, now + outcome.after, now)
        if not await ledger.settle(connection, part.id, claimed.lease, outcome.values(now)):
            get_logger(__name__).warning("lease_lost", part=part.part)
            return
        if outcome.platform_message_id is not None:
            await arrivals.note_sent(connection, part.id, outcome.platform_message_id, now)
            if self._platforms[job.access.channel.platform].guarantee is Guarantee.RECEIPT:
                name = outcome.platform_message_id
                await arrivals.note_forestalled(connection, part.id, job.access.channel.id, name)
        if outcome.moved_to is not None:
            await memberships.move_chat(connection, job.conversation_id, outcome.moved_to)
        if outcome.known_as is not None:
            chat = job.destination.chat
            await note_answered_as(connection, job.access.channel.id, chat, outcome.known_as, now)
        if outcome.ends_reply:
            await ledger.rest(connection, job.conversation_id, job.key, DeliveryState.FAILED, outcome.reason)
            if outcome.of_contact:
                await memberships.mark_undeliverable(connection, job.conversation_id, outcome.reason or "")
        if outcome.reason == windows.WINDOW_CLOSED:
            await windows.tell_by_template(connection, job.conversation_id, now)

    async def _stopped(
        self, connection: AsyncConnection, job: Job, stop: Silence, parts: list[Part]
    ) -> Wait | Delivered:
        """Someone took the voice away: what was not begun is dropped, and the turn ends."""
        now = self._now()
        for part in parts:
            if part.standing.state is DeliveryState.SENDING:
                guarantee = self._platforms[job.access.channel.platform].guarantee
                ready = ready_at(part.standing, guarantee)
                if ready and ready > now:
                    return _wait(part, guarantee, now)
                await ledger.doubt(connection, part)
        await ledger.rest(connection, job.conversation_id, job.key, DeliveryState.DROPPED, stop)
        ended = None
        if job.turn_id is not None:
            ended = await voice.end_stopped_turn(connection, job.turn_id, stop, now)
        states = [part.standing.state for part in await ledger.parts(connection, job.conversation_id, job.key)]
        return Delivered.of(states, ended.state if ended else None)

    async def _close(self, connection: AsyncConnection, job: Job, parts: list[Part]) -> Delivered:
        if any(part.standing.state not in AT_REST for part in parts):
            parts = await ledger.parts(connection, job.conversation_id, job.key)
        states = [part.standing.state for part in parts]
        ended = account(job.kind, tuple(states), job.reason)
        if job.turn_id is not None:
            await turns.end(connection, job.turn_id, ended, self._now())
        else:
            await replies.end_said(connection, job.event_id, ended, self._now())
        return Delivered.of(states, ended.state)


def _place(job: Job, part: Part) -> paces.Place | None:
    """Where a part goes: what finishes a message that grew is an edit."""
    meter = Meter.CHANGES if part.grown_as is not None else None
    return paces.place_of(job.access.channel, job.destination.chat, meter)


def _not_ready(after: timedelta) -> ApplicationError:
    return later(_UNREADY, "not_ready", after)


def _wait(part: Part, guarantee: Guarantee, now: datetime) -> Wait:
    duration = max((ready_at(part.standing, guarantee) or now) - now, A_MOMENT)
    return Wait(min(duration, _LOOK_AGAIN) if awaits_receipt(part.standing, guarantee) else duration)
