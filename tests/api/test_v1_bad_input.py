"""Whatever is sent, it is answered with a problem below 500."""

from uuid import uuid4

import httpx
import pytest

from adapters.database.engine import Database
from adapters.database.paging import Position
from api import pages
from api.limits import V1_BYTES
from settings import Settings
from tests.api.scene import set_scene
from tests.api.v1_routes import operations

JSON = {"Content-Type": "application/json"}
DEEP = 100_000
BODIES = {
    "nothing": b"",
    "null": b"null",
    "a number": b"7",
    "a list": b"[]",
    "no JSON": b"{",
    "two values": b"{} {}",
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"metadata":' * DEEP + b"1" + b"}" * DEEP,
    "nested too deep to be read back": b'{"name": "x", "metadata": {"a":' + b"[" * 900 + b"]" * 900 + b"}}",
    "not a number": b'{"name": "x", "metadata": {"a": NaN}}',
    "infinity": b'{"name": "x", "metadata": {"a": -Infinity}}',
    "a number beyond all": b'{"name": "x", "metadata": {"a": 1e400}}',
    "more digits than are read": b'{"name": "x", "metadata": {"a": ' + b"9" * 5000 + b"}}",
    "NUL in a text": b'{"name": "x\\u0000y"}',
    "NUL in a name": b'{"name": "x", "metadata": {"\\u0000": 1}}',
    "NUL as it is": b'{"name": "x\x00"}',
    "half a pair": b'{"name": "\\ud800", "text": "\\udfff", "role": "viewer"}',
    "half a pair in a name": b'{"\\ud800": 1}',
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"nme": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"nme": "x"}',
    "the wrong types": b'{"name": [], "model": 7, "text": {}, "credentials": [], "platform": {}, "role": []}',
    "a huge name": b'{"name": "' + b"x" * 1_000_000 + b'", "text": "' + b"y" * 900_000 + b'"}',
    "a huge unknown field": b'{"' + b"x" * 1_000_000 + b'": 1}',
}


def is_problem(answer: httpx.Response) -> bool:
    """Whether an answer tells of a problem as promised."""
    body = answer.json()
    return (
        answer.headers["content-type"] == "application/problem+json"
        and body["status"] == answer.status_code
        and isinstance(body["code"], str)
        and bool(body["detail"])
    )


@pytest.fixture
async def ids(api: httpx.AsyncClient, database: Database, settings: Settings) -> dict[str, object]:
    """Objects that exist, so that the input is what is looked at."""
    scene = await set_scene(api, database, settings)
    turn = await scene.open_turn(await scene.hear("hi"))
    reply, (delivery,) = await scene.reply(turn, "answer", "uncertain")
    media = (await api.post("/v1/media", content=b"a file", headers={"Content-Type": "text/plain"})).json()["id"]
    model = (await api.post("/v1/models", json={"name": "own", "provider": "demo"})).json()["id"]
    prompt = (await api.post("/v1/prompts", json={"name": "own", "text": "Be brief."})).json()["name"]
    contact = (await api.get(f"/v1/conversations/{scene.conversation()}")).json()["contact"]["id"]
    documents = f"/v1/bots/{scene.bot_id}/documents"
    document = (await api.post(documents, json={"title": "a", "text": "b"})).json()["id"]
    return {"approval_id": await scene.ask_approval(turn), "document_id": document, "bot_id": scene.bot_id,
            "channel_id": scene.channel_id, "conversation_id": scene.conversation(), "message_id": reply,
            "contact_id": contact, "fact_id": uuid4(),
            "media_id": media, "model_id": model, "delivery_id": delivery, "prompt_name": prompt,
            "event_id": uuid4(), "key_id": uuid4()}  # fmt: skip


@pytest.mark.slow
async def test_no_body_makes_a_route_fail(api: httpx.AsyncClient, ids: dict[str, object]) -> None:
    for route in await operations(api):
        if "requestBody" not in route.described or "delivery" in route.path:
            continue
        optional = route.path.endswith(("/start", "/resume", "/release"))
        takes_anything = route.path == "/v1/media"
        for name, content in BODIES.items():
            answer = await api.request(route.method, route.path.format(**ids), content=content, headers=JSON)
            told = f"{route.method} {route.path} with {name}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code < 500, told
            if not (optional and name in ("nothing", "null")) and not (takes_anything and answer.is_success):
                assert answer.status_code == 422, told
                assert is_problem(answer), told


async def test_a_body_that_is_no_json_is_422(api: httpx.AsyncClient) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "nonsense",
        "",
        "a/b; c=\xff",
    ):
        headers = {b"Content-Type": kind.encode("latin-1")}
        answer = await api.post("/v1/bots", content=b'{"name": "Ada"}', headers=headers)
        assert (answer.status_code, is_problem(answer)) == (422, True), kind


