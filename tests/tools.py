"""Tools, and a model that calls them, as tests of bots with tools have them."""

import json

from pydantic import JsonValue

from tests.simulated import Simulated

QUEUE: dict[str, JsonValue] = {"policy": "queue"}


def http_tool(simulated: Simulated, name: str = "look_up", **changes: JsonValue) -> dict[str, JsonValue]:
    """A tool that asks the simulator's service for an item."""
    told: dict[str, JsonValue] = {
        "kind": "http",
        "name": name,
        "description": "Looks an item up.",
        "parameters": {
            "type": "object",
            "properties": {"item": {"type": "string", "maxLength": 50}},
            "required": ["item"],
            "additionalProperties": False,
        },
        "url": f"{simulated.tools_url}/{name}",
        "hosts": ["127.0.0.1"],
        "private": False,
    }
    defaults: dict[str, JsonValue] = {"query": {"item": "{item}"}} if changes.get("method", "GET") == "GET" else {}
    return {**told, **defaults, **changes}


def order_tool(simulated: Simulated, **changes: JsonValue) -> dict[str, JsonValue]:
    """A tool that orders an item."""
    given: dict[str, JsonValue] = {"method": "POST", "description": "Orders an item.", **changes}
    return http_tool(simulated, "order", **given)


def wants(contains: str, *calls: tuple[str, object], results: int = 0, **more: object) -> dict[str, object]:
    """The model calls these tools, behind so many results of others."""
    written = [
        {"name": name, "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments)}
        for name, arguments in calls
    ]
    return {"contains": contains, "results": results, "tool_calls": written, **more}


def says(contains: str, text: str | None = None, results: int = 1) -> dict[str, object]:
    """The model answers behind so many results: with a text, or with what the tools told."""
    told: dict[str, object] = {"text": text} if text is not None else {"echo": "results"}
    return {"contains": contains, "results": results, **told}
