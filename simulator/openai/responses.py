"""An answer in the shapes of the Responses API, whole or as its events."""

from uuid import uuid4

from simulator.openai.answers import Answer, usage
from simulator.openai.completion import bits
from simulator.wire import JSON, Object, encode, unix_time

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def messages_of(given: JSON) -> list[JSON]:
    """The messages of an `input`, which may be one text."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}] if given else []
    return given if isinstance(given, list) else []


def usage_of(counts: Object) -> Object:
    """The same counts under this API's names."""
    return {
        "input_tokens": counts["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": counts["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": counts["total_tokens"],
    }


class ModelResponse:
    """One answer of the model, before it is written down."""

    def __init__(self, request: Object, answer: Answer, messages: list[JSON]) -> None:
        self._id = f"resp_{uuid4().hex}"
        self._item_id = f"msg_{uuid4().hex}"
        self._created = unix_time()
        self._model = str(request["model"])
        self.answer = answer
        self.text = answer.say(messages)
        self.counts = usage(messages, self.text)
        self.streamed = request.get("stream") is True
        self.finish_reason = "tool_calls" if answer.tool_calls else answer.finish_reason

    def whole(self) -> Object:
        """The answer in one piece."""
        reason = _INCOMPLETE.get(self.finish_reason)
        details: JSON = {"reason": reason} if reason else None
        return {
            **self._head("incomplete" if reason else "completed"),
            "incomplete_details": details,
            "output": self._output(),
            "usage": usage_of(self.counts),
        }

    def pieces(self) -> list[bytes]:
        """The answer as server-sent events: it begins, its text bit by bit, and the whole of it at the end."""
        begun: Object = {**self._head("in_progress"), "output": [], "usage": None}
        deltas = [] if self.answer.tool_calls else bits(self.text, self.answer)
        events: list[tuple[str, Object]] = [
            ("response.created", {"response": begun}),
            ("response.in_progress", {"response": begun}),
            *(("response.output_text.delta", self._place({"delta": delta})) for delta in deltas),
            ("response.output_text.done", self._place({"text": self.text})),
        ]
        whole = self.whole()
        events.append((f"response.{whole['status']}", {"response": whole}))
        return [_event(kind, number, fields) for number, (kind, fields) in enumerate(events)]

    def _place(self, fields: Object) -> Object:
        return {"item_id": self._item_id, "output_index": 0, "content_index": 0, **fields}

    def _output(self) -> list[JSON]:
        if self.answer.tool_calls:
            return [
                {"type": "function_call", "call_id": f"call_{number}", "name": call.name, "arguments": call.arguments}
                for number, call in enumerate(self.answer.tool_calls)
            ]
        content: list[JSON] = [{"type": "output_text", "text": self.text, "annotations": []}]
        return [
            {"type": "message", "id": self._item_id, "status": "completed", "role": "assistant", "content": content}
        ]

    def _head(self, status: str) -> Object:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "model": self._model,
            "error": None,
            "incomplete_details": None,
        }


def _event(kind: str, number: int, fields: Object) -> bytes:
    body = encode({"type": kind, "sequence_number": number, **fields})
    return b"event: " + kind.encode() + b"\ndata: " + body + b"\n\n"
