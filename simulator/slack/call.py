"""One call of a Web API method: its arguments, and what is at hand to serve it."""

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from simulator.slack.apps import App
from simulator.slack.refusals import Refused
from simulator.slack.state import State
from simulator.wire import JSON, Object


@dataclass(frozen=True)
class Call:
    """Who calls, with which arguments, on which state."""

    app: App
    arguments: Object
    state: State
    base_url: str

    def text(self, name: str) -> str:
        """An argument as text, empty where it is missing."""
        value = self.arguments.get(name)
        return value if isinstance(value, str) else "" if value is None else json.dumps(value)


async def read_arguments(request: Request, *, takes_json: bool) -> Object:
    """All arguments of a call; JSON counts for nothing where a method does not take it."""
    values: Object = dict(parse_qsl(request.url.query, keep_blank_values=True))
    body, kind = await request.body(), request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        values.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if kind == "application/json" and body and takes_json:
        values.update(_decoded(body))
    return values


def _decoded(body: bytes) -> Object:
    try:
        content: JSON = json.loads(body)
    except ValueError as error:
        raise Refused("invalid_json") from error
    if not isinstance(content, dict):
        raise Refused("json_not_object")
    return content


def token_of(request: Request) -> str:
    """The token that a call carries in its header."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""
