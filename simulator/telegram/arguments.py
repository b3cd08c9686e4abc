"""A call's arguments, from the query, a JSON body, a form or multipart, under one roof."""

import json
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from starlette.requests import Request

from simulator.telegram.refusals import bad_request
from simulator.wire import JSON, Object


class Arguments:
    """Named values; in forms everything is text, and objects are text that holds JSON."""

    def __init__(self, values: Object) -> None:
        self.values = values

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
    body = await request.body()
    if body:
        values.update(_from_body(body, request.headers.get("content-type", "")))
    return Arguments(values)


def _from_body(body: bytes, content_type: str) -> Object:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(body)
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if kind == "multipart/form-data":
        return _from_multipart(body, content_type)
    return {}


def _from_json(body: bytes) -> Object:
    try:
        content: JSON = json.loads(body)
    except ValueError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(content, dict):
        raise bad_request("can't parse JSON object")
    return content


def _from_multipart(body: bytes, content_type: str) -> Object:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    values: Object = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        if (filename := part.get_filename()) is not None:
            values[name] = {"filename": filename, "size": len(content)}
        else:
            values[name] = content.decode("utf-8", "replace")
    return values
