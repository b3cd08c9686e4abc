"""Temporal's search attributes: without them it refuses to start a conversation's workflow."""

import asyncio
from datetime import timedelta

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.faults import CommandFailed
from adapters.temporal.names import SEARCH_ATTRIBUTES

_VISIBLE_WITHIN = timedelta(seconds=60)
_POLL_SECONDS = 0.25
_NOT_ALLOWED = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)


class SearchAttributesUnusable(CommandFailed):
    """The search attributes are not there, cannot be made, or have another type."""


async def ensure(client: Client) -> tuple[str, ...]:
    """Makes what is missing, waits until workflows can be started with it, and returns the names that were made."""
    lacking = await missing(client)
    if lacking:
        await _add(client, lacking)
        await _until_usable(client)
    return lacking


async def missing(client: Client) -> tuple[str, ...]:
    """The names that the namespace does not know; raises `SearchAttributesUnusable` where one has another type."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    known = (await client.operator_service.list_search_attributes(request)).custom_attributes
    for key in SEARCH_ATTRIBUTES:
        if key.name in known and int(known[key.name]) != key.indexed_value_type.value:
            raise SearchAttributesUnusable(
                f"In {client.namespace!r} the search attribute {key.name!r} is no {key.indexed_value_type.name}.",
                f"Remove it with: temporal operator search-attribute remove --name {key.name}; then migrate again.",
            )
    return tuple(key.name for key in SEARCH_ATTRIBUTES if key.name not in known)


async def usable(client: Client) -> bool:
    """Whether the part of the server that starts workflows has heard of all of them."""
    query = " AND ".join(f"{key.name} = ''" for key in SEARCH_ATTRIBUTES)
    try:
        await client.count_workflows(query)
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            return False
        raise
    return True


async def _add(client: Client, names: tuple[str, ...]) -> None:
    kinds = {key.name: key.indexed_value_type.value for key in SEARCH_ATTRIBUTES if key.name in names}
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for name, kind in kinds.items():
        request.search_attributes[name] = kind  # type: ignore[assignment]  # protobuf wants its own enum, of int
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status in _NOT_ALLOWED:
            raise SearchAttributesUnusable(
                f"This account may not make the search attributes {', '.join(names)} in {client.namespace!r}.",
                "Make them there, each of type Keyword, then migrate again.",
            ) from error
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


async def _until_usable(client: Client) -> None:
    try:
        async with asyncio.timeout(_VISIBLE_WITHIN.total_seconds()):
            while True:
                if not await missing(client) and await usable(client):
                    return
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise SearchAttributesUnusable(
            f"Temporal took the search attributes and did not know them {_VISIBLE_WITHIN.seconds} s later.",
            "Look at the server's log, then migrate again.",
        ) from error
