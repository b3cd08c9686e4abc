"""How the Graph API says no: an error with a code.

Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from uuid import uuid4

from starlette.responses import Response

from simulator.faults import Behaviour
from simulator.wire import Object, json_answer

USUAL_CODES = {400: 100, 401: 190, 403: 10, 404: 2500, 429: 80007, 500: 131000, 503: 131016}
TITLES = {
    10: "Permission denied",
    100: "Invalid parameter",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    190: "Access token has expired",
}


class Refused(Exception):
    """A call that is not accepted."""

    def __init__(self, code: int, message: str | None = None, status: int = 400, subcode: int | None = None) -> None:
        super().__init__(message or TITLES.get(code, "Something went wrong"))
        self.code = code
        self.status = status
        self.subcode = subcode

    def response(self) -> Response:
        """As the client sees it."""
        return json_answer(error(self.code, str(self), self.subcode), self.status)


def error(code: int, message: str, subcode: int | None = None, **more: bool) -> Object:
    """An error body."""
    content: Object = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, **more}
    if subcode is not None:
        content["error_subcode"] = subcode
    return {"error": {**content, "fbtrace_id": f"A{uuid4().hex[:12]}"}}


def failure(code: int) -> Object:
    """An error as a status carries it."""
    title = TITLES.get(code, "Something went wrong")
    return {"code": code, "title": title, "message": title, "error_data": {"details": title}}


def from_fault(behaviour: Behaviour) -> Response:
    """The answer that a `status` fault asks for; `parameters` are merged into the error, `code` among them."""
    headers = behaviour.retry_headers
    if behaviour.body is not None:
        if isinstance(behaviour.body, str):
            return Response(behaviour.body, behaviour.status, headers, "text/html")
        return json_answer(behaviour.body, behaviour.status, headers)
    given = dict(behaviour.parameters or {})
    code = given.get("code", USUAL_CODES.get(behaviour.status, 131000))
    number = code if isinstance(code, int) else 131000
    content = error(number, behaviour.description or TITLES.get(number, "Something went wrong"))
    inner = content["error"]
    assert isinstance(inner, dict)
    return json_answer({"error": {**inner, **given}}, behaviour.status, headers)
