"""Budgets of a day (in UTC): whether one more call fits in what is left of each, with what others have in hand."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from domain.bots import DayLimits, Limits
from domain.models import Frozen

_NOTHING = 1e-9
"""Sums of fractions are that far from what they should be."""
Limit = Literal["tokens_per_day", "cost_per_day"]
Owner = Literal["conversation", "contact", "bot", "workspace"]
"""Who has a budget, the narrowest first."""
Purpose = Literal["answer", "judge_input", "judge_output", "summary", "run", "understand", "translate"]
"""What a model is called for."""


class Amount(Frozen):
    """Tokens and what they cost; None where the price is not known."""

    tokens: int = 0
    cost: float | None = 0.0


class Spent(Frozen):
    """What a day has cost so far, and what calls under way may cost at most."""

    spent: Amount = Amount()
    reserved: Amount = Amount()


class Verdict(Frozen):
    """Whether a call may be made: now, when calls under way are over (`wait`), or not today (`exhausted`)."""

    exhausted: Limit | None = None
    owner: Owner = "bot"
    """Whose budget is exhausted."""
    wait: bool = False


def limits_of(limits: Limits, workspace: DayLimits) -> dict[Owner, DayLimits]:
    """What each of those may spend who pay for a bot's calls, the narrowest first."""
    return {
        "conversation": limits.per_conversation,
        "contact": limits.per_contact,
        "bot": limits,
        "workspace": workspace,
    }


def held_to(limits: Limits, workspace: DayLimits) -> dict[Owner, DayLimits]:
    """The budgets that a call of a bot has to fit into, the narrowest first; none where nothing is limited."""
    return {
        owner: limit
        for owner, limit in limits_of(limits, workspace).items()
        if limit.tokens_per_day is not None or limit.cost_per_day is not None
    }


def judge(limits: DayLimits, day: Spent, wanted: Amount) -> Verdict:
    """Whether a call that takes at most so much fits in what is left.

    What is reserved is an upper bound that mostly comes back: a call that it alone stands in the way of is to wait.
    A call of unknown price cannot be held to a budget of cost; one that costs nothing cannot break it.
    """
    rules: tuple[tuple[Limit, float | None, float | None, float, float], ...] = (
        ("tokens_per_day", limits.tokens_per_day, wanted.tokens, day.spent.tokens, day.reserved.tokens),
        ("cost_per_day", limits.cost_per_day, wanted.cost, day.spent.cost or 0, day.reserved.cost or 0),
    )
    waits = False
    for name, limit, more, spent, reserved in rules:
        if limit is None or not more:
            continue
        if spent + more > limit + _NOTHING:
            return Verdict(exhausted=name)
        waits = waits or spent + reserved + more > limit + _NOTHING
    return Verdict(wait=waits)


def judge_all(limits: Mapping[Owner, DayLimits], days: Mapping[Owner, Spent], wanted: Amount) -> Verdict:
    """Whether a call fits in what is left of every budget that it has to be paid from."""
    verdicts: dict[Owner, Verdict] = {owner: judge(limits[owner], days[owner], wanted) for owner in limits}
    for owner, verdict in verdicts.items():
        if verdict.exhausted:
            return verdict.model_copy(update={"owner": owner})
    return Verdict(wait=any(verdict.wait for verdict in verdicts.values()))


def reason(owner: Owner, limit: Limit) -> str:
    """Why a message was not answered; of the bot's own budget only the limit is named."""
    return f"budget:{limit}" if owner == "bot" else f"budget:{owner}:{limit}"


def remaining(limit: float | None, spent: float, reserved: float) -> float | None:
    """What is left of a limit; None where there is none."""
    return None if limit is None else max(limit - spent - reserved, 0)


def day_of(now: datetime) -> date:
    """The day that a call counts for, in UTC."""
    return now.astimezone(UTC).date()


def begins(day: date) -> datetime:
    """When a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def resets_at(day: date) -> datetime:
    """When the next day begins, and with it a new budget."""
    return begins(day) + timedelta(days=1)
