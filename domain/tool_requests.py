"""From a tool and the model's arguments to the request that is made: every argument stays in its place."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from domain.models import Frozen
from domain.tools import PLACEHOLDER, HttpTool

MAX_URL_CHARACTERS = 4000
_WITH_BODY = ("POST", "PUT", "PATCH")


class Unfillable(ValueError):
    """An argument that does not fit where it is to stand; the message is for the model."""


class ToolRequest(Frozen):
    """What is sent; `body` is None where nothing is."""

    method: str
    url: str
    body: JsonValue = None


def fill(tool: HttpTool, arguments: Mapping[str, JsonValue]) -> ToolRequest:
    """The request of a call; raises `Unfillable`."""
    path = PLACEHOLDER.sub(lambda found: _segment(found[1], arguments), tool.url)
    pairs = [(name, text) for name, value in tool.query.items() if (text := _text(value, arguments)) is not None]
    url = f"{path}?{urlencode(pairs)}" if pairs else path
    if len(url) > MAX_URL_CHARACTERS:
        raise Unfillable("the arguments make an address that is too long")
    if tool.body is not None:
        return ToolRequest(method=tool.method, url=url, body=_filled(tool.body, arguments))
    left = {name: value for name, value in arguments.items() if name not in tool.placeholders}
    return ToolRequest(method=tool.method, url=url, body=left if tool.method in _WITH_BODY else None)


def _segment(name: str, arguments: Mapping[str, JsonValue]) -> str:
    """An argument as a part of a path that leads nowhere else: no slash, no dots that go up."""
    text = _worded(name, arguments.get(name))
    if text in ("", ".", ".."):
        raise Unfillable(f"the argument {name!r} is missing, or leads elsewhere")
    return quote(text, safe="")


def _text(template: str, arguments: Mapping[str, JsonValue]) -> str | None:
    """A text with its arguments; None where it is one that was left out."""
    alone = PLACEHOLDER.fullmatch(template)
    if alone and arguments.get(alone[1]) is None:
        return None
    return PLACEHOLDER.sub(lambda found: _worded(found[1], arguments.get(found[1])), template)


def _filled(template: JsonValue, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """A JSON value with its arguments: one that stands alone keeps its type, and one left out leaves no trace."""
    if isinstance(template, str):
        alone = PLACEHOLDER.fullmatch(template)
        return arguments.get(alone[1]) if alone else _text(template, arguments)
    if isinstance(template, list):
        return [_filled(item, arguments) for item in template]
    if isinstance(template, dict):
        return {name: _filled(item, arguments) for name, item in template.items() if not _left_out(item, arguments)}
    return template


def _left_out(template: JsonValue, arguments: Mapping[str, JsonValue]) -> bool:
    alone = PLACEHOLDER.fullmatch(template) if isinstance(template, str) else None
    return alone is not None and alone[1] not in arguments


def _worded(name: str, value: JsonValue) -> str:
    if value is None or isinstance(value, dict | list):
        raise Unfillable(f"the argument {name!r} has to be a text or a number here")
    return str(value).lower() if isinstance(value, bool) else str(value)
