"""A chat completion, whole or in pieces, in the shapes of the API reference."""

from uuid import uuid4

from simulator.openai.answers import Answer, usage
from simulator.wire import JSON, Object, encode, unix_time

DONE = b"data: [DONE]\n\n"
CHUNK_CHARACTERS = 16
MOST_CHUNKS = 200


class Completion:
    """One answer of the model, before it is written down."""

    def __init__(self, request: Object, answer: Answer, messages: list[JSON]) -> None:
        options = request.get("stream_options")
        self.id = f"chatcmpl-{uuid4().hex[:29]}"
        self.created = unix_time()
        self.model = str(request["model"])
        self.answer = answer
        self.text = answer.say(messages)
        self.counts = usage(messages, self.text)
        self.streamed = request.get("stream") is True
        self._include_usage = isinstance(options, dict) and options.get("include_usage") is True

    @property
    def finish_reason(self) -> str:
        """Why it ends; a tool call has a reason of its own."""
        return "tool_calls" if self.answer.tool_calls else self.answer.finish_reason

    def whole(self) -> Object:
        """The answer in one piece."""
        message: Object = {"role": "assistant", "content": self.text, "refusal": None, "annotations": []}
        if self.answer.tool_calls:
            message.update(content=None, tool_calls=self._tool_calls())
        choice: Object = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": self.finish_reason,
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": self.counts}

    def pieces(self) -> list[bytes]:
        """The answer as server-sent events: the role, the text bit by bit, the reason, perhaps the usage, the end."""
        deltas: list[Object] = [{"role": "assistant", "content": "", "refusal": None}]
        if self.answer.tool_calls:
            indexed: list[JSON] = [
                {"index": index, **call} for index, call in enumerate(self._tool_calls()) if isinstance(call, dict)
            ]
            deltas.append({"tool_calls": indexed})
        else:
            deltas.extend({"content": bit} for bit in bits(self.text, self.answer))
        extra: Object = {"usage": None} if self._include_usage else {}
        events = [self._event([{**_choice(delta), "finish_reason": None}], extra) for delta in deltas]
        events.append(self._event([{**_choice({}), "finish_reason": self.finish_reason}], extra))
        if self._include_usage:
            events.append(self._event([], {"usage": self.counts}))
        return [*events, DONE]

    def _tool_calls(self) -> list[JSON]:
        return [
            {
                "id": f"call_{self.id[9:29]}{index}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for index, call in enumerate(self.answer.tool_calls)
        ]

    def _event(self, choices: list[JSON], extra: Object) -> bytes:
        return b"data: " + encode({**self._head("chat.completion.chunk"), "choices": choices, **extra}) + b"\n\n"

    def _head(self, kind: str) -> Object:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_simulator",
        }


def bits(text: str, answer: Answer) -> list[str]:
    """The pieces in which a streamed answer says its text."""
    size = answer.chunk_characters or max(CHUNK_CHARACTERS, len(text) // MOST_CHUNKS)
    return [text[start : start + size] for start in range(0, len(text), size)]


def _choice(delta: Object) -> Object:
    return {"index": 0, "delta": delta, "logprobs": None}
