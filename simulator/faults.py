"""What should go wrong, where, and how often."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import count
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from simulator.wire import JSON, Object, http_date

FaultKind = Literal[
    "delay",
    "status",
    "reset_before_accept",
    "accept_then_reset",
    "accept_then_hang",
    "hang",
    "invalid_json",
    "close_mid_stream",
    "stall_mid_stream",
    "reset_mid_stream",
    "duplicate_webhook",
    "reorder_webhook",
]
WEBHOOK_KINDS = frozenset({"duplicate_webhook", "reorder_webhook"})
MID_STREAM_KINDS = frozenset({"close_mid_stream", "stall_mid_stream", "reset_mid_stream"})
DEFAULT_SECONDS = {"delay": 1.0, "duplicate_webhook": 0.0, "reorder_webhook": 2.0}
FOREVER_SECONDS = 3600.0

Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class Behaviour(BaseModel):
    """What happens to a request or a webhook.

    `seconds` is how long a delay or a hang lasts, how far apart duplicates are posted, or how long a webhook waits to
    be overtaken. The other fields belong to `status`: `body` replaces the platform's own error body (a string is sent
    as it is), `parameters` goes into Telegram's error, `retry_after` is in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    seconds: float | None = Field(default=None, ge=0)
    status: int = Field(default=500, ge=400, le=599)
    description: str | None = None
    body: JSON = None
    parameters: Object | None = None
    retry_after: int | None = Field(default=None, ge=0)
    retry_after_form: Literal["seconds", "http_date", "missing"] = "seconds"
    copies: int = Field(default=1, ge=1, le=100)

    @property
    def duration(self) -> float:
        """Seconds, or what is usual for this kind."""
        return self.seconds if self.seconds is not None else DEFAULT_SECONDS.get(self.kind, FOREVER_SECONDS)

    @property
    def retry_headers(self) -> dict[str, str]:
        """The `Retry-After` header in the wanted form, when there is one."""
        if self.retry_after is None or self.retry_after_form == "missing":
            return {}
        as_date = self.retry_after_form == "http_date"
        return {"Retry-After": http_date(self.retry_after) if as_date else str(self.retry_after)}


class Fault(Behaviour):
    """A behaviour and whom it meets: `*` matches in `platform` and `method`; `contains` is looked for in the text.

    Without `count` it strikes once, or, where `probability` is given, for ever; `seed` makes the chances repeatable.
    """

    platform: str = "*"
    method: str = "*"
    chat_id: Text | None = None
    contains: str | None = None
    count: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    seed: int = 0


@dataclass(frozen=True)
class Target:
    """What a fault is compared with: one request, or one update about to be posted."""

    platform: str
    method: str
    chat_id: str | None = None
    text: str | None = None


@dataclass
class Armed:
    """A fault that waits for its targets; `remaining` is None where it strikes for ever."""

    id: int
    fault: Fault
    chance: Random
    remaining: int | None
    applied: int = 0

    def strikes(self, target: Target) -> bool:
        """Whether it meets this target now; counts the strike when it does."""
        if self.remaining == 0 or not _matches(self.fault, target):
            return False
        if self.fault.probability is not None and self.chance.random() >= self.fault.probability:
            return False
        self.applied += 1
        if self.remaining is not None:
            self.remaining -= 1
        return True

    def describe(self) -> Object:
        """As the control API shows it."""
        shown: Object = self.fault.model_dump(mode="json", exclude_unset=True)
        return {"id": self.id, **shown, "applied": self.applied, "remaining": self.remaining}


class Faults:
    """All faults that were asked for, in the order in which they were."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []
        self._ids = count(1)

    def add(self, fault: Fault) -> Armed:
        """Arm a fault."""
        remaining = fault.count
        if remaining is None and fault.probability is None:
            remaining = 1
        armed = Armed(next(self._ids), fault, Random(fault.seed), remaining)
        self._armed.append(armed)
        return armed

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def listed(self) -> list[Armed]:
        """All faults since the last clearing, the spent ones too."""
        return list(self._armed)

    def for_call(self, target: Target) -> list[Behaviour]:
        """What happens to a request: every delay that meets it, then at most one other fault."""
        found: list[Behaviour] = []
        decided = False
        for armed in self._armed:
            is_delay = armed.fault.kind == "delay"
            if armed.fault.kind in WEBHOOK_KINDS or (decided and not is_delay) or not armed.strikes(target):
                continue
            decided = decided or not is_delay
            found.append(armed.fault)
        return found

    def for_webhook(self, target: Target, kind: Literal["duplicate_webhook", "reorder_webhook"]) -> Behaviour | None:
        """The first fault of this kind that meets an update about to be posted."""
        return next((armed.fault for armed in self._armed if armed.fault.kind == kind and armed.strikes(target)), None)


def _matches(fault: Fault, target: Target) -> bool:
    return (
        fnmatchcase(target.platform, fault.platform)
        and fnmatchcase(target.method.lower(), fault.method.lower())
        and fault.chat_id in (None, target.chat_id)
        and (fault.contains is None or fault.contains in (target.text or ""))
    )
