"""What WhatsApp says when it does not do what it is asked, at once or in a status.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from collections.abc import Mapping

from simulator.graph.refusals import UNKNOWN, Refused
from simulator.wire import Object

USUAL_CODES: Mapping[int, int] = {400: 100, 401: 190, 403: 10, 404: 2500, 429: 80007, 500: 131000, 503: 131016}
TITLES: Mapping[int, str] = {
    10: "Permission denied",
    100: "Invalid parameter",
    131026: "Message undeliverable",
    131030: "Recipient phone number not in allowed list",
    131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    190: "Access token has expired",
}


def refused(code: int, message: str | None = None, status: int = 400, subcode: int | None = None) -> Refused:
    """A call that is not accepted, in WhatsApp's words where there are no others."""
    return Refused(code, message or TITLES.get(code, UNKNOWN), status, subcode)


def failure(code: int) -> Object:
    """An error as a status carries it."""
    title = TITLES.get(code, UNKNOWN)
    return {"code": code, "title": title, "message": title, "error_data": {"details": title}}
