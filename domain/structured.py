"""Answers of a shape: what a model is told of the shape, and reading what it makes of it, which is hostile input."""

import json
import re
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from domain.recollection import quoted
from domain.text import storable
from domain.transcripts import AnswerShape, Line, Prompt, build

MAX_ANSWER_CHARACTERS = 500_000
_FENCE = re.compile(r"^```[a-z]*\n(?P<inside>.*)\n```$", re.DOTALL)
_ALONE = "Answer with a JSON object alone, of this JSON schema:"
Shape = TypeVar("Shape", bound=BaseModel)


class NotAsAsked(Exception):
    """The model's answer is not of the shape that it was asked for."""


def read(shape: type[Shape], answer: str) -> Shape:
    """What an answer says; raises `NotAsAsked` for one that is not of this shape."""
    if len(answer) > MAX_ANSWER_CHARACTERS:
        raise NotAsAsked("the model's answer is longer than anything that it could be asked for")
    text = answer.strip()
    fenced = _FENCE.match(text)
    try:
        return shape.model_validate(_storable(json.loads(fenced["inside"] if fenced else text)))
    except (ValueError, RecursionError):
        raise NotAsAsked("the model answered with something that is not of the shape that was asked for") from None


def asking(name: str, wanted: str, data: str, schema: Mapping[str, JsonValue]) -> Prompt:
    """What a model is told to do, with what, and the shape of its answer; the data end up between marks."""
    told = f"{wanted} {_ALONE} {json.dumps(schema, ensure_ascii=False)}"
    made = build(told, [Line(role="user", text=data)], budget_tokens=0, most_messages=1, must_see=1)
    return made.model_copy(update={"answer_shape": AnswerShape(name=name, json_schema=dict(schema))})


def as_data(value: JsonValue) -> str:
    """A value as data, between marks that nothing in it can end."""
    return quoted("data", json.dumps(value, ensure_ascii=False))


def fields(**properties: JsonValue) -> dict[str, JsonValue]:
    """The schema of an object with exactly these properties, as providers that hold a model to one want it."""
    named: list[JsonValue] = [*properties]
    return {"type": "object", "properties": properties, "required": named, "additionalProperties": False}


def _storable(value: JsonValue) -> JsonValue:
    """The value with texts that can be stored: an escape in JSON may stand for anything."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): _storable(item) for name, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value
