"""An answer of a shape: both APIs hold the model to a JSON schema, unless they were found not to know that."""

import pytest

from adapters.ai import chat_completions, responses
from domain.bots import Model
from domain.structured import asking, fields
from simulator.openai.structured import Shaped, shape_of

PROMPT = asking("translation", "Translate.", '<data>\n{"text": "Hi", "into": "de"}\n</data>', fields(translation="x"))
PLAIN = PROMPT.model_copy(update={"answer_shape": None})


def test_each_api_has_words_of_its_own_for_a_shape() -> None:
    shape = Shaped("translation", fields(translation="x"))
    for body in (chat_completions.body, responses.body):
        assert shape_of(body(Model(), PROMPT, frozenset())) == shape
        assert shape_of(body(Model(), PLAIN, frozenset())) is None
    assert shape.answer(PROMPT.lines[-1].text) == '{"translation": "[de] Hi"}'


@pytest.mark.parametrize("unknown", ["text", "text.format", "response_format"])
def test_an_endpoint_that_refused_it_is_asked_without(unknown: str) -> None:
    body = chat_completions.body if unknown == "response_format" else responses.body
    assert shape_of(body(Model(), PROMPT, frozenset({unknown}))) is None
