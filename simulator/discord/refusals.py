"""How Discord says no: an HTTP status, and a body with a code."""

from starlette.responses import Response

from simulator.faults import Behaviour
from simulator.wire import Object, json_answer

TOO_MANY = 429
STATUSES = {
    10003: 404,
    10004: 404,
    10008: 404,
    10013: 404,
    10015: 404,
    10062: 404,
    20016: 429,
    40001: 401,
    40005: 413,
    40333: 403,
    50001: 403,
    50005: 403,
    50007: 403,
    50013: 403,
    50027: 401,
    50083: 400,
}
TITLES = {
    10003: "Unknown Channel",
    10008: "Unknown Message",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    40001: "Unauthorized",
    40005: "Request entity too large",
    40060: "Interaction has already been acknowledged.",
    40333: "internal network error",
    50001: "Missing Access",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
    50083: "Thread is archived",
}


class Refused(Exception):
    """A call that Discord does not accept; `errors` tells the fields that are wrong."""

    def __init__(self, code: int, status: int | None = None, errors: Object | None = None) -> None:
        super().__init__(TITLES.get(code, "Something went wrong"))
        self.code = code
        self.status = status or STATUSES.get(code, 400)
        self.errors = errors

    def response(self) -> Response:
        """As the client sees it."""
        more: Object = {"errors": self.errors} if self.errors else {}
        return json_answer({"message": str(self), "code": self.code, **more}, self.status)


class RateLimited(Exception):
    """More calls than a bucket holds."""

    def __init__(self, retry_after: float, headers: dict[str, str]) -> None:
        super().__init__("You are being rate limited.")
        self.retry_after = retry_after
        self.headers = headers

    def response(self) -> Response:
        """As the client sees it; the header is in whole seconds, the body is exact."""
        headers = {**self.headers, "Retry-After": str(int(self.retry_after) + 1), "X-RateLimit-Scope": "user"}
        return json_answer(too_many(self.retry_after), TOO_MANY, headers)


def too_many(seconds: float) -> Object:
    """The body of a 429."""
    return {"message": "You are being rate limited.", "retry_after": seconds, "global": False}


def from_fault(behaviour: Behaviour) -> Response:
    """The answer that a `status` fault asks for; `parameters` are merged into the body, `code` among them."""
    status, headers = behaviour.status, behaviour.retry_headers
    if isinstance(behaviour.body, str):
        return Response(behaviour.body, status, headers, "text/html")
    if behaviour.body is not None:
        return json_answer(behaviour.body, status, headers)
    given = behaviour.parameters or {}
    if status == TOO_MANY and "code" not in given:
        return json_answer({**too_many(float(behaviour.retry_after or 0)), **given}, status, headers)
    return json_answer({"message": behaviour.description or "refused", "code": 0, **given}, status, headers)
