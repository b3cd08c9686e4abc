"""A turn: which messages it answers, with which reply, and how its account is closed."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, Self

from domain.deliveries import DeliveryState
from domain.events import EventState
from domain.models import Frozen
from domain.tool_calls import PlannedCall


class ReplyKind(StrEnum):
    """What a reply is; together with turn and generation it names the reply."""

    ANSWER = "answer"
    REFUSAL = "refusal"
    APOLOGY = "apology"
    GREETING = "greeting"
    HELP = "help"
    WAIT = "wait"
    """Told to who writes while the bot answers and is to wait; it answers nothing."""
    EXHAUSTED = "exhausted"
    """What the bot may spend on a day is spent."""


class Account(Frozen):
    """The end of the events that a turn answered."""

    state: EventState
    reason: str | None = None


_REACHED = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


def reply_key(turn: int, generation: int, kind: ReplyKind) -> str:
    """The name of a turn's reply, part of every delivery's key; it knows neither run nor attempt."""
    return f"turn:{turn}:{generation}:{kind}"


def account(kind: ReplyKind, parts: tuple[DeliveryState, ...], reason: str | None) -> Account:
    """How the answered events end, once every part of the reply has come to rest.

    `reason` is why the reply is a refusal or an apology, or why its delivery failed.
    """
    if kind is ReplyKind.EXHAUSTED:
        return Account(state=EventState.REJECTED, reason=reason or "budget")
    if kind is ReplyKind.REFUSAL:
        return Account(state=EventState.REFUSED, reason=reason or "moderation")
    if kind is ReplyKind.APOLOGY:
        return Account(state=EventState.FAILED, reason=reason or "no_answer")
    if any(part in _REACHED for part in parts):
        return Account(state=EventState.ANSWERED)
    if not parts:
        return Account(state=EventState.FAILED, reason=reason or "empty_answer")
    return Account(state=EventState.FAILED, reason=reason or "undeliverable")


class Begin(Frozen):
    """Which waiting events a conversation brings to *begin*; `behind`: more of them wait in PostgreSQL alone."""

    conversation_id: str
    brought: tuple[str, ...] = ()
    behind: bool = False
    together: bool = True
    correlation_id: str | None = None


Meanwhile = Literal["", "interrupt", "reject"]
"""What a message does that comes while the model works: wait, have old and new answered together, or be turned away."""


Understanding = Literal["", "beside", "before"]
"""When a turn's messages are understood: not at all, beside the model, or before what it is told can depend on it."""


class Begun(Frozen):
    """What PostgreSQL says is to be done now.

    `turn` 0 means that there is nothing to answer. `settled` are the brought events that need not be brought again:
    members of the turn, held ones, and those that have an end already. `more` says that others wait.
    """

    turn: int = 0
    turn_id: str = ""
    generation: int = 1
    members: int = 0
    settled: tuple[str, ...] = ()
    more: bool = False
    reply: ReplyKind | None = None
    reason: str | None = None
    patience_seconds: float = 120.0
    judge_input: bool = False
    judge_before: bool = False
    fail_closed: bool = False
    wait_seconds: float = 0.0
    """Above the contact's rate: no turn is opened for so long, and then what waits is answered together."""
    meanwhile: Meanwhile = ""
    understand: Understanding = ""


class Pressing(Frozen):
    """Messages that came while a turn runs whose bot has no time for them."""

    conversation_id: str
    turn_id: str
    brought: tuple[str, ...] = ()


class TurnedAway(Frozen):
    """Which of the brought messages wait no longer; `tell`: whether the contact is to hear that it must wait."""

    settled: tuple[str, ...] = ()
    tell: bool = False


class TurnRef(Frozen):
    """A turn in a generation, for the activities that work on it."""

    conversation_id: str
    turn_id: str
    turn: int
    generation: int = 1
    patience_seconds: float = 120.0
    correlation_id: str | None = None
    verdict_due: bool = False
    """A provider judges what was said while the model already answers: nothing of the answer may be seen yet."""


class Understand(Frozen):
    """A turn whose messages are to be understood; `before` its model is asked only what that depends on."""

    turn: TurnRef
    before: bool = False


class Understood(Frozen):
    """How many messages were understood now; `beside`: nothing is done yet, for the model need not wait for it."""

    messages: int = 0
    failed: int = 0
    beside: bool = False


class Completed(Frozen):
    """What came of asking the model: the answer itself stays in PostgreSQL."""

    refused: bool = False
    exhausted: bool = False
    """Nobody was asked: the bot's budget of the day is spent."""
    reason: str | None = None
    model: str = ""
    output_tokens: int = 0
    calls: tuple[PlannedCall, ...] = ()
    """Calls of tools to make, in this order."""
    more: bool = False
    """It is no answer yet: the model is to be asked again, once the calls are made."""


class Reply(Frozen):
    """A reply to deliver: a turn's, or one that an operator or the bot says on its own (`message_id`)."""

    conversation_id: str
    turn_id: str | None = None
    turn: int = 0
    generation: int = 1
    kind: ReplyKind = ReplyKind.ANSWER
    reason: str | None = None
    message_id: str | None = None
    give_up: bool = False
    correlation_id: str | None = None


class Delivered(Frozen):
    """How a reply ended: the number of its parts by state, and the end of the events that it answered."""

    sent: int = 0
    uncertain: int = 0
    failed: int = 0
    dropped: int = 0
    state: str | None = None
    outdated: bool = False
    """Nothing was sent, because the turn has got a new generation since."""

    @classmethod
    def of(cls, states: Sequence[DeliveryState], state: str | None) -> Self:
        """The end of a reply whose parts stand so."""
        return cls(
            sent=states.count(DeliveryState.SENT),
            uncertain=states.count(DeliveryState.UNCERTAIN),
            failed=states.count(DeliveryState.FAILED),
            dropped=states.count(DeliveryState.DROPPED),
            state=state,
        )
