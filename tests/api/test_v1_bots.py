"""Bots over HTTP."""

from uuid import uuid4

import httpx

from domain.bots import Bot


async def make(api: httpx.AsyncClient, **bot: object) -> dict[str, object]:
    """A bot made through the API."""
    answer = await api.post("/v1/bots", json={"name": "Ada", **bot})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def settings_of(bot: dict[str, object]) -> dict[str, object]:
    """The part of an answer that the owner wrote."""
    return {name: bot[name] for name in Bot.model_fields}


async def test_a_bot_has_a_default_for_everything_but_its_name(api: httpx.AsyncClient) -> None:
    made = await make(api)
    assert settings_of(made) == Bot(name="Ada").model_dump(mode="json")
    assert (made["key"], made["stopped"]) == (None, False)


async def test_what_a_new_bot_leaves_out_is_merged_from_the_defaults(api: httpx.AsyncClient) -> None:
    made = await make(api, model={"temperature": 0.1}, bursts={"policy": "queue"})
    assert made["model"] == {**Bot(name="x").model.model_dump(), "temperature": 0.1}
    assert made["bursts"] == {**Bot(name="x").bursts.model_dump(), "policy": "queue"}


async def test_a_bot_reads_back_as_it_was_made(api: httpx.AsyncClient) -> None:
    made = await make(api, key="ada", metadata={"team": ["a", {"b": None}], "huge": 10**400})
    assert (await api.get(f"/v1/bots/{made['id']}")).json() == made


async def test_times_are_in_utc_with_a_z(api: httpx.AsyncClient) -> None:
    assert str((await make(api))["created_at"]).endswith("Z")


WRONG: list[tuple[dict[str, object], str]] = [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": "Ada", "nam": 1}, "nam"),
    ({"name": "Ada", "model": {"nme": "x"}}, "model.nme"),
    ({"name": "Ada", "apology": None}, "apology"),
    ({"name": "Ada", "key": ""}, "key"),
    ({"name": "Ada", "limits": {"cost_per_day": 10**400}}, "limits.cost_per_day"),
    ({"name": "Ada", "moderation": {"rules": {"patterns": ["("]}}}, "moderation.rules.patterns"),
]


async def test_a_field_that_is_wrong_is_named(api: httpx.AsyncClient) -> None:
    for bot, field in WRONG:
        answer = await api.post("/v1/bots", json=bot)
        assert (answer.status_code, [item["field"] for item in answer.json()["errors"]]) == (422, [field])


