"""The built-in rules of moderation: they refuse what a contact says, and redact what an answer must not hold."""

import re
from functools import lru_cache
from typing import Literal

from domain.bots import Rules
from domain.models import Frozen

_LISTS = {
    "abuse": (
        r"\b(?:kill yourself|kys|go die)\b",
        r"\b(?:you(?:'re| are) (?:a |an )?(?:worthless|stupid|fucking) (?:piece of shit|bitch|cunt|idiot))\b",
    ),
    "personal_data": (
        r"\b[A-Z0-9._%+-]{1,64}@[A-Z0-9.-]{1,190}\.[A-Z]{2,24}\b",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",
        r"\b\d{3}-\d{2}-\d{4}\b",
    ),
    "injection": (
        r"\b(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:the |your |my )?(?:previous|prior|above|earlier) "
        r"(?:instructions|prompts?|rules)\b",
        r"\b(?:reveal|print|show|repeat) (?:me )?(?:your|the) (?:system prompt|instructions)\b",
    ),
}
_LINK = re.compile(r"\bhttps?://|\bwww\.", re.IGNORECASE)
_CARD = re.compile(
    r"(?<!\w)(?<!\d\.)(?P<number>\d{13,19}|\d{4}(?P<gap>[ .\u00a0\u202f-])"
    r"(?:\d{4}(?P=gap)\d{4}(?P=gap)\d{4}|\d{6}(?P=gap)\d{4,5}))(?P<tail>(?P=gap)\d{1,3})?(?!\w)"
)
_ISSUED = re.compile(r"4\d{12}|3[0689]\d{12}|3[47]\d{13}|[2-9]\d{15,18}")
_ACCESS_KEYS = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{36,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}"
    r"|AIza[0-9A-Za-z_-]{35}|\d{8,10}:[A-Za-z0-9_-]{35})"
)
_IN_A_KEY = re.compile(r"[A-Za-z0-9_:-]")
_BETWEEN_DIGITS = " .\u00a0\u202f-"
_REDACTED_CARD = "[card number removed]"
_REDACTED_KEY = "[access key removed]"
_MAX_JUDGED = 100_000


class Verdict(Frozen):
    """What moderation found: `refuse` stops the text, `redact` replaced a part of it, `allow` let it pass."""

    action: Literal["allow", "redact", "refuse"] = "allow"
    provider: str = "rules"
    categories: tuple[str, ...] = ()


def judge_input(text: str, rules: Rules) -> Verdict:
    """What the rules say of a contact's text; by default nothing is refused."""
    found = tuple(category for category, pattern in _compiled(rules) if pattern.search(text[:_MAX_JUDGED]))
    if rules.links == "refuse" and _LINK.search(text):
        found = (*found, "links")
    return Verdict(action="refuse", categories=found) if found else Verdict()


def judge_output(text: str, rules: Rules) -> tuple[str, Verdict]:
    """The answer with card numbers and access keys removed, and what the rules say of it."""
    refused = judge_input(text, Rules(words=rules.words, patterns=rules.patterns))
    if refused.action == "refuse":
        return text, refused
    clean = _without_cards(text)
    cleaned, keys = _ACCESS_KEYS.subn(_REDACTED_KEY, clean)
    if cleaned == text:
        return text, Verdict()
    names = ("card_number",) * (clean != text) + ("access_key",) * (keys > 0)
    return cleaned, Verdict(action="redact", categories=names)


def settled(text: str) -> str:
    """The longest beginning of an answer in which the same is redacted, whatever comes after it.

    It ends with a character that is in no card number and in no access key: neither reaches beyond it.
    """
    for end in range(len(text), 0, -1):
        last, before = text[end - 1], text[end - 2 : end - 1]
        is_gap = last in _BETWEEN_DIGITS and before.isdecimal()
        if not (is_gap or last.isdecimal() or _IN_A_KEY.match(last)):
            return text[:end]
    return ""


def _without_cards(text: str) -> str:
    """The text without card numbers; what stands beside one, such as its expiry date, is judged apart from it."""
    kept: list[str] = []
    done = start = 0
    while match := _CARD.search(text, start):
        end = next((end for end in (match.end(), match.end("number")) if is_card_number(text[match.start() : end])), 0)
        start = end or match.start() + 1
        if end:
            kept += (text[done : match.start()], _REDACTED_CARD)
            done = end
    return "".join((*kept, text[done:]))


def is_card_number(text: str) -> bool:
    """Whether the digits of a text are a payment card's: an issuer's, of its length, with Luhn's check digit.

    See ISO/IEC 7812-1, annex B; one long number in ten passes that check alone, so lengths and first digits count too.
    """
    digits = [int(character) for character in text if character.isdecimal()]
    if not _ISSUED.fullmatch("".join(map(str, digits))) or len(set(digits)) == 1:
        return False
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (doubled + sum(digits[-1::-2])) % 10 == 0


@lru_cache(maxsize=256)
def _compiled(rules: Rules) -> tuple[tuple[str, re.Pattern[str]], ...]:
    words = [("words", rf"(?<!\w){re.escape(word)}(?!\w)") for word in rules.words]
    own = [("patterns", pattern) for pattern in rules.patterns]
    listed = [(name, pattern) for name in rules.lists for pattern in _LISTS[name]]
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in (*words, *own, *listed))
