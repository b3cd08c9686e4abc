"""JSON as it goes over the wire: its types, and answers written without a framework's help."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from pydantic import JsonValue
from starlette.responses import Response

JSON = JsonValue
Object = dict[str, JsonValue]


def encode(content: JSON | Object) -> bytes:
    """Compact JSON; anything beyond ASCII is escaped, as the platforms do, so that a lone surrogate survives too."""
    return json.dumps(content, separators=(",", ":")).encode()


def json_answer(content: JSON | Object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a JSON body."""
    return Response(encode(content), status, headers, "application/json")


def http_date(seconds_ahead: float) -> str:
    """The moment so many seconds from now in the form of RFC 9110 section 5.6.7."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds_ahead), usegmt=True)


def unix_time() -> int:
    """Seconds since 1970, as platforms stamp their messages."""
    return int(datetime.now(UTC).timestamp())
