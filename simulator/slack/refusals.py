"""How the Web API says no: `{"ok": false, "error": …}` with HTTP 200, except for limits and for broken servers."""

from starlette.responses import Response

from simulator.faults import Behaviour
from simulator.wire import Object, json_answer

TOO_MANY = 429


class Refused(Exception):
    """A call that Slack does not accept; `more` goes into the answer beside the error."""

    def __init__(self, error: str, more: Object | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.more = more or {}

    def response(self) -> Response:
        """As the client sees it."""
        return json_answer({"ok": False, "error": self.error, **self.more})


class Limited(Refused):
    """A call that comes too soon after others; `seconds` is when it may come again."""

    def __init__(self, seconds: int) -> None:
        super().__init__("ratelimited")
        self.seconds = seconds

    def response(self) -> Response:
        """The one refusal with a status of its own."""
        return json_answer({"ok": False, "error": self.error}, TOO_MANY, {"Retry-After": str(self.seconds)})


def from_fault(behaviour: Behaviour) -> Response:
    """The answer that a `status` fault asks for: 400 stands for Slack's own refusals, which come with HTTP 200."""
    status, headers = behaviour.status, behaviour.retry_headers
    if isinstance(behaviour.body, str):
        return Response(behaviour.body, status, headers, "text/html")
    if behaviour.body is not None:
        return json_answer(behaviour.body, status, headers)
    if status == TOO_MANY:
        return json_answer({"ok": False, "error": behaviour.description or "ratelimited"}, status, headers)
    if status == 400:
        return json_answer({"ok": False, "error": behaviour.description or "channel_not_found"}, 200, headers)
    return Response(behaviour.description or "upstream connect error", status, headers, "text/plain")
