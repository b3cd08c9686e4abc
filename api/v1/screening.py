"""What nobody may send, whatever the route: looked for once, before a route reads its input."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.problems import Problem, invalid
from domain.text import unstorable

_DEEPEST = 64


async def screen(request: Request) -> None:
    """422 for a query or a JSON body that could not be stored or not be read back."""
    if any("\x00" in part for pair in request.query_params.multi_items() for part in pair):
        raise invalid("The query holds the character NUL; remove it.", "unstorable_text")
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise Problem(400, "The body ended early; send it whole.", "incomplete") from error
    if body and _is_json(request.headers.get("content-type", "")):
        _screen_value(_read(body))


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _read(body: bytes) -> object:
    try:
        value: object = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise invalid(f"The body is nested deeper than {_DEEPEST} levels.", "too_deep") from error
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise invalid(f"The body is not JSON (RFC 8259) in UTF-8: {reason}.", "invalid_json") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no number of JSON", "", 0)


def _screen_value(value: object) -> None:
    level: list[object] = [value]
    for _ in range(_DEEPEST + 1):
        if any(isinstance(item, float) and not math.isfinite(item) for item in level):
            raise invalid("The body holds a number that is too large.", "number_too_large")
        level = [inner for item in level for inner in _inside(item)]
        if not level:
            break
    else:
        raise invalid(f"The body is nested deeper than {_DEEPEST} levels.", "too_deep")
    if unstorable(value):
        raise invalid(
            "The body holds a text with the character NUL or half a surrogate pair, which cannot be stored; remove it.",
            "unstorable_text",
        )


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