async def test_a_key_is_unique_in_its_workspace(api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    first = await make(api, key="ada")
    again = await api.post("/v1/bots", json={"name": "Eve", "key": "ada"})
    assert (again.status_code, again.json()["code"]) == (409, "key_taken")
    other = await make(api)
    changed = await api.patch(f"/v1/bots/{other['id']}", json={"key": "ada"})
    assert (changed.status_code, changed.json()["code"]) == (409, "key_taken")
    assert (await make(stranger, key="ada"))["id"] != first["id"]


async def test_the_key_of_a_deleted_bot_is_free(api: httpx.AsyncClient) -> None:
    first = await make(api, key="ada")
    assert (await api.delete(f"/v1/bots/{first['id']}")).status_code == 204
    assert (await make(api, key="ada"))["key"] == "ada"


async def test_a_patch_leaves_what_it_does_not_name(api: httpx.AsyncClient) -> None:
    made = await make(api, key="ada", greeting="Hi", model={"temperature": 0.1})
    changed = await api.patch(f"/v1/bots/{made['id']}", json={"model": {"max_output_tokens": 7}, "name": "Eve"})
    expected = {**settings_of(made), "name": "Eve", "model": {**dict(made["model"]), "max_output_tokens": 7}}  # type: ignore[call-overload]  # JSON
    assert (changed.status_code, settings_of(changed.json()), changed.json()["key"]) == (200, expected, "ada")


async def test_null_in_a_patch_is_none_or_the_default(api: httpx.AsyncClient) -> None:
    made = await make(api, key="k", greeting="Hi", apology="Oh", limits={"messages_per_minute": 3}, metadata={"a": 1})
    patch = {"key": None, "greeting": None, "apology": None, "model": None, "metadata": {"a": None, "b": 2},
             "limits": {"messages_per_minute": None}}  # fmt: skip
    changed = (await api.patch(f"/v1/bots/{made['id']}", json=patch)).json()
    assert (changed["key"], changed["greeting"], changed["apology"]) == (None, None, Bot(name="x").apology)
    assert (changed["metadata"], changed["limits"]["messages_per_minute"]) == ({"b": 2}, None)


async def test_a_merge_patch_may_say_that_it_is_one(api: httpx.AsyncClient) -> None:
    made = await make(api)
    kind = {"Content-Type": "application/merge-patch+json"}
    changed = await api.patch(f"/v1/bots/{made['id']}", content=b'{"name": "Eve"}', headers=kind)
    assert (changed.status_code, changed.json()["name"]) == (200, "Eve")


async def test_a_patch_that_does_not_fit_changes_nothing(api: httpx.AsyncClient) -> None:
    made = await make(api)
    for patch, field in (({"nme": 1}, "nme"), ({"name": None}, "name"), ({"idle": 3}, "idle"), ({"id": "x"}, "id")):
        refused = await api.patch(f"/v1/bots/{made['id']}", json=patch)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert (await api.get(f"/v1/bots/{made['id']}")).json() == made


async def test_a_deleted_bot_is_gone(api: httpx.AsyncClient) -> None:
    made = await make(api)
    await api.delete(f"/v1/bots/{made['id']}")
    address = f"/v1/bots/{made['id']}"
    statuses = [
        (await api.get(address)).status_code,
        (await api.patch(address, json={})).status_code,
        (await api.delete(address)).status_code,
        (await api.post(f"{address}/stop")).status_code,
        (await api.get(f"{address}/channels")).status_code,
    ]
    assert (statuses, (await api.get("/v1/bots")).json()["items"]) == ([404] * 5, [])


async def test_a_stopped_bot_says_so_until_it_is_started(api: httpx.AsyncClient) -> None:
    made = await make(api)
    stopped = await api.post(f"/v1/bots/{made['id']}/stop")
    started = await api.post(f"/v1/bots/{made['id']}/start", json={"answer_held": True})
    assert [(answer.status_code, answer.json()["stopped"]) for answer in (stopped, started)] == [
        (200, True),
        (200, False),
    ]


async def test_start_takes_no_other_field(api: httpx.AsyncClient) -> None:
    made = await make(api)
    refused = await api.post(f"/v1/bots/{made['id']}/start", json={"answer_hold": True})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "answer_hold")


async def test_pages_hold_every_bot_once_newest_first(api: httpx.AsyncClient) -> None:
    made = [(await make(api, name=f"bot {number}"))["id"] for number in range(5)]
    found, cursor = [], None
    for _ in range(3):
        page = (await api.get("/v1/bots", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (found, cursor) == (made[::-1], None)


async def test_an_unknown_bot_is_404(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v1/bots/{uuid4()}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_instructions_that_cannot_be_filled_in_are_refused_with_the_line(api: httpx.AsyncClient) -> None:
    broken = {"instructions": "Hello.\nYou speak to {{ contact.nme }}."}
    answer = await api.post("/v1/bots", json={"name": "Ada", **broken})
    assert (answer.status_code, answer.json()["code"]) == (422, "template_broken")
    assert answer.json()["detail"].startswith("instructions: line 2: 'contact' has no field 'nme'")
    made = await make(api, instructions="You speak to {{ contact.name }}.")
    assert (await api.patch(f"/v1/bots/{made['id']}", json=broken)).status_code == 422
    assert (await api.get(f"/v1/bots/{made['id']}")).json()["instructions"] == "You speak to {{ contact.name }}."


async def test_a_time_zone_that_there_is_not_is_refused(api: httpx.AsyncClient) -> None:
    for wrong in ("Nowhere/At_All", "../../etc/passwd", ""):
        answer = await api.post("/v1/bots", json={"name": "Ada", "time_zone": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "time_zone_unknown")
    assert (await make(api, time_zone="Europe/Berlin"))["time_zone"] == "Europe/Berlin"
