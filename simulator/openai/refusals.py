"""How the provider says no: `{"error": {"message", "type", "param", "code"}}`."""

from starlette.responses import Response

from simulator.faults import Behaviour
from simulator.wire import Object, json_answer

# Status: type, code and message, as OpenAI words them; 529 is what other providers say when they are overloaded.
USUAL_ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "Invalid request."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: (
        "invalid_request_error",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
    ),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    503: ("server_error", None, "The server is currently overloaded with other requests. Sorry about that!"),
    529: ("overloaded_error", None, "Overloaded"),
}


class Refused(Exception):
    """A request that the provider does not accept."""

    def __init__(self, status: int, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param

    def response(self) -> Response:
        """As the client sees it."""
        return _error(self.status, str(self), "invalid_request_error", self.code, self.param, {})


def refuse_parameters(payload: Object) -> None:
    """What a reasoning model says to parameters of its predecessors."""
    if "max_tokens" in payload:
        text = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        raise Refused(400, f"Unsupported parameter: {text}", "unsupported_parameter", "max_tokens")
    refuse_temperature(payload)


def refuse_temperature(payload: Object) -> None:
    """What a reasoning model says to any temperature but its own."""
    if payload.get("temperature", 1) != 1:
        text = "'temperature' does not support this value with this model. Only the default (1) value is supported."
        raise Refused(400, f"Unsupported value: {text}", "unsupported_value", "temperature")


def from_fault(behaviour: Behaviour) -> Response:
    """The answer that a `status` fault asks for."""
    if isinstance(behaviour.body, str):
        return Response(behaviour.body, behaviour.status, behaviour.retry_headers, "text/html")
    if behaviour.body is not None:
        return json_answer(behaviour.body, behaviour.status, behaviour.retry_headers)
    kind, code, message = USUAL_ERRORS.get(behaviour.status, ("server_error", None, "Unexpected error."))
    text = behaviour.description if behaviour.description is not None else message
    return _error(behaviour.status, text, kind, code, None, behaviour.retry_headers)


def _error(
    status: int, message: str, kind: str, code: str | None, param: str | None, headers: dict[str, str]
) -> Response:
    error: Object = {"message": message, "type": kind, "param": param, "code": code}
    return json_answer({"error": error}, status, headers)
