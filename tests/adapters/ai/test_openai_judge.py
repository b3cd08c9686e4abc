"""The moderation endpoint and the check of an OpenAI-compatible provider, over HTTP."""

import pytest
from pydantic import JsonValue, SecretStr

from adapters.ai.base import Checked
from adapters.ai.endpoints import Endpoint, Key
from adapters.ai.openai import OpenAI
from adapters.errors import CredentialsRefused, OutsideError, Unacceptable, Unreachable
from domain.verdicts import Verdict, decide
from tests.adapters.ai.endpoint import KEY, SAID, UNREADABLE, against, failure, saying, speaking_to
from tests.adapters.wire import Behaviour
from tests.simulated import Simulated


@pytest.mark.parametrize("behaviour", UNREADABLE)
async def test_what_cannot_be_read_is_tried_again(behaviour: Behaviour) -> None:
    async with against(behaviour) as openai:
        assert isinstance(await failure(openai.judge(SAID)), Unreachable)
        assert [(item.key, item.problem is None) for item in await openai.examine()] == [("first", False)]


async def test_what_nothing_is_found_in_is_allowed(openai: OpenAI) -> None:
    assert decide("openai", await openai.judge("hello"), {}) == Verdict(provider="openai")


async def test_what_is_flagged_is_refused_by_its_categories(openai: OpenAI, simulated: Simulated) -> None:
    await simulated.post("/openai/answers", flagged_words={"awful": "hate", "vile": "harassment/threatening"})
    found = await openai.judge("an awful and vile thing")
    categories = ("harassment/threatening", "hate")
    assert decide("openai", found, {}) == Verdict(action="refuse", provider="openai", categories=categories)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "text",
        {"results": None},
        {"results": []},
        {"results": {"0": 1}},
        {"results": [None]},
        {"results": [{}]},
        {"results": [{"flagged": True}]},
        {"results": [{"flagged": "canary", "categories": {}}]},
        {"results": [{"flagged": True, "categories": "canary"}]},
    ],
)
async def test_a_verdict_that_is_none_is_tried_again(body: JsonValue) -> None:
    async with against(saying(body)) as openai:
        assert isinstance(await failure(openai.judge(SAID)), Unreachable)


@pytest.mark.parametrize(("status", "fact"), [(400, Unacceptable), (401, CredentialsRefused), (500, Unreachable)])
async def test_a_judge_that_refuses_is_a_fact(
    openai: OpenAI, simulated: Simulated, status: int, fact: type[OutsideError]
) -> None:
    await simulated.fault("status", status=status, method="moderations")
    assert type(await failure(openai.judge(SAID))) is fact


async def test_each_key_is_examined_by_itself(simulated: Simulated) -> None:
    await simulated.post("/openai/answers", refused_keys=[KEY])
    keys = (Key("old", SecretStr(KEY)), Key("new", SecretStr("sk-new")))
    async with speaking_to(Endpoint(simulated.openai_base_url, keys, "mend it")) as openai:
        old, new = await openai.examine()
    assert (old.key, old.problem) == ("old", "the model's endpoint answered 401; mend it")
    assert new == Checked("new", None)


@pytest.mark.parametrize("body", [{}, [], {"data": None}, {"data": 7}, "text"])
async def test_an_endpoint_that_lists_no_models_is_none(body: JsonValue) -> None:
    async with against(saying(body)) as openai:
        assert [item.problem is None for item in await openai.examine()] == [False]
