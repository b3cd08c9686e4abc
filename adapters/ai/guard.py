"""A guard model: judges a text by the word with which it answers."""

import re

from adapters.ai.base import Provider
from adapters.errors import Unreachable
from domain.bots import Model
from domain.moderation import Verdict
from domain.transcripts import Line, Prompt

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

    def __init__(self, provider: Provider, name: str, model: Model, policy: str | None) -> None:
        self._provider = provider
        self._name = name
        self._policy = policy
        self._model = model.model_copy(
            update={"temperature": 0.0, "max_output_tokens": _MOST_TOKENS, "timeout_seconds": SECONDS}
        )

    async def judge(self, text: str) -> Verdict:
        """What it finds in a text."""
        policy = (Line(role="system", text=self._policy),) if self._policy else ()
        prompt = Prompt(lines=(*policy, Line(role="user", text=text)), estimated_tokens=0)
        return read(self._name, (await self._provider.complete(self._model, prompt)).text)


def read(name: str, answer: str) -> Verdict:
    """The verdict in an answer: its first word, and behind it what was found; raises `Unreachable` for any other."""
    words = [word.strip() for word in _WORDS.findall(answer)]
    first, _, rest = words[0].partition(" ") if words else ("", "", "")
    if first.lower() in _ALLOWED:
        return Verdict(provider=name)
    if first.lower() not in _REFUSED:
        raise Unreachable(f"the guard model {name!r} answered with something that is no verdict")
    found = [word[:50] for word in (rest, *words[1:]) if word]
    return Verdict(action="refuse", provider=name, categories=tuple(found[:_MOST_CATEGORIES]) or ("unsafe",))
