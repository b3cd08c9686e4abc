"""Sending one part: the call, and what its outcome means for the ledger."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from structlog.stdlib import get_logger

from adapters.database.ledger import Part
from adapters.database.replies import Job
from adapters.errors import (
    AccountHeld,
    Again,
    ChangeRefused,
    CredentialsRefused,
    FaultPersists,
    FormattingRefused,
    Moved,
    Never,
    OutcomeUnknown,
    OutsideError,
    PassingFault,
    RateLimited,
    Unacceptable,
)
from adapters.media.base import Store
from adapters.platforms.base import Payload, Platform, Receipt, file_of
from domain.channel_problems import ProblemReason
from domain.deliveries import (
    SEND_DEADLINE,
    DeliveryState,
    Standing,
    backed_off,
    earlier_doubts,
    is_doubted,
    sends_after_doubt,
)
from domain.paces import LimitScope
from domain.platforms import Guarantee, PlatformName

UNFINISHED = "edit_outcome_unknown"
"""Why a part waits whose message may still say less than it should."""
_PAUSE_AFTER_DOUBT = timedelta(seconds=2)
_PAUSE_BEFORE_READING_BACK = timedelta(seconds=5)
"""What was accepted may show a little later."""
_BEYOND_A_LIMIT = timedelta(milliseconds=100)
"""Kept beyond what a platform asks to wait: its clock is not ours, and asking too early may lengthen the wait."""
_ERROR_CHARACTERS = 500
_FILES_AT_ONCE = 4
"""A file is in memory while it is sent."""


@dataclass(frozen=True)
class Outcome:
    """How a call went: the part's next state, and what else follows from it."""

    state: DeliveryState
    platform_message_id: str | None = None
    reason: str | None = None
    error: str | None = None
    after: timedelta | None = None
    payload: Payload | None = None
    moved_to: str | None = None
    known_as: str | None = None
    """What the platform calls the chat that a part was put into."""
    ends_reply: bool = False
    of_contact: bool = True
    """Whether what ends the reply says that the contact cannot be reached."""
    holds: LimitScope | None = None
    """What has to wait as well, until this part may be sent again, or the next after one that was sent."""
    doubts: int | None = None
    problem: str | None = None
    """Why no call of the channel is accepted: what comes behind this part waits until one is."""
    lost: bool = False
    """Whether the message that grew is of no use any more: the part is sent as one of its own."""

    def values(self, now: datetime) -> dict[str, object]:
        """The columns of the ledger that this outcome sets."""
        values: dict[str, object] = {
            "state": self.state,
            "reason": self.reason,
            "error": self.error[:_ERROR_CHARACTERS] if self.error else None,
            "retry_at": now + self.after if self.after and self.state is not DeliveryState.SENT else None,
        }
        if self.state is DeliveryState.SENT:
            values |= {"platform_message_id": self.platform_message_id, "sent_at": now}
        if self.payload is not None:
            values["payload"] = self.payload
        if self.doubts is not None:
            values["doubts"] = self.doubts
        if self.lost:
            values |= {"grown_from": None, "platform_message_id": None}
        return values


