"""Errors as `application/problem+json` (RFC 9457): each with a stable code and a sentence on what to do."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg import OperationalError as DriverError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from structlog.contextvars import get_contextvars
from structlog.stdlib import get_logger

from adapters.vault import KeyMissing

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 2
_CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
          409: "conflict", 413: "too_large", 422: "invalid", 429: "rate_limited", 503: "unavailable"}  # fmt: skip


class Problem(Exception):
    """What went wrong with a request, as its answer tells it."""

    def __init__(
        self, status: int, detail: str, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or _CODES.get(status, "error")
        self.headers = dict(headers or {})


def not_found(what: str, name: object) -> Problem:
    """404 for something that does not exist or belongs to someone else."""
    return Problem(404, f"There is no {what} {name!s:.100}.")


def invalid(detail: str, code: str = "invalid") -> Problem:
    """422 with what is wrong and how to mend it."""
    return Problem(422, detail, code)


def response(problem: Problem, errors: list[dict[str, str]] | None = None) -> Response:
    """The answer that tells of a problem."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if errors is not None:
        body["errors"] = errors
    return JSONResponse(body, problem.status, problem.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Have every error of the app answered as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    for kind in (OperationalError, InterfaceError, PoolTimeoutError, DriverError, ConnectionError):
        app.add_exception_handler(kind, _on_database_away)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(KeyMissing, _on_key_missing)
    app.add_exception_handler(Exception, _on_unforeseen)


def unavailable(what: str) -> Problem:
    """503 with the time after which to try again."""
    return Problem(503, f"{what} Try again shortly.", headers={"Retry-After": str(_RETRY_SECONDS)})


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return response(error)


async def _on_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return response(Problem(error.status_code, str(error.detail), headers=error.headers))


async def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": ".".join(str(part) for part in item["loc"][1:]) or str(item["loc"][0]), "problem": item["msg"]}
        for item in error.errors()
    ]
    first = f"{errors[0]['field']}: {errors[0]['problem']}" if errors else "The request is not valid."
    return response(Problem(422, first), errors)


async def _on_database_away(_request: Request, error: Exception) -> Response:
    get_logger(__name__).warning("database_away", error=type(error).__name__)
    return response(unavailable("The database does not answer."))


async def _on_database_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if error.connection_invalidated:
        return await _on_database_away(_request, error)
    get_logger(__name__).error("database_error", kind=type(error.orig).__name__)
    return response(_internal())


async def _on_key_missing(_request: Request, error: Exception) -> Response:
    get_logger(__name__).error("key_missing", problem=str(error))
    return response(unavailable("What is stored here cannot be opened with the keys of SECRET_KEY."))


async def _on_unforeseen(_request: Request, error: Exception) -> Response:
    """The server logs where it happened; this answer passes no middleware, and so is marked here."""
    get_logger(__name__).error("unforeseen_error", kind=type(error).__name__)
    problem = _internal()
    problem.headers["X-Correlation-Id"] = str(get_contextvars().get("correlation_id", ""))
    return response(problem)


def _internal() -> Problem:
    return Problem(500, "Something went wrong on our side. It has been logged.", "internal")
