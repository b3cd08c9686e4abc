"""How the same API is reached in Azure: by its own header, and below a deployment only with a version."""

from starlette.requests import Request

from simulator.openai.refusals import Refused


def is_azure(request: Request) -> bool:
    """Whether a request came by one of Azure's addresses."""
    return request.url.path.startswith("/azure/")


def key_of(request: Request) -> str:
    """The key that a request came with; Azure refuses one without its header."""
    if not is_azure(request):
        return request.headers.get("authorization", "").removeprefix("Bearer ")
    key = request.headers.get("api-key", "")
    if not key:
        raise Refused(401, "Access denied due to invalid subscription key or wrong API endpoint.", "401")
    return key


def check_version(request: Request) -> None:
    """Only `/openai/v1` does without `api-version`."""
    needs_version = is_azure(request) and "/openai/v1/" not in request.url.path
    if needs_version and "api-version" not in request.query_params:
        raise Refused(404, "Resource not found", "404")
