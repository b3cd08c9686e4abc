"""What the model says, as the control API sets it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.faults import Behaviour
from simulator.openai.structured import Shaped
from simulator.wire import JSON, Object

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
FILLER = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore. "


class ToolCall(BaseModel):
    """A call of a tool; `arguments` is what the model writes, JSON or not."""

    model_config = ConfigDict(extra="forbid")

    name: str
    arguments: str = "{}"


class Answer(BaseModel):
    """One way to answer: `text`, or so many `characters`, or else an echo of the user.

    The echo says the user's last message, or all that were `unanswered`: those behind the last answer, or the `results`
    of the tools that were called for it. `tool_calls` are left out where the request forbids calls, unless the model is
    `disobedient`.
    `delay_seconds` is waited before the answer, `chunk_seconds` between the pieces of a streamed one; `fault` is what
    goes wrong with it.
    """

    model_config = ConfigDict(extra="forbid")

    text: str | None = None
    characters: int | None = Field(default=None, ge=0, le=20_000_000)
    echo: Literal["last", "unanswered", "results"] = "last"
    finish_reason: FinishReason = "stop"
    tool_calls: list[ToolCall] = Field(default_factory=list)
    disobedient: bool = False
    delay_seconds: float = Field(default=0.0, ge=0)
    chunk_seconds: float = Field(default=0.0, ge=0)
    chunk_characters: int | None = Field(default=None, ge=1)
    fault: Behaviour | None = None

    def say(self, messages: JSON) -> str:
        """The words, to somebody who said these."""
        if self.characters is not None:
            return _filler(self.characters)
        if self.text is not None:
            return self.text
        if self.echo == "results":
            return f"The tools said: {' '.join(tool_results(messages))}"
        return f"You said: {last_user_text(messages) if self.echo == 'last' else unanswered_text(messages)}"

    def permitted(self, request: Object) -> "Answer":
        """The answer without calls, where the request forbids them and the model obeys."""
        forbidden = request.get("tool_choice") == "none" and not self.disobedient
        return self.model_copy(update={"tool_calls": []}) if forbidden else self


class Rule(Answer):
    """An answer to whatever contains a text; with `count`, only so many times.

    With `results`, only behind so many results of tools that were called for the user's last message. With `shape`,
    only to requests that want an answer of the shape of this name; without it, only to those that want none.
    """

    contains: str
    count: int | None = Field(default=None, ge=1)
    results: int | None = Field(default=None, ge=0)
    shape: str | None = None


class Answers(BaseModel):
    """Everything that can be set; what is left out of a request stays as it is.

    The first rule that fits wins, else `default` answers, or what has the shape that is wanted. `flagged_words`
    maps a word to the moderation category that an input with it falls into. `reasoning_models` refuse `max_tokens`, and
    any temperature but 1.
    """

    model_config = ConfigDict(extra="forbid")

    default: Answer = Field(default_factory=Answer)
    rules: list[Rule] = Field(default_factory=list)
    refused_keys: list[str] = Field(default_factory=list)
    models: list[str] = Field(default_factory=lambda: ["gpt-4.1-mini", "gpt-4.1", "omni-moderation-latest"])
    missing_models: list[str] = Field(default_factory=list)
    reasoning_models: list[str] = Field(default_factory=list)
    flagged_words: dict[str, str] = Field(default_factory=dict)

    def choose(self, heard: str, results: int = 0, shaped: Shaped | None = None) -> Answer:
        """The answer to these words and so many results of tools; uses up a rule that has a count."""
        for rule in self.rules:
            if rule.shape != (shaped.name if shaped else None):
                continue
            if rule.count == 0 or rule.contains not in heard or rule.results not in (None, results):
                continue
            if rule.count is not None:
                rule.count -= 1
            return rule
        return self.default if shaped is None else Answer(text=shaped.answer(heard))

    def changed(self, changes: "Answers") -> "Answers":
        """These answers with all fields that were named in the changes."""
        return self.model_copy(update={name: getattr(changes, name) for name in changes.model_fields_set})


def last_user_text(messages: JSON) -> str:
    """The text of the last message of the user, whose content is a string or a list of parts."""
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            return content_text(message.get("content"))
    return ""


def tool_results(messages: JSON) -> list[str]:
    """What tools told behind the user's last message, in the words of either API."""
    found: list[str] = []
    for message in messages if isinstance(messages, list) else []:
        if not isinstance(message, dict):
            continue
        if message.get("role") == "user":
            found.clear()
        elif message.get("role") == "tool":
            found.append(content_text(message.get("content")))
        elif message.get("type") == "function_call_output":
            found.append(content_text(message.get("output")))
    return found


def unanswered_text(messages: JSON) -> str:
    """The texts of the user's messages behind the last answer, a line each."""
    texts: list[str] = []
    for message in messages if isinstance(messages, list) else []:
        role = message.get("role") if isinstance(message, dict) else None
        if role == "assistant":
            texts.clear()
        elif role == "user" and isinstance(message, dict):
            texts.append(content_text(message.get("content")))
    return "\n".join(texts)


def content_text(content: JSON) -> str:
    """The text of a message's content, its parts joined."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict) and "text" in part)


def count_tokens(text: str) -> int:
    """About what a tokenizer would count: a token for four bytes of UTF-8."""
    return (len(text.encode("utf-8", "surrogatepass")) + 3) // 4


def usage(messages: Sequence[JSON], answer: str) -> Object:
    """Plausible counts; four tokens frame each message, three begin the answer."""
    texts = [content_text(message.get("content")) for message in messages if isinstance(message, dict)]
    prompt = sum(count_tokens(text) + 4 for text in texts) + 3
    completion = count_tokens(answer)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


@lru_cache(maxsize=8)
def _filler(characters: int) -> str:
    return (FILLER * (characters // len(FILLER) + 1))[:characters]
