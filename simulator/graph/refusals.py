"""How the Graph API says no: an error with a code.

Source: https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from collections.abc import Mapping
from uuid import uuid4

from starlette.responses import Response

from simulator.faults import Behaviour
from simulator.wire import Object, json_answer

UNKNOWN = "Something went wrong"


class Refused(Exception):
    """A call that is not accepted."""

    def __init__(self, code: int, message: str, status: int = 400, subcode: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.subcode = subcode

    def response(self) -> Response:
        """As the client sees it."""
        return json_answer(error(self.code, str(self), self.subcode), self.status)


def error(code: int, message: str, subcode: int | None = None) -> Object:
    """An error body."""
    content: Object = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if subcode is not None:
        content["error_subcode"] = subcode
    return {"error": {**content, "fbtrace_id": f"A{uuid4().hex[:12]}"}}


def from_fault(behaviour: Behaviour, usual_codes: Mapping[int, int], titles: Mapping[int, str]) -> Response:
    """The answer that a `status` fault asks for; `parameters` are merged into the error, `code` among them."""
    headers = behaviour.retry_headers
    if behaviour.body is not None:
        if isinstance(behaviour.body, str):
            return Response(behaviour.body, behaviour.status, headers, "text/html")
        return json_answer(behaviour.body, behaviour.status, headers)
    given = dict(behaviour.parameters or {})
    code = given.get("code", usual_codes.get(behaviour.status))
    number = code if isinstance(code, int) else usual_codes[500]
    content = error(number, behaviour.description or titles.get(number, UNKNOWN))
    inner = content["error"]
    assert isinstance(inner, dict)
    return json_answer({"error": {**inner, **given}}, behaviour.status, headers)
