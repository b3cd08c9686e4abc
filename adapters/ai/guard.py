"""A guard model: judges a text by the word with which it answers."""

import re

from adapters.ai.base import Asked, Asking
from adapters.errors import Unreachable
from domain.transcripts import Line, Prompt, build
from domain.verdicts import Finding

_WORDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/ -]*")
_ALLOWED = frozenset({"safe", "no", "0", "allow", "allowed"})
_REFUSED = frozenset({"unsafe", "yes", "1", "refuse", "refused", "violation"})
_MOST_CATEGORIES = 20
_MOST_TOKENS = 200
SECONDS = 10.0


class Guard:
    """A model that answers `safe`, or `unsafe` and what it found, as Llama Guard does; ShieldGemma's words are known.

    See https://huggingface.co/meta-llama/Llama-Guard-3-8B: `unsafe`, and on the next line its categories: `S1,S10`.
    """

    def __init__(self, asked: Asked, name: str, policy: str | None) -> None:
        self._name = name
        self._policy = policy
        held = {"temperature": 0.0, "max_output_tokens": _MOST_TOKENS, "timeout_seconds": SECONDS}
        self._asked = Asked(asked.provider, asked.model.model_copy(update=held))

    async def judge(self, text: str, asking: Asking) -> tuple[Finding, ...]:
        """What it finds in a text."""
        return read(self._name, await asking(self._asked, _prompt(self._policy, text)))


def _prompt(policy: str | None, text: str) -> Prompt:
    return build(policy or "", (Line(role="user", text=text),), budget_tokens=0, most_messages=1, must_see=1)


def read(name: str, answer: str) -> tuple[Finding, ...]:
    """The findings in an answer: its first word, and behind it what was found; raises `Unreachable` for any other."""
    words = [word.strip() for word in _WORDS.findall(answer)]
    first, _, rest = words[0].partition(" ") if words else ("", "", "")
    if first.lower() in _ALLOWED:
        return ()
    if first.lower() not in _REFUSED:
        raise Unreachable(f"the guard model {name!r} answered with something that is no verdict")
    found = [word[:50] for word in (rest, *words[1:]) if word]
    return tuple(Finding(category=category) for category in found[:_MOST_CATEGORIES] or ["unsafe"])
