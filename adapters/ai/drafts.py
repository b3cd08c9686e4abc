"""A model's answer while it comes in: bounded, and made of parts whose every field may be missing or wrong."""

from adapters.ai.base import Answer
from adapters.errors import EmptyAnswer
from domain.prices import Tokens
from domain.text import MAX_MESSAGE_CHARACTERS, storable
from domain.transcripts import Prompt, estimate_tokens

MAX_CHARACTERS = MAX_MESSAGE_CHARACTERS + 1
"""One more than is ever shown, so that who shows it sees that it was cut."""
_MAX_NAME = 200


class Draft:
    """What was said so far, and what the provider counted."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._characters = 0
        self.model: str | None = None
        self.tokens = Tokens()
        self.finish_reason: str | None = None
        self.complete = False

    @property
    def full(self) -> bool:
        """Whether it holds all that can be shown: the rest need not be waited for."""
        return self._characters >= MAX_CHARACTERS

    def say(self, text: object) -> bool:
        """Add a piece, as far as there is room; False for what is no words."""
        if not isinstance(text, str) or not text:
            return False
        kept = text[: MAX_CHARACTERS - self._characters]
        self._pieces.append(kept)
        self._characters += len(kept)
        return True

    def name(self, model: object) -> None:
        """Which model says that it speaks."""
        if isinstance(model, str) and model:
            self.model = model[:_MAX_NAME]

    def finish(self, reason: object) -> None:
        """Why it stopped speaking; whoever gives a reason has come to the end."""
        if isinstance(reason, str) and reason:
            self.finish_reason = reason[:50]
            self.complete = True

    def answer(self, asked: str, prompt: Prompt) -> Answer:
        """The answer; what a provider did not count is estimated, or a budget could be passed by."""
        text = storable("".join(self._pieces))
        if not text.strip():
            raise EmptyAnswer(f"the model {asked!r} answered with nothing", self.tokens if self.tokens.total else None)
        tokens = self.tokens
        if not tokens.total:
            tokens = Tokens(input=prompt.estimated_tokens, output=estimate_tokens(text))
        return Answer(
            text=text,
            model=self.model or asked,
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cached_tokens=tokens.cached,
            finish_reason="cut" if self.full else self.finish_reason,
        )


def field(value: object, *names: str | int) -> object:
    """What JSON holds at a path; None where any step of it is missing or of another kind."""
    for name in names:
        if isinstance(value, dict) and isinstance(name, str):
            value = value.get(name)
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            value = value[name]
        else:
            return None
    return value


def count(value: object) -> int:
    """A number of tokens, held to what can be."""
    return min(max(value, 0), 2**31 - 1) if isinstance(value, int) and not isinstance(value, bool) else 0
