"""A route of /v1: it names a role, screens its input, and runs once where the client gave a key."""

from collections.abc import Callable, Coroutine, Iterator
from typing import TypeVar, get_args

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute

from adapters.database.tables import Role
from api import idempotency
from api.budgets import while_it_answers
from api.problems import Problem
from api.resources import resources
from api.security import Admin, Operator, Viewer, demand_key
from api.v1.problem_answers import CONFLICT, NOT_FOUND, USUAL
from api.v1.screening import screen

_ROLES = {
    get_args(holder)[1].dependency: role
    for holder, role in ((Viewer, Role.VIEWER), (Operator, Role.OPERATOR), (Admin, Role.ADMIN))
}


Done = TypeVar("Done")


class Route(APIRoute):
    """The only kind of route under /v1; one without a role, or a POST that ignores its key, cannot be declared."""

    def __init__(self, path: str, endpoint: Callable[..., object], **options: object) -> None:
        super().__init__(path, endpoint, **options)  # type: ignore[arg-type]  # handed on as they came
        calls = set(_calls(self.dependant))
        takes_key = bool(calls & set(idempotency.BEGINNINGS))
        if not calls & _ROLES.keys():
            raise TypeError(f"{endpoint.__name__!r} names no role; give it a Viewer, Operator or Admin")
        if "POST" in (self.methods or ()) and not takes_key:
            raise TypeError(f"{endpoint.__name__!r} is a POST; give it an OperatorOnce or AdminOnce")
        known = NOT_FOUND if "{" in path else {}
        self.responses = {**USUAL, **known, **(CONFLICT if takes_key else {}), **self.responses}

    @property
    def role(self) -> Role:
        """Which role the route needs."""
        return next(_ROLES[call] for call in _calls(self.dependant) if call in _ROLES)

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """The handler, behind the screening and the idempotency key."""
        answer = super().get_route_handler()

        async def answer_by_path(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError as error:
                if any(item["loc"][0] == "path" for item in error.errors()):
                    raise Problem(404, "There is nothing under this id.") from error
                raise

        async def handle(request: Request) -> Response:
            await screen(request)
            return await _while_there(request, idempotency.run(request, answer_by_path))

        return handle


class Upload(Route):
    """A route whose body may be larger than others': nothing of it is read for whoever has no key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """The handler, behind a look at the key."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            await _while_there(request, demand_key(request))
            return await _while_there(request, answer(request))

        return handle


async def _while_there(request: Request, work: Coroutine[object, object, Done]) -> Done:
    """What is asked of the database is waited for as long as it answers anybody."""
    return await while_it_answers(work, (await resources(request)).database.check)


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