@pytest.mark.slow
async def test_what_a_path_cannot_mean_does_not_exist(api: httpx.AsyncClient) -> None:
    odd = ("0", "-1", "9223372036854775808", "..%2F..", "%00", "x" * 2000, "not-a-uuid", "%F0%28%8C%28", "null", "a b")
    for route in await operations(api):
        name = route.path.partition("{")[2].partition("}")[0]
        for value in odd if name else ():
            path = route.path.replace(f"{{{name}}}", value)
            answer = await api.request(route.method, path, json={})
            told = f"{route.method} {path[:100]}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code in (404, 422), told
            assert is_problem(answer), told


async def test_paths_and_methods_that_are_none_are_problems(api: httpx.AsyncClient) -> None:
    answers = [await api.get("/v1/nothing"), await api.put("/v1/bots", json={}), await api.delete("/v1/stats")]
    assert [(item.status_code, item.json()["code"]) for item in answers] == [
        (404, "not_found"),
        (405, "method_not_allowed"),
        (405, "method_not_allowed"),
    ]
    assert all(is_problem(answer) for answer in answers)


QUERIES = (
    "limit=0", "limit=201", "limit=-1", "limit=1e9", "limit=x", "limit=" + "9" * 5000, "cursor=", "cursor=x",
    "cursor=%00", "cursor=" + "A" * 501, "cursor=%F0%28", "after_seq=-1", "after_seq=9223372036854775808",
    "state=nothing", "status=nothing", "platform=irc", "bot_id=x", "channel_id=%00", "conversation_id=0",
    "since=x", "until=2026-13-01T00:00:00Z", "since=2026-01-01T00:00:00", "since=99999999999999999999", "interval=year",
    "q=%00", "q=" + "x" * 201, "%00=1", "q=%ED%A0%80", "q=%FF", "until=0001-01-01T00:00:00%2B14:00",
    "bot_id=" + "a" * 5000,
)  # fmt: skip


@pytest.mark.slow
async def test_no_query_makes_a_route_fail(api: httpx.AsyncClient, ids: dict[str, object]) -> None:
    for route in await operations(api):
        if route.method != "get" or route.path.endswith(("/webhook", "/chat")):
            continue
        taken = {item["name"] for item in route.described.get("parameters", ()) if item["in"] == "query"}  # type: ignore[attr-defined]  # JSON
        for query in QUERIES:
            answer = await api.get(f"{route.path.format(**ids)}?{query}")
            told = f"{route.path}?{query[:60]}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code < 500, told
            refused = "%00" in query or (query.partition("=")[0] in taken and query not in ("q=%ED%A0%80", "q=%FF"))
            assert (answer.status_code == 422) == refused, told
            assert answer.is_success or is_problem(answer), told


@pytest.mark.slow
async def test_a_cursor_is_taken_only_as_it_was_given(api: httpx.AsyncClient) -> None:
    for _ in range(3):
        await api.post("/v1/bots", json={"name": "Ada"})
    cursor = (await api.get("/v1/bots", params={"limit": 1})).json()["next_cursor"]
    changed = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(len(cursor))
    ]
    others = [
        *changed,
        cursor[:-1],
        cursor + "A",
        cursor + "=",
        cursor + "!",
        pages.write("bots"),
        pages.write("bots", 1),
    ]
    others += [pages.write("bots", "2026-01-01", "x"), pages.write("keys", *pages.read("bots", cursor))]
    answers = [await api.get("/v1/bots", params={"cursor": other}) for other in others]
    assert {(item.status_code, item.json()["code"]) for item in answers} == {(422, "bad_cursor")}


async def test_a_cursor_beyond_what_is_counted_is_refused(api: httpx.AsyncClient, ids: dict[str, object]) -> None:
    forged: tuple[tuple[str | int, ...], ...] = ((2**63,), (-1,), ("1",), (1, 2), ())
    for keys in forged:
        cursor = pages.write("messages", *keys)
        answer = await api.get(f"/v1/conversations/{ids['conversation_id']}/messages", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor"), keys


def test_a_cursor_leads_back_to_its_position() -> None:
    at, identity = "2026-11-20T10:00:00.000001+00:00", "6f1c1b0e-5c0a-4a53-8a5e-0d9f8b1f7a11"
    found = pages.position("bots", pages.write("bots", at, identity))
    assert found is not None
    assert (found.at.isoformat(), str(found.id)) == (at, identity)
    assert isinstance(found, Position)


async def test_bodies_above_the_limit_are_413(api: httpx.AsyncClient) -> None:
    async def pieces() -> object:
        for _ in range(V1_BYTES // 65536 + 2):
            yield b" " * 65536

    declared = await api.post("/v1/bots", content=b" " * (V1_BYTES + 1), headers=JSON)
    in_pieces = await api.post("/v1/bots", content=pieces(), headers=JSON)  # type: ignore[arg-type]  # an async iterator
    assert [(item.status_code, item.json()["code"], is_problem(item)) for item in (declared, in_pieces)] == [
        (413, "too_large", True)
    ] * 2


async def test_a_body_of_exactly_the_limit_is_read(api: httpx.AsyncClient) -> None:
    body = b'{"name": "Ada"}'
    answer = await api.post("/v1/bots", content=body + b" " * (V1_BYTES - len(body)), headers=JSON)
    assert answer.status_code == 201
