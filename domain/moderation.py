"""The built-in rules of moderation: they judge what a contact says, and redact what an answer must not hold."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from domain.bots import CategoryRule, Moderation, Rules
from domain.patterns import Pattern, compiled
from domain.transcripts import Line
from domain.verdicts import REDACTED_BY_DEFAULT, Finding, Verdict, decide

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
_WHOLE_LINK = re.compile(r"\b(?:https?://|www\.)\S*", re.IGNORECASE)
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
_REDACTED = "[removed]"
_REDACTED_LINK = "[link removed]"
_REDACTED_CARD = "[card number removed]"
_REDACTED_KEY = "[access key removed]"
_MAX_JUDGED = 100_000


Categories = Mapping[str, CategoryRule]
_NO_WISHES: Categories = MappingProxyType({})


def judge_input(text: str, rules: Rules, wanted: Categories = _NO_WISHES) -> Verdict:
    """What the rules say of a contact's text; by default nothing is refused.

    Card numbers and access keys are looked for only where the bot names what is done about them.
    """
    found = [category for category, pattern in _compiled(rules) if pattern.search(text[:_MAX_JUDGED])]
    if rules.links == "refuse" and _LINK.search(text):
        found.append("links")
    found += [name for name, clean in _CLEANERS.items() if name in wanted and clean(text) != text]
    return decide("rules", [Finding(category=name) for name in found], wanted)


def judge_output(text: str, rules: Rules, wanted: Categories = _NO_WISHES) -> tuple[str, Verdict]:
    """The answer with card numbers and access keys removed, and what the rules say of it."""
    own = Rules(words=rules.words, patterns=rules.patterns)
    verdict = judge_input(text, own, {**REDACTED_BY_DEFAULT, **wanted})
    return (text, verdict) if verdict.stops else (redacted(text, own, {**REDACTED_BY_DEFAULT, **wanted}), verdict)


def redacted(text: str, rules: Rules, wanted: Categories) -> str:
    """The text without what the bot wants taken out of it."""
    out = {name for name, rule in wanted.items() if rule.action == "redact"}
    for category, pattern in _compiled(rules):
        if category in out:
            text = pattern.sub(_REDACTED, text)
    if "links" in out and rules.links == "refuse":
        text = _WHOLE_LINK.sub(_REDACTED_LINK, text)
    for name, clean in _CLEANERS.items():
        if name in out:
            text = clean(text)
    return text


def seen_by_model(lines: Sequence[Line], moderation: Moderation) -> tuple[Line, ...]:
    """What was said, without what the bot wants taken out of it before a model sees it."""
    judges = moderation.input and moderation.provider == "rules"
    if not judges or not any(rule.action == "redact" for rule in moderation.categories.values()):
        return tuple(lines)
    return tuple(
        line.model_copy(update={"text": redacted(line.text, moderation.rules, moderation.categories)})
        if line.role == "user"
        else line
        for line in lines
    )


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


def _without_keys(text: str) -> str:
    return _ACCESS_KEYS.sub(_REDACTED_KEY, text)


_CLEANERS: Mapping[str, Callable[[str], str]] = {"card_number": _without_cards, "access_key": _without_keys}


@lru_cache(maxsize=64)
def _compiled(rules: Rules) -> tuple[tuple[str, Pattern], ...]:
    words = [(re.escape(word), "words") for word in rules.words]
    listed = [(pattern, name) for name in rules.lists for pattern in _LISTS[name]]
    known: list[tuple[str, Pattern]] = [
        (name, re.compile(rf"(?<!\w){source}(?!\w)" if name == "words" else source, re.IGNORECASE))
        for source, name in (*words, *listed)
    ]
    return (*known[: len(words)], *(("patterns", compiled(source)) for source in rules.patterns), *known[len(words) :])
