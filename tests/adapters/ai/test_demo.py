"""The demo model: answers without a key, from the prompt alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from adapters.ai.base import Checked
from adapters.ai.catalogue import Catalogue, connections
from adapters.ai.demo import Demo
from adapters.ai.openai import OpenAI
from adapters.database.channels import credentials_vault
from adapters.database.engine import Database
from adapters.errors import CredentialsRefused, Never
from domain.bots import Model
from domain.transcripts import Line, Prompt
from settings import Settings
from tests.conftest import SECRET_KEY

MODEL = Model(provider="demo")
WORKSPACE = uuid4()


def prompt(*lines: tuple[str, str]) -> Prompt:
    """A prompt of these lines, each with who said it."""
    made = [Line.model_validate({"role": role, "text": text}) for role, text in lines]
    return Prompt(lines=tuple(made), estimated_tokens=10)


@asynccontextmanager
async def catalogue(database: Database, **given: object) -> AsyncIterator[Catalogue]:
    """Who answers by settings that nothing of the environment gets into."""
    settings = Settings.model_validate({"openai_api_key": None, "openai_base_url": None, **given})
    async with connections(settings) as http:
        yield Catalogue(settings, http, database, credentials_vault([SECRET_KEY]))


async def test_the_first_answer_repeats_what_was_said_and_introduces_itself() -> None:
    answer = await Demo().complete(MODEL, prompt(("system", "Be Ada."), ("user", " hello ")))
    assert answer.text.startswith("You said: hello\n\nHello! I am the built-in demo model")
    assert (answer.model, answer.input_tokens, answer.finish_reason) == ("demo", 10, "stop")
    assert answer.output_tokens > 0


async def test_later_answers_only_repeat_what_was_said() -> None:
    answer = await Demo().complete(MODEL, prompt(("user", "one"), ("assistant", "…"), ("user", "two")))
    assert answer.text == "You said: two"


async def test_it_remembers_how_much_was_said() -> None:
    lines = [("user", "one"), ("assistant", "…"), ("user", "two"), ("user", "three")]
    assert (await Demo().complete(MODEL, prompt(*lines))).text == (
        "You said: three Before that, you wrote 2 other messages."
    )


async def test_it_has_an_answer_to_nothing() -> None:
    assert (await Demo().complete(MODEL, prompt())).text.startswith("Hello! I am the built-in demo model")
    assert (await Demo().complete(MODEL, prompt(("user", " "), ("assistant", "…"), ("user", "")))).text == "You said: …"


async def test_it_is_always_there() -> None:
    assert await Demo().examine() == (Checked(None, None),)


async def test_without_key_and_address_nobody_answers_or_judges(shared: Database) -> None:
    async with catalogue(shared) as nobody:
        with pytest.raises(CredentialsRefused):
            await nobody.asked(WORKSPACE, Model())
        with pytest.raises(Never):
            await nobody.judge(WORKSPACE, "openai")


async def test_the_demo_model_stands_in_only_where_it_may(shared: Database) -> None:
    async with catalogue(shared, demo_model=True) as found:
        assert isinstance((await found.asked(WORKSPACE, Model())).provider, Demo)
    async with catalogue(shared) as found:
        assert isinstance((await found.asked(WORKSPACE, MODEL)).provider, Demo)


async def test_a_key_or_an_address_is_enough_for_an_endpoint(shared: Database) -> None:
    for given in ({"openai_api_key": "sk-x"}, {"openai_base_url": "http://127.0.0.1:1/v1"}):
        async with catalogue(shared, demo_model=True, **given) as found:
            asked = await found.asked(WORKSPACE, Model())
            assert isinstance(asked.provider, OpenAI)
            assert asked.model == Model()
            assert await found.judge(WORKSPACE, "openai") is asked.provider
