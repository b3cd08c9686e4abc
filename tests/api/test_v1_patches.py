"""PATCH as RFC 7396 has it, over what a model allows."""

import pytest

from api.v1.patches import merged, patched
from domain.bots import Bot


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_rfc_7396_appendix_a(target: object, patch: object, result: object) -> None:
    assert merged(target, patch) == result  # type: ignore[arg-type]  # JSON


def test_null_is_none_where_there_may_be_none_and_else_the_default() -> None:
    current = Bot(name="Ada", greeting="Hi", apology="Oh").model_dump(mode="json")
    patch = {"greeting": None, "apology": None, "model": {"temperature": None, "name": None}, "metadata": None}
    changed = Bot.model_validate(patched(Bot, current, patch))  # type: ignore[arg-type]  # JSON
    assert (changed.greeting, changed.apology) == (None, Bot(name="x").apology)
    assert (changed.model.temperature, changed.model.name, changed.metadata) == (None, Bot(name="x").model.name, {})
