"""Filling a tool's request: whatever the arguments say, they stay where they belong."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from domain.tool_requests import Unfillable, fill
from domain.tools import HttpTool


def tool(**changes: JsonValue) -> HttpTool:
    """A tool with two arguments."""
    told: dict[str, JsonValue] = {
        "name": "find",
        "description": "Finds.",
        "parameters": {"type": "object", "properties": {"id": {}, "words": {}}},
        "url": "https://api.example.com/items/{id}/parts",
        "hosts": ["api.example.com"],
        "query": {"q": "{words}", "sort": "name"},
    }
    return HttpTool.model_validate({**told, **changes})


@given(identity=st.text(max_size=50), words=st.text(max_size=50))
def test_no_argument_leads_to_another_place(identity: str, words: str) -> None:
    try:
        request = fill(tool(), {"id": identity, "words": words})
    except Unfillable:
        assert identity in ("", ".", "..")
        return
    except UnicodeEncodeError:
        assert any("\ud800" <= character <= "\udfff" for character in identity + words)
        return
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.com", "")
    assert parts.path.split("/")[1::2] == ["items", "parts"]
    assert parse_qsl(parts.query, keep_blank_values=True) == [("q", words), ("sort", "name")]


def test_what_is_left_out_leaves_no_trace() -> None:
    assert fill(tool(), {"id": 7}).url == "https://api.example.com/items/7/parts?sort=name"
    with pytest.raises(Unfillable, match="'id'"):
        fill(tool(), {"words": "a"})
    with pytest.raises(Unfillable, match="'id'"):
        fill(tool(), {"id": ["a"]})


def test_a_body_keeps_the_types_of_its_arguments() -> None:
    body: JsonValue = {"item": "{id}", "note": "for {words}", "list": ["{words}"], "other": "{words}", "fixed": True}
    posting = tool(method="POST", url="https://api.example.com/items", query={}, body=body)
    filled = fill(posting, {"id": {"a": [1]}, "words": 5}).body
    assert filled == {"item": {"a": [1]}, "note": "for 5", "list": [5], "other": 5, "fixed": True}
    without = tool(method="POST", url="https://api.example.com/items", query={}, body={"item": "{id}", "a": "b"})
    assert fill(without, {}).body == {"a": "b"}


def test_without_a_body_the_arguments_that_stand_nowhere_are_sent() -> None:
    posting = tool(method="POST", query={})
    assert fill(posting, {"id": 1, "words": "a"}).body == {"words": "a"}
    assert fill(tool(), {"id": 1, "words": "a"}).body is None
