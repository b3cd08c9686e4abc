"""What holds for every route of /v1: a role, a scope, a place in the OpenAPI document."""

import ast
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter

from adapters import database as repositories
from adapters.database.tables import Role
from api import v1
from api.security import Viewer
from api.v1.routing import Route
from tests.api.v1_routes import operations

OPERATED = (
    "/v1/approvals/",
    "/v1/conversations/",
    "/v1/deliveries/",
    "/v1/bots/{bot_id}/conversations",
    "/v1/contacts/",
    "/v1/media",
    "/v1/completions",
    "/v1/prompts/{prompt_name}/run",
)
"""Beginnings of the paths under which an operator acts."""
REPOSITORIES = (
    "approvals", "bots", "cache_admin", "call_list", "channel_admin", "contacts", "conversations", "deliveries",
    "descriptions", "event_list", "facts", "idempotency", "knowledge", "ledger_admin", "media", "messages", "models",
    "notice_list", "prompts", "stats", "turn_list", "verdict_list", "workspace_keys",
)  # fmt: skip
OF_ALL_WORKSPACES = {"idempotency": {"remove_expired"}, "media": {"linked"}, "models": {"everywhere"}}
"""Statements that mean to pass over the border: the sweep of what nobody may ask for any more, signed links, and the
doctor."""
NAMES = (
    "approval_id", "bot_id", "channel_id", "contact_id", "conversation_id", "delivery_id", "document_id", "event_id",
    "fact_id", "key_id", "media_id", "message_id", "model_id", "prompt_name",
)  # fmt: skip
KEYED = "/v1/conversations/{conversation_id}/messages/{message_id}"
"""Where changing and deleting take an `Idempotency-Key`, as every POST does."""
IDS = {name: uuid4() for name in NAMES}


def needed(method: str, path: str) -> Role:
    """The role that interface.md gives to a route."""
    if path.startswith("/v1/keys"):
        return Role.ADMIN
    if method == "get":
        return Role.VIEWER
    return Role.OPERATOR if path.startswith(OPERATED) else Role.ADMIN


@pytest.mark.slow
async def test_each_role_may_do_what_is_its_own(
    api: httpx.AsyncClient, operator: httpx.AsyncClient, viewer: httpx.AsyncClient
) -> None:
    ranks = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}
    clients = {Role.VIEWER: viewer, Role.OPERATOR: operator, Role.ADMIN: api}
    for route in await operations(api):
        for role, client in clients.items():
            answer = await route.call(client, IDS)
            allowed = ranks[role] >= ranks[needed(route.method, route.path)]
            told = f"{role} {route.method} {route.path}: {answer.status_code}"
            assert (answer.status_code != 403) == allowed, told
            assert allowed or answer.json()["code"] == "forbidden"


async def test_without_a_key_nothing_opens(api: httpx.AsyncClient) -> None:
    for route in await operations(api):
        for key in ("", "Bearer ", "Bearer co_unknown", "Basic YTpi"):
            answer = await route.call(api, IDS, headers={"Authorization": key})
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), route


def test_every_route_is_one_that_names_its_role() -> None:
    for part in v1.PARTS:
        assert part.router.routes
        for route in part.router.routes:
            assert isinstance(route, Route)
            assert route.role in Role


def test_a_route_without_a_role_cannot_be_declared() -> None:
    router = APIRouter(route_class=Route)

    async def nobody() -> None:
        """Asks nobody."""

    async def careless(who: Viewer) -> None:
        """Asks who it is, and forgets the key."""

    with pytest.raises(TypeError, match="names no role"):
        router.get("/nobody")(nobody)
    with pytest.raises(TypeError, match="is a POST"):
        router.post("/careless")(careless)


def unscoped(source: str) -> set[str]:
    """The functions of a repository that run a statement on existing rows without holding it to a workspace."""
    found = set()
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
        runs = {call.attr for call in calls if isinstance(call, ast.Attribute)} & {"execute", "scalar", "scalars"}
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        inserts_alone = "insert" in names and not names & {"select", "update", "delete"}
        if runs and "scoped" not in names and not inserts_alone:
            found.add(function.name)
    return found


@pytest.mark.parametrize("name", REPOSITORIES)
def test_every_repository_holds_what_it_runs_to_a_workspace(name: str) -> None:
    source = Path(str(repositories.__file__)).with_name(f"{name}.py").read_text()
    assert unscoped(source) == OF_ALL_WORKSPACES.get(name, set())


def test_the_search_for_unscoped_statements_finds_one() -> None:
    source = "async def page(connection):\n    return await connection.execute(select(Bot.id))\n"
    assert unscoped(source) == {"page"}


def test_the_routers_hold_no_statement_of_their_own() -> None:
    for path in Path(str(v1.__file__)).parent.glob("*.py"):
        names = {alias.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
                 and (node.module or "").startswith("sqlalchemy") for alias in node.names}  # fmt: skip
        assert not names & {"select", "update", "delete", "insert", "text"}, path


async def test_the_document_describes_every_operation(api: httpx.AsyncClient) -> None:
    for route in await operations(api):
        told = f"{route.method} {route.path}"
        described = route.described
        assert described["summary"], told
        assert described["description"], told
        assert described["tags"], told
        responses = dict(described["responses"])  # type: ignore[call-overload]  # JSON
        expected = {"401", "403", "413", "422", "503"} | ({"404"} if "{" in route.path else set())
        takes_key = route.method == "post" or (route.method in ("patch", "delete") and route.path == KEYED)
        assert expected | ({"409"} if takes_key else set()) <= responses.keys(), told
        for status, answer in responses.items():
            kinds = set(answer.get("content", {}))
            told_in = "application/octet-stream" if route.path == "/v1/media/{media_id}" else "application/json"
            assert kinds == ({told_in} if status < "204" else set() if status == "204" else
                             {"application/problem+json"}), (told, status)  # fmt: skip
        headers = {item["name"] for item in described.get("parameters", ()) if item["in"] == "header"}  # type: ignore[attr-defined]  # JSON
        assert ("Idempotency-Key" in headers) == takes_key, told


async def test_bodies_have_examples_that_are_accepted(api: httpx.AsyncClient) -> None:
    schemas = (await api.get("/openapi.json")).json()["components"]["schemas"]
    named = ("NewBot", "NewChannel", "ChannelPatch", "FirstMessage", "Saying", "NewKey", "NewModel", "NewDocument")
    assert [name for name in named if not schemas[name].get("examples")] == []
    for example in schemas["NewBot"]["examples"]:
        assert (await api.post("/v1/bots", json=example)).status_code == 201
    for example in schemas["NewModel"]["examples"]:
        assert (await api.post("/v1/models", json=example)).status_code == 201
