"""A call's arguments, from the query, a JSON body, a form or multipart, under one roof."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from simulator.multipart import FormFile, read_form
from simulator.telegram.refusals import bad_request
from simulator.wire import JSON, Object


class Arguments:
    """Named values; in forms everything is text, and objects are text that holds JSON."""

    def __init__(self, values: Object, files: Mapping[str, FormFile] | None = None) -> None:
        self.values = values
        self.files = files or {}

    def text(self, name: str) -> str:
        """The value as text, empty where it is missing."""
        value = self.values.get(name)
        return value if isinstance(value, str) else "" if value is None else json.dumps(value)

    def integer(self, name: str, default: int) -> int:
        """The value as a number; anything that is none counts as missing, as it does for the real server."""
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        try:
            return int(value) if isinstance(value, str) else default
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        """Whether it is true, in any of the spellings that the real server takes."""
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def decoded(self, name: str, what: str) -> JSON:
        """A list or object, from JSON or from text that holds JSON; None where it is missing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            decoded: JSON = json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {what} JSON object") from error
        return decoded


async def read_arguments(request: Request) -> Arguments:
    """All arguments of a call; those of the body win over the query."""
    values: Object = dict(parse_qsl(request.url.query, keep_blank_values=True))
    body, content_type = await request.body(), request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() == "multipart/form-data":
        fields, files = read_form(body, content_type)
        described: Object = {name: {"filename": file.name, "size": len(file.content)} for name, file in files.items()}
        return Arguments({**values, **fields, **described}, files)
    if body:
        values.update(_from_body(body, content_type))
    return Arguments(values)


def _from_body(body: bytes, content_type: str) -> Object:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(body)
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return {}


def _from_json(body: bytes) -> Object:
    try:
        content: JSON = json.loads(body)
    except ValueError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(content, dict):
        raise bad_request("can't parse JSON object")
    return content
