"""Verdicts: what moderation found in a text, and what the bot wants done about it."""

from collections.abc import Iterable, Mapping

from domain.bots import Action, CategoryRule
from domain.models import Frozen

STRICTNESS: tuple[Action, ...] = ("allow", "redact", "refuse", "end", "hand_over")
"""Of several actions the last one is done: a person who looks at it comes before all else."""
STOPPING: tuple[Action, ...] = ("refuse", "end", "hand_over")
"""After these the text itself goes nowhere."""
_REFUSE, _REDACT = CategoryRule(), CategoryRule(action="redact")
REDACTED_BY_DEFAULT: Mapping[str, CategoryRule] = {"card_number": _REDACT, "access_key": _REDACT}
"""What the built-in rules take out of every answer."""


class Finding(Frozen):
    """A category that a judge found, or thought of: `score` is how sure it is, `flagged` whether it says so itself."""

    category: str
    score: float | None = None
    flagged: bool = True


class Verdict(Frozen):
    """What is to be done about a text, and the categories because of which it is."""

    action: Action = "allow"
    provider: str = "rules"
    categories: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether the text goes nowhere."""
        return self.action in STOPPING

    @property
    def is_told(self) -> bool:
        """Whether it is worth keeping: something was found, whatever is done about it."""
        return self.action != "allow" or bool(self.categories)

    @property
    def reason(self) -> str:
        """Why a message was refused, or its answer."""
        return f"moderation:{','.join(self.categories)}"


def decide(provider: str, findings: Iterable[Finding], wanted: Mapping[str, CategoryRule]) -> Verdict:
    """What the bot wants done about what was found: the strictest of what it wants for each category that counts."""
    counted = [found for found in findings if _counts(found, wanted.get(found.category, _REFUSE))]
    actions = [(found.category, wanted.get(found.category, _REFUSE).action) for found in counted]
    strictest = max((action for _, action in actions), key=STRICTNESS.index, default="allow")
    reasons = tuple(category for category, action in actions if action == strictest)
    return Verdict(action=strictest, provider=provider, categories=reasons)


def stricter(first: Verdict, second: Verdict) -> Verdict:
    """Of two verdicts the one that does more; of equal ones the first that found something."""
    if STRICTNESS.index(second.action) > STRICTNESS.index(first.action):
        return second
    return first if first.is_told else second if second.action == first.action else first


def _counts(found: Finding, rule: CategoryRule) -> bool:
    """By its score where the bot names one, else by what the judge says itself."""
    if rule.threshold is None or found.score is None:
        return found.flagged
    return found.score >= rule.threshold
