"""Prompts: versions that never change, one of them in use, and none deleted that a bot names."""

import asyncio

import httpx
import pytest
from pydantic import JsonValue

PATH = "/v1/prompts/support"


async def make(api: httpx.AsyncClient, text: str = "Be kind.") -> dict[str, JsonValue]:
    """A prompt that is made."""
    answer = await api.post("/v1/prompts", json={"name": "support", "text": text, "note": "First."})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def history(api: httpx.AsyncClient, **query: str) -> list[tuple[int, str, bool]]:
    """The versions: number, text, whether it is in use."""
    items = (await api.get(f"{PATH}/versions", params=query)).json()["items"]
    return [(item["version"], item["text"], item["active"]) for item in items]


async def test_a_prompt_has_versions_of_which_one_is_in_use(api: httpx.AsyncClient) -> None:
    made = await make(api)
    assert (made["version"], made["last_version"], made["text"], made["note"]) == (1, 1, "Be kind.", "First.")
    second = (await api.post(f"{PATH}/versions", json={"text": "Be brief."})).json()
    assert (second["version"], second["text"]) == (2, "Be brief.")
    third = (await api.post(f"{PATH}/versions", json={"text": "Be loud.", "activate": False})).json()
    assert (third["version"], third["last_version"], third["text"]) == (2, 3, "Be brief.")
    back = (await api.post(f"{PATH}/activate", json={"version": 1})).json()
    assert (back["version"], back["last_version"], back["text"]) == (1, 3, "Be kind.")
    assert await history(api) == [(3, "Be loud.", False), (2, "Be brief.", False), (1, "Be kind.", True)]
    assert (await api.get(PATH)).json() == back
    assert (await api.get("/v1/prompts")).json()["items"] == [back]


async def test_the_history_comes_in_pages(api: httpx.AsyncClient) -> None:
    await make(api)
    await api.post(f"{PATH}/versions", json={"text": "Be brief."})
    page = (await api.get(f"{PATH}/versions", params={"limit": 1})).json()
    assert [item["version"] for item in page["items"]] == [2]
    assert await history(api, cursor=page["next_cursor"]) == [(1, "Be kind.", False)]


async def test_versions_that_are_made_at_once_have_numbers_of_their_own(api: httpx.AsyncClient) -> None:
    await make(api)
    await asyncio.gather(*(api.post(f"{PATH}/versions", json={"text": str(n)}) for n in range(5)))
    assert sorted(version for version, _, _ in await history(api)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a b"}, {"name": ""}, {"name": "../x"}, {"text": "\n{{ contact.nme }}"}, {"text": "{% if %}"},
        {"text": "x" * 100_001}, {"note": "x" * 501}, {"more": 1},
    ],
)  # fmt: skip
async def test_what_cannot_be_a_prompt_is_refused(api: httpx.AsyncClient, wrong: dict[str, JsonValue]) -> None:
    answer = await api.post("/v1/prompts", json={"name": "support", "text": "Be kind.", **wrong})
    assert answer.status_code == 422


async def test_a_broken_template_is_refused_with_its_line(api: httpx.AsyncClient) -> None:
    await make(api)
    answer = await api.post(f"{PATH}/versions", json={"text": "Hello.\n{{ contact.nme }}"})
    assert (answer.status_code, "line 2: 'contact' has no field 'nme'" in answer.json()["detail"]) == (422, True)
    assert await history(api) == [(1, "Be kind.", True)]


async def test_a_name_is_there_once_and_is_free_again_after_deletion(api: httpx.AsyncClient) -> None:
    await make(api)
    again = await api.post("/v1/prompts", json={"name": "support", "text": "Be."})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert (await api.delete(PATH)).status_code == 204
    assert (await api.get(PATH)).status_code == 404
    assert (await make(api))["last_version"] == 1


async def test_a_version_that_there_is_not_cannot_be_used(api: httpx.AsyncClient) -> None:
    await make(api)
    answer = await api.post(f"{PATH}/activate", json={"version": 2})
    assert (answer.status_code, answer.json()["code"]) == (422, "version_unknown")


async def test_a_prompt_stays_as_long_as_a_bot_names_it(api: httpx.AsyncClient) -> None:
    for prompt in ({"name": "support"}, {"name": "support", "version": 2}):
        unknown = await api.post("/v1/bots", json={"name": "Ada", "prompt": prompt})
        assert (unknown.status_code, unknown.json()["code"]) == (422, "prompt_unknown")
    await make(api)
    assert (await api.post("/v1/bots", json={"name": "Ada", "prompt": {"name": "support", "version": 2}})).is_error
    bot = (await api.post("/v1/bots", json={"name": "Ada", "prompt": {"name": "support"}})).json()
    assert bot["prompt"] == {"name": "support", "version": None, "variables": {}}
    refused = await api.delete(PATH)
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert (await api.patch(f"/v1/bots/{bot['id']}", json={"prompt": None})).json()["prompt"] is None
    assert (await api.delete(PATH)).status_code == 204


async def test_a_repeat_with_its_key_makes_no_second_version(api: httpx.AsyncClient) -> None:
    await make(api)
    headers = {"Idempotency-Key": "once"}
    first, second = [await api.post(f"{PATH}/versions", json={"text": "x"}, headers=headers) for _ in range(2)]
    assert first.content == second.content
    assert len(await history(api)) == 2
