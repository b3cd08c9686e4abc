"""The demo model: answers without a key, so that a fresh installation can be talked to."""

import asyncio
import re

from adapters.ai.base import BUILT_IN, Answer, Checked, Listener
from domain.bots import Model
from domain.transcripts import Prompt, estimate_tokens

_NAME = "demo"
_FIRST = (
    "Hello! I am the built-in demo model: I need no key, and I understand nothing. "
    "I prove that your message went all the way: **webhook → PostgreSQL → Temporal → model → you**.\n\n"
    "- Your message was recorded before it was acknowledged.\n"
    "- This answer is stored, and would be sent exactly once even if a process had died in between.\n\n"
    "Set `OPENAI_API_KEY`, and a real model answers."
)
_PIECES = 25
_PAUSE_SECONDS = 0.02
"""Half a second for a whole answer, if somebody listens: long enough to be seen, short enough not to be waited for."""


class Demo:
    """Repeats what it heard, and says what it remembers."""

    endpoint = BUILT_IN
    identity = BUILT_IN

    async def complete(self, model: Model, prompt: Prompt, listener: Listener | None = None) -> Answer:
        """An answer made of the prompt alone; a listener hears it word by word, a long one some words at a time."""
        heard = [line.text for line in prompt.lines if line.role == "user"]
        spoken = any(line.role == "assistant" for line in prompt.lines)
        text = _echo(heard) if heard else _FIRST
        if heard and not spoken:
            text = f"{text}\n\n{_FIRST}"
        if listener is not None:
            await _speak(text, listener)
        return Answer(
            text=text,
            model=_NAME,
            input_tokens=prompt.estimated_tokens,
            output_tokens=estimate_tokens(text),
            free=True,
            finish_reason="stop",
        )

    async def examine(self) -> tuple[Checked, ...]:
        """The demo model is always there."""
        return (Checked(None, None),)


async def _speak(text: str, listener: Listener) -> None:
    words = re.findall(r"\S+\s*|\s+", text)
    at_once = -(-len(words) // _PIECES)
    listener.begin()
    for start in range(0, len(words), at_once):
        listener.hear("".join(words[start : start + at_once]))
        await asyncio.sleep(_PAUSE_SECONDS)


def _echo(heard: list[str]) -> str:
    said = heard[-1].strip() or "…"
    before = f" Before that, you wrote {len(heard) - 1} other messages." if len(heard) > 2 else ""
    return f"You said: {said}{before}"
