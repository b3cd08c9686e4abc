"""What WhatsApp's error codes mean, at a call or in a receipt that says `failed`.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from collections.abc import Mapping

from adapters.errors import (
    AccountHeld,
    ChatRateLimited,
    CredentialsRefused,
    Never,
    NotPermitted,
    OutsideError,
    PassingFault,
    RateLimited,
    RecipientGone,
    TemplateDisabled,
    TemplateMisfilled,
    TemplatePaused,
    TemplateRefused,
    TemplateThrottled,
    TemplateUnknown,
    Unacceptable,
    WindowClosed,
)
from adapters.platforms.graph.refusals import Waits
from domain.deliveries import Backoff


class MediaFault(PassingFault):
    """A file was not taken, or cannot be had any more: it is uploaded once more, and then the request is wrong."""

    most_attempts = 2
    then = Unacceptable


MEANINGS: Mapping[int, type[OutsideError]] = {
    # Too much: of calls, or of messages of this number; and of messages to this contact.
    **dict.fromkeys((4, 80007, 130429, 131064, 133016), RateLimited),
    131056: ChatRateLimited,
    # A fault or maintenance on their side.
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 135000), PassingFault),
    # The access token is wrong, expired or revoked.
    **dict.fromkeys((0, 190), CredentialsRefused),
    # A permission is missing; 200 to 299 are permissions, one by one.
    **dict.fromkeys((3, 10, 131005, *range(200, 300)), NotPermitted),
    # The number or its account is held back: spam, a lock, payment, certificate, name.
    **dict.fromkeys((368, 131031, 131037, 131042, 131044, 131045, 131048), AccountHeld),
    # Nobody in that country may be written to.
    130497: NotPermitted,
    # The contact is in no list of a test number, wants no advertising, or is in an experiment.
    **dict.fromkeys((130472, 131030, 131049, 131050, 137000), NotPermitted),
    131047: WindowClosed,
    131026: RecipientGone,
    # The request itself: parameters, type, media.
    **dict.fromkeys((33, 100, 131008, 131009, 131021, 131051, 131062), Unacceptable),
    **dict.fromkeys((131052, 131053), MediaFault),
    # Templates: the number of parameters, the text they make, their form.
    132000: TemplateMisfilled,
    132005: TemplateMisfilled,
    132012: TemplateMisfilled,
    # No such name, none in this language, or not approved in it.
    132001: TemplateUnknown,
    # The characters or the content break a rule; the form in it is blocked.
    **dict.fromkeys((132007, 132008, 132068), TemplateRefused),
    132015: TemplatePaused,
    132016: TemplateDisabled,
    # The form in it was sent ten times within the hour.
    132069: TemplateThrottled,
}


WAITS: Waits = {131056: Backoff(factor=4)}
"""One contact's limit: 4 to the power of the number of attempts, in seconds."""


def reason_of(code: int | None) -> str:
    """The stable word for why a message was not brought to the contact."""
    kind = _meaning(code)
    return kind.then.reason if issubclass(kind, PassingFault) else kind.reason


def is_of_contact(code: int | None) -> bool:
    """Whether the contact cannot be reached for now, whatever is said."""
    return _meaning(code) in (RecipientGone, WindowClosed)


def _meaning(code: int | None) -> type[OutsideError]:
    return Never if code is None else MEANINGS.get(code, Never)