class Sender:
    """Calls the platform once for a part; what it raises becomes an outcome."""

    def __init__(
        self, platforms: Mapping[PlatformName, Platform], store: Store, monotonic: Callable[[], float]
    ) -> None:
        self._platforms = platforms
        self._store = store
        self._monotonic = monotonic
        self._room = asyncio.Semaphore(_FILES_AT_ONCE)

    def deadline(self) -> float:
        """When a call that is claimed now must have written everything, in seconds of the monotonic clock."""
        return self._monotonic() + SEND_DEADLINE.total_seconds()

    async def send(self, job: Job, part: Part, deadline: float) -> Outcome:
        """One call, after a look for what an earlier one left in doubt; nothing is written after the deadline."""
        platform = self._platforms[job.access.channel.platform]
        if job.access.problem is not None and (waits := await self._checked(platform, job, part)) is not None:
            return waits
        if part.grown_as is not None:
            return await self._finish(platform, job, part, part.grown_as, deadline)
        if platform.guarantee is Guarantee.READ_BACK and is_doubted(part.standing):
            known = await self._read_back(platform, job, part, deadline)
            if known is not None:
                return known
        try:
            receipt = await self._call(platform, job, platform.marked(part.payload, str(part.id)), deadline)
        except OutsideError as error:
            get_logger(__name__).info("part_not_sent", part=part.part, reason=error.reason)
            return self._failed(platform, job, part, error)
        name = receipt.platform_message_id
        sent = Outcome(DeliveryState.SENT, platform_message_id=name, known_as=receipt.chat)
        return replace(sent, after=receipt.pause + _BEYOND_A_LIMIT, holds="chat") if receipt.pause else sent

    async def _checked(self, platform: Platform, job: Job, part: Part) -> Outcome | None:
        """Whether the channel is accepted again, before a part is risked for it; None where it is, or nobody can say.

        A check says nothing of an account that is held back.
        """
        known = job.access.problem
        if known is None or known.reason == ProblemReason.ACCOUNT_HELD:
            return None
        try:
            await platform.check(job.access.channel)
        except CredentialsRefused as error:
            return Outcome(DeliveryState.PLANNED, reason=error.reason, error=str(error), problem=error.reason)
        except OutsideError as error:
            after = (error.after if isinstance(error, Again) else None) or backed_off(part.attempts)
            return Outcome(DeliveryState.PLANNED, reason=error.reason, error=str(error), after=after)
        return None

    async def _finish(self, platform: Platform, job: Job, part: Part, name: str, deadline: float) -> Outcome:
        """Have the message that grew say its part; as often as it takes, for that does no harm."""
        try:
            assert platform.changes is not None
            payload = platform.marked(part.payload, str(part.id))
            await platform.changes.edit(job.access.channel, payload, name, deadline)
        except OutcomeUnknown as error:
            after = backed_off(part.attempts)
            return Outcome(DeliveryState.PLANNED, reason=UNFINISHED, error=str(error), after=after)
        except (Moved, ChangeRefused, Unacceptable) as error:
            failed = self._failed(platform, job, part, error)
            plain = isinstance(error, FormattingRefused) and failed.state is DeliveryState.PLANNED
            return failed if plain else replace(failed, state=DeliveryState.PLANNED, ends_reply=False, lost=True)
        except OutsideError as error:
            return self._failed(platform, job, part, error)
        return Outcome(DeliveryState.SENT, platform_message_id=name)

    async def _call(self, platform: Platform, job: Job, payload: Payload, deadline: float) -> Receipt:
        file = file_of(payload)
        if file is None:
            return await platform.send(job.access.channel, payload, deadline)
        async with self._room:
            content = await self._store.read(job.access.workspace_id, UUID(file.id))
            return await platform.send_file(job.access.channel, payload, content, deadline)

    async def _read_back(self, platform: Platform, job: Job, part: Part, deadline: float) -> Outcome | None:
        """What became of an earlier send; None where the part is to be sent again."""
        assert part.planned_at is not None
        try:
            found = await platform.find(job.access.channel, part.payload, str(part.id), part.planned_at, deadline)
        except (Again, OutcomeUnknown) as error:
            after = (error.after if isinstance(error, Again) else None) or backed_off(part.attempts)
            return Outcome(DeliveryState.PLANNED, reason=error.reason, error=str(error), after=after)
        except CredentialsRefused as error:
            return Outcome(DeliveryState.PLANNED, reason=error.reason, error=str(error), problem=error.reason)
        except OutsideError as error:
            get_logger(__name__).info("part_not_read_back", part=part.part, reason=error.reason)
            once_more = job.access.bot.delivery.uncertain == "at_least_once" and earlier_doubts(part.standing) == 1
            return None if once_more else Outcome(DeliveryState.UNCERTAIN, reason="outcome_unknown", error=str(error))
        return Outcome(DeliveryState.SENT, platform_message_id=found.platform_message_id) if found else None

    def _failed(self, platform: Platform, job: Job, part: Part, error: OutsideError) -> Outcome:
        said = Outcome(DeliveryState.FAILED, reason=error.reason, error=str(error))
        match error:
            case OutcomeUnknown() if platform.guarantee is Guarantee.RECEIPT:
                return Outcome(DeliveryState.SENDING, error=str(error))
            case OutcomeUnknown():
                again = sends_after_doubt(
                    Standing(state=DeliveryState.SENDING, doubts=part.standing.doubts),
                    platform.guarantee,
                    job.access.bot.delivery.uncertain,
                )
                if again:
                    doubts = earlier_doubts(part.standing) + 1
                    is_read = platform.guarantee is Guarantee.READ_BACK
                    after = _PAUSE_BEFORE_READING_BACK if is_read else _PAUSE_AFTER_DOUBT
                    return replace(said, state=DeliveryState.PLANNED, after=after, doubts=doubts)
                return replace(said, state=DeliveryState.UNCERTAIN)
            case Again():
                return _again(said, part, error)
            case Moved():
                moved = platform.readdressed(part.payload, error.chat)
                return Outcome(DeliveryState.PLANNED, payload=moved, moved_to=error.chat)
            case FormattingRefused() if (plain := platform.unformatted(part.payload)) is not None:
                return Outcome(DeliveryState.PLANNED, payload=plain)
            case CredentialsRefused() | AccountHeld():
                return replace(said, problem=error.reason, ends_reply=True, of_contact=False)
            case Never():
                return replace(said, ends_reply=not isinstance(error, Unacceptable))
        return said


def _again(said: Outcome, part: Part, error: Again) -> Outcome:
    """When a part is sent again, as long as that is worth it."""
    if isinstance(error, PassingFault) and part.attempts + 1 >= error.most_attempts:
        last = error.then
        ends = not issubclass(last, Unacceptable)
        return replace(said, reason=last.reason, ends_reply=ends, of_contact=last is not FaultPersists)
    again = replace(said, state=DeliveryState.PLANNED, after=error.after or error.backoff.after(part.attempts))
    if isinstance(error, RateLimited):
        assert again.after is not None
        return replace(again, after=again.after + _BEYOND_A_LIMIT, holds=error.scope)
    return again
