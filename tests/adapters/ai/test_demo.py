"""The demo model: answers without a key, from the prompt alone."""

from adapters.ai.catalogue import judges, openai_of, providers
from adapters.ai.demo import Demo
from adapters.ai.openai import OpenAI
from adapters.ai.transport import model_http
from domain.bots import Model
from domain.transcripts import Line, Prompt
from settings import Settings
from tests.adapters.ai.endpoint import Heard

MODEL = Model(provider="demo")


def prompt(*lines: tuple[str, str]) -> Prompt:
    """A prompt of these lines, each with who said it."""
    made = [Line.model_validate({"role": role, "text": text}) for role, text in lines]
    return Prompt(lines=tuple(made), estimated_tokens=10)


def settings(**given: object) -> Settings:
    """Settings that nothing of the environment gets into."""
    return Settings.model_validate({"openai_api_key": None, "openai_base_url": None, **given})


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


async def test_whoever_listens_hears_the_answer_word_by_word() -> None:
    heard = Heard()
    answer = await Demo().complete(
        MODEL, prompt(("user", "one  two\nthree"), ("assistant", "…"), ("user", "go on")), heard
    )
    assert heard.pieces == ["You ", "said: ", "go ", "on"]
    assert answer.text == "You said: go on"
    first = await Demo().complete(MODEL, prompt(("user", "hello")), heard)
    assert "".join(heard.pieces) == first.text
    assert len(heard.pieces) <= 25


async def test_it_is_always_there() -> None:
    assert await Demo().check() == "The built-in demo model answers."


async def test_without_key_and_address_there_is_no_endpoint_and_no_judge() -> None:
    async with model_http() as http:
        assert openai_of(settings(), http) is None
    assert judges(None) == {}


def test_the_demo_model_stands_in_only_where_it_may() -> None:
    assert isinstance(providers(settings(demo_model=True), None)["openai"], Demo)
    assert "openai" not in providers(settings(demo_model=False), None)


async def test_a_key_or_an_address_is_enough_for_an_endpoint() -> None:
    async with model_http() as http:
        for given in ({"openai_api_key": "sk-x"}, {"openai_base_url": "http://127.0.0.1:1/v1"}):
            endpoint = openai_of(settings(**given), http)
            assert isinstance(endpoint, OpenAI)
            found = providers(settings(demo_model=True), endpoint)
            assert found["openai"] is endpoint
            assert isinstance(found["demo"], Demo)
            assert judges(endpoint) == {"openai": endpoint}
