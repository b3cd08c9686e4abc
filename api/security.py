"""Who calls the API: the key behind the bearer token, its workspace and what its role may do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from adapters.database import keys
from adapters.database.tables import Role
from api.problems import Problem
from api.resources import Using, resources
from domain.ids import WorkspaceId

_RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}
_bearer = HTTPBearer(auto_error=False, description="An API key: `chat-orchestrator keys create`")


@dataclass(frozen=True)
class Principal:
    """The holder of a key: what it may see is its workspace, what it may do is its role."""

    workspace_id: WorkspaceId
    key_id: str
    role: Role


async def principal(
    using: Using, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Principal:
    """The holder of the request's key; 401 when there is none or it was revoked."""
    if credentials is None or not keys.well_formed(credentials.credentials):
        raise Problem(401, "Send an API key: Authorization: Bearer <key>.", headers={"WWW-Authenticate": "Bearer"})
    async with using.database.begin() as connection:
        found = await keys.find(connection, using.keys, credentials.credentials)
    if found is None:
        raise Problem(401, "This API key is not known or was revoked.", headers={"WWW-Authenticate": "Bearer"})
    return Principal(WorkspaceId(found.workspace_id), str(found.id), Role(found.role))


async def demand_key(request: Request) -> None:
    """Refuse whoever has no key, for what is to be read only after that: 401."""
    await principal(await resources(request), await _bearer(request))


def at_least(role: Role) -> Callable[..., Awaitable[Principal]]:
    """A dependency that lets only this role or a higher one pass; 403 otherwise."""

    async def check(holder: Annotated[Principal, Depends(principal)], request: Request) -> Principal:
        if _RANK[holder.role] < _RANK[role]:
            raise Problem(403, f"{request.method} here needs the role {role.value}; this key is {holder.role.value}.")
        return holder

    return check


Viewer = Annotated[Principal, Depends(at_least(Role.VIEWER))]
Operator = Annotated[Principal, Depends(at_least(Role.OPERATOR))]
Admin = Annotated[Principal, Depends(at_least(Role.ADMIN))]
