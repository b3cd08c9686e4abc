"""A model's answer while it comes in: bounded, and made of parts whose every field may be missing or wrong."""

from adapters.ai.base import Answer, Listener
from adapters.errors import EmptyAnswer
from domain.prices import Tokens
from domain.text import MAX_MESSAGE_CHARACTERS, storable
from domain.tool_calls import MAX_ARGUMENT_CHARACTERS, MAX_NAME_CHARACTERS, MOST_WANTED, WantedCall
from domain.transcripts import Prompt, estimate_tokens

MAX_CHARACTERS = MAX_MESSAGE_CHARACTERS + 1
"""One more than is ever shown, so that who shows it sees that it was cut."""
_MAX_NAME = 200


class Draft:
    """What was said so far, and what the provider counted."""

    def __init__(self, listener: Listener | None = None) -> None:
        self._listener = listener
        if listener is not None:
            listener.begin()
        self._pieces: list[str] = []
        self._characters = 0
        self._calls: dict[int | str, list[str]] = {}
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
        if self._listener is not None:
            self._listener.hear(kept)
        return True

    def want(self, place: object, name: object, arguments: object) -> bool:
        """Add to the call at a place: its name, once it is known, and the next piece of its arguments."""
        if not isinstance(place, int | str) or (place not in self._calls and len(self._calls) == MOST_WANTED):
            return False
        call = self._calls.setdefault(place, ["", ""])
        if isinstance(name, str):
            call[0] = (call[0] or name)[:MAX_NAME_CHARACTERS]
        if isinstance(arguments, str):
            # One more than is taken, so that who reads it sees that it was too long.
            call[1] += arguments[: MAX_ARGUMENT_CHARACTERS + 1 - len(call[1])]
        return True

    def wants(self, place: str) -> bool:
        """Whether a call was told of at this place."""
        return place in self._calls

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
        calls = tuple(WantedCall(name=name, arguments=arguments) for name, arguments in self._calls.values() if name)
        if not prompt.may_call or not prompt.tools:
            calls = ()
        if not text.strip() and not calls:
            raise EmptyAnswer(f"the model {asked!r} answered with nothing", self.tokens if self.tokens.total else None)
        tokens = self.tokens
        if not tokens.total:
            tokens = Tokens(
                input=prompt.estimated_tokens,
                output=estimate_tokens("".join((text, *(call.arguments for call in calls)))),
            )
        return Answer(
            text=text,
            model=self.model or asked,
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cached_tokens=tokens.cached,
            finish_reason="cut" if self.full else self.finish_reason,
            calls=calls,
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
