"""What Messenger says when it does not do what it is asked.

Source: https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes
"""

from collections.abc import Mapping

from simulator.graph.refusals import UNKNOWN, Refused

USUAL_CODES: Mapping[int, int] = {400: 100, 401: 190, 403: 10, 404: 2500, 429: 613, 500: 2, 503: 1200}
TITLES: Mapping[int, str] = {
    2: "Service temporarily unavailable",
    10: "This message is sent outside of allowed window.",
    100: "Invalid parameter",
    190: "Invalid OAuth access token.",
    551: "This person isn't available right now.",
    613: "Calls to this API have exceeded the rate limit.",
    1200: "Temporary send message failure. Please try again later.",
}


def refused(code: int, message: str | None = None, status: int = 400, subcode: int | None = None) -> Refused:
    """A call that is not accepted, in Messenger's words where there are no others."""
    return Refused(code, message or TITLES.get(code, UNKNOWN), status, subcode)
