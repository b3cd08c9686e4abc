"""Drafts: how much of an answer may be shown while the model is still giving it."""

from domain.bots import Moderation
from domain.moderation import judge_output, settled
from domain.text import MAX_MESSAGE_CHARACTERS, storable
from domain.verdicts import REDACTED_BY_DEFAULT, STOPPING


def may_be_shown(moderation: Moderation, *, verdict_due: bool) -> bool:
    """Whether nobody can refuse the answer any more, whatever it will say; what is redacted in it is another matter."""
    if verdict_due:
        return False
    if not moderation.output or moderation.provider == "none":
        return True
    own = moderation.rules.words or moderation.rules.patterns
    wanted = (rule for name, rule in moderation.categories.items() if name in REDACTED_BY_DEFAULT)
    refused = any(rule.action in STOPPING for rule in wanted)
    return moderation.provider == "rules" and not own and not refused


def shown(said: str, moderation: Moderation) -> str:
    """The beginning of an answer as it will stay, whatever the model says next."""
    text = storable(_whole(said[:MAX_MESSAGE_CHARACTERS]))
    if not moderation.output or moderation.provider == "none":
        return text
    return judge_output(settled(text), moderation.rules, moderation.categories)[0]


def _whole(text: str) -> str:
    """Without the first half of a surrogate pair at the end: the second may be on its way."""
    return text[:-1] if "\ud800" <= text[-1:] <= "\udbff" else text
