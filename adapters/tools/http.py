"""Calls over HTTP: to the hosts that a tool names, at public addresses, without redirects, bounded in time and size."""

import json
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

import httpcore
import httpx
from pydantic import JsonValue

from adapters.errors import NotPermitted, OutcomeUnknown, OutsideError
from adapters.http import Heard, Http, trusted
from adapters.media.addresses import GuardedBackend
from adapters.tools.base import Outgoing
from adapters.tools.schemas import argument_fault
from domain.text import storable
from domain.tool_calls import UNKNOWN, CallOutcome, Result, failed, refused
from domain.tool_requests import ToolRequest, Unfillable, fill

_TEXTS = ("text/plain", "text/markdown", "text/csv", "text/html", "application/xml", "text/xml")
_MOST_CONNECTIONS = 100
_KEEP_ALIVE_SECONDS = 4.0


class HttpCaller:
    """Makes the calls of HTTP tools; `private_hosts` are those that the installation allows, wherever they are."""

    def __init__(self, version: str, private_hosts: Collection[str] = ()) -> None:
        self._private = frozenset(private_hosts)
        self._http = Http(version, _Guarded(self._private))

    def fault(self, schema: Mapping[str, JsonValue], arguments: Mapping[str, JsonValue]) -> str | None:
        """What a schema holds against arguments."""
        return argument_fault(schema, arguments)

    async def call(self, outgoing: Outgoing) -> Result:
        """Make a call; whatever happens is its result."""
        try:
            request = fill(outgoing.tool, outgoing.arguments)
            self._demand_allowed(request.url, outgoing.tool.hosts)
            heard = await self._exchange(outgoing, request)
        except Unfillable as error:
            return refused(str(error))
        except (ValueError, httpx.InvalidURL):  # while the request is made: nothing of it was written
            return refused("The arguments make a request that cannot be sent.")
        except OutcomeUnknown:
            return UNKNOWN if outgoing.tool.effects else failed("It gave no answer in time.")
        except NotPermitted as error:
            return refused(str(error))
        except OutsideError:
            return failed("It could not be reached; nothing was done.")
        return _result(heard, effects=outgoing.tool.effects)

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _exchange(self, outgoing: Outgoing, request: ToolRequest) -> Heard:
        tool = outgoing.tool
        secrets = {header: outgoing.secrets[name] for header, name in tool.secret_headers.items()}
        own = {"Accept": "application/json, text/plain;q=0.9, */*;q=0.1"}
        if tool.effects:
            own["Idempotency-Key"] = outgoing.key
        content = None
        if request.body is not None:
            own["Content-Type"] = "application/json"
            content = json.dumps(request.body).encode()
        return await self._http.hear(
            request.method,
            request.url,
            content,
            deadline=outgoing.deadline,
            headers={**own, **tool.headers, **secrets},
            max_bytes=tool.max_bytes,
        )

    def _demand_allowed(self, url: str, hosts: Collection[str]) -> None:
        """Once more, of the address that is really called; raises `NotPermitted`."""
        parts = urlsplit(url)
        if parts.hostname not in hosts:
            raise NotPermitted("The tool may not call that host.")
        if fault := address_fault(url, self._private):
            raise NotPermitted(fault)


def address_fault(url: str, private_hosts: Collection[str]) -> str | None:
    """Why a tool's address would not be called, as far as it tells itself; None where it may be."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.hostname or "").lower() in private_hosts:
        return None
    return "plain http shows to everybody between what is told; give an https address"


def _result(heard: Heard, *, effects: bool) -> Result:
    """What an answer means; one of 500 and more does not say what was done before it."""
    if heard.status >= 500 and effects:
        return UNKNOWN.model_copy(update={"content": {**UNKNOWN.content, "status": heard.status}})
    if 300 <= heard.status < 400:
        return failed(f"It answered {heard.status}, a redirect, which is not followed.")
    body = _body(heard)
    outcome = CallOutcome.DONE if heard.status < 300 else CallOutcome.FAILED
    return Result(outcome=outcome, content={"status": heard.status, **body})


def _body(heard: Heard) -> dict[str, JsonValue]:
    if heard.body is None:
        return {"problem": "The answer was too long, or broke off, and cannot be read."}
    if not heard.body:
        return {}
    kind = heard.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return {"body": json.loads(heard.body)}
        except (ValueError, RecursionError):
            return {"problem": "The answer said that it was JSON, and was not."}
    if kind in _TEXTS:
        return {"body": storable(heard.body.decode("utf-8", "replace"))}
    return {"problem": "The answer is of a kind that cannot be read."}


class _Guarded(httpx.AsyncHTTPTransport):
    """Connects to public addresses alone; looked at when connecting, so that no name can change meanwhile."""

    def __init__(self, private_hosts: Collection[str]) -> None:
        super().__init__(verify=trusted(), trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=_MOST_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE_SECONDS,
            network_backend=GuardedBackend(exempt_hosts=private_hosts),
        )
