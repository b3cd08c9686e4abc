"""How the Bot API says no: `{"ok": false, "error_code": …, "description": …}`, the HTTP status equal to the code."""

from starlette.responses import Response

from simulator.faults import Behaviour
from simulator.wire import Object, json_answer

# What the real server says most often with each status, for faults that name only the status.
USUAL_DESCRIPTIONS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Refused(Exception):
    """A call that the platform does not accept; a 429 carries `retry_after` in its parameters and as a header."""

    def __init__(self, code: int, description: str, parameters: Object | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def response(self) -> Response:
        """As the client sees it."""
        content: Object = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            content["parameters"] = self.parameters
        return json_answer(content, self.code)


def bad_request(what: str) -> Refused:
    """A 400, which is final: the same call would be refused again."""
    return Refused(400, f"Bad Request: {what}")


def from_fault(behaviour: Behaviour) -> Response:
    """The answer that a `status` fault asks for."""
    if behaviour.body is not None:
        if isinstance(behaviour.body, str):
            return Response(behaviour.body, behaviour.status, behaviour.retry_headers, "text/html")
        return json_answer(behaviour.body, behaviour.status, behaviour.retry_headers)
    content: Object = {"ok": False, "error_code": behaviour.status, "description": _description(behaviour)}
    parameters: Object = dict(behaviour.parameters or {})
    if behaviour.status == 429 and behaviour.retry_after is not None and behaviour.retry_after_form == "seconds":
        parameters.setdefault("retry_after", behaviour.retry_after)
    if parameters:
        content["parameters"] = parameters
    return json_answer(content, behaviour.status, behaviour.retry_headers)


def _description(behaviour: Behaviour) -> str:
    if behaviour.description is not None:
        return behaviour.description
    if behaviour.parameters and "migrate_to_chat_id" in behaviour.parameters:
        return "Bad Request: group chat was upgraded to a supergroup chat"
    if behaviour.status == 429:
        return f"Too Many Requests: retry after {behaviour.retry_after or 0}"
    return USUAL_DESCRIPTIONS.get(behaviour.status, "Bad Request: unknown error")
