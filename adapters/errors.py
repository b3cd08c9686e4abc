"""What can go wrong outside, as facts that the core can act on.

    OutsideError
    ├── Again                 not done; the same call may work later (`after`: not before this long)
    │   ├── RateLimited       told to wait, in whatever is said for this account
    │   │   ├── ChatRateLimited     in this chat alone
    │   │   └── RateLimitedSomewhere    in this chat or in all: the platform does not say which
    │   ├── Unreachable       no connection, or an answer that says "try later"
    │   │   ├── OutOfTime        no answer in the time that there was
    │   │   └── PassingFault     the platform failed within: worth a few tries, then `then`
    │   ├── TemplateThrottled  a template that may be sent only so often was sent too often
    │   └── EmptyAnswer       a model answered with nothing
    ├── Never                 not done, and the same call never will be
    │   ├── NothingSaid          models answered with nothing, again and again
    │   ├── FaultPersists        the platform failed within, a few times
    │   ├── CredentialsRefused   the channel's or the model's key is not accepted
    │   ├── RecipientGone        the contact blocked us or the chat does not exist
    │   ├── NotPermitted         the platform's rules forbid it here
    │   │   ├── AccountHeld         the platform holds our account back, whoever is spoken to
    │   │   ├── WindowClosed        the contact wrote too long ago to be answered freely
    │   │   └── ChangeRefused       the message may not be edited or deleted, most often because of its age
    │   └── Unacceptable         the request itself is wrong
    │       ├── FormattingRefused   the text's formatting is; plain text may be accepted
    │       └── TemplateRefused     the template's content is
    │           ├── TemplateUnknown     there is none of this name, language and approval
    │           ├── TemplateMisfilled   its parameters are too many, too few, too long or of another kind
    │           ├── TemplatePaused      contacts did not like it; it may come back
    │           └── TemplateDisabled    contacts did not like it, for good
    │       ├── MessageGone         the message that it is about is not there (any more)
    │       ├── NotAGroup           a chat with one person has no such thing
    │       └── MemberUnknown       the person that it is about is unknown there
    ├── Moved                 not done; the chat has a new id, the same call works there at once
    └── OutcomeUnknown        perhaps done: the request was written, and no answer came

Messages never hold a secret or what a contact said.
"""

from datetime import timedelta

from domain.deliveries import USUAL_BACKOFF, Backoff
from domain.paces import LimitScope
from domain.prices import Tokens


class OutsideError(Exception):
    """Something outside did not do what was asked; `reason` is a stable word for it."""

    reason = "outside_error"


class Again(OutsideError):
    """Not done; the same call may work later, not before `after`."""

    reason = "try_later"
    backoff: Backoff = USUAL_BACKOFF
    """How long to wait where `after` says nothing."""

    def __init__(self, message: str, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class RateLimited(Again):
    """Told to wait: where nothing else is said, with every call for this account."""

    reason = "rate_limited"
    scope: LimitScope = "bot"
    """What has to wait."""


class ChatRateLimited(RateLimited):
    """Told to wait in this chat; others are not meant."""

    scope: LimitScope = "chat"


class RateLimitedSomewhere(RateLimited):
    """Told to wait in this chat, or in all: the platform does not say which; most often it is the chat."""

    scope: LimitScope = "unsaid"


class Unreachable(Again):
    """No connection, or an answer that says to try later."""

    reason = "unreachable"


class OutOfTime(Unreachable):
    """No answer in the time that there was, which may have been short: `waited_seconds`."""

    def __init__(self, message: str, waited_seconds: float) -> None:
        super().__init__(message)
        self.waited_seconds = waited_seconds


class TemplateThrottled(Again):
    """A template, or the form in it, that may be sent only so often was sent too often."""

    reason = "template_throttled"


class EmptyAnswer(Again):
    """A model answered with nothing; asked again it may say something. `tokens` is what it counted all the same."""

    reason = "empty_answer"

    def __init__(self, message: str, tokens: Tokens | None = None) -> None:
        super().__init__(message)
        self.tokens = tokens


class Never(OutsideError):
    """Not done, and the same call never will be."""

    reason = "refused"


class FaultPersists(Never):
    """The platform failed within, a few times; it may have done it all the same, and nobody can tell."""

    reason = "platform_fault"


class PassingFault(Unreachable):
    """The platform failed within: the same call may work later, is worth few tries, and each may be a repeat."""

    backoff: Backoff = Backoff(first=timedelta(seconds=2), factor=5)
    most_attempts: int = 5
    """How often a part may be called for at all, whatever an earlier attempt failed for."""
    then: type[Never] = FaultPersists
    """What it is taken for after so many."""


class NothingSaid(Never):
    """Models answered with nothing, again and again; asking once more would cost as much as an answer."""

    reason = "empty_answer"


class CredentialsRefused(Never):
    """The key or token is not accepted."""

    reason = "credentials_refused"


class RecipientGone(Never):
    """The contact blocked us, or the chat does not exist."""

    reason = "recipient_gone"


class NotPermitted(Never):
    """The platform's rules forbid it here."""

    reason = "not_permitted"


class AccountHeld(NotPermitted):
    """The platform holds our account back: a broken rule, a lock, an unpaid bill, a name; whoever is spoken to."""

    reason = "account_held"


class WindowClosed(NotPermitted):
    """The contact's last message is older than the platform lets us answer freely."""

    reason = "window_closed"


class ChangeRefused(NotPermitted):
    """The message may not be edited or deleted, most often because of its age."""

    reason = "change_refused"


class Unacceptable(Never):
    """The request itself is wrong."""

    reason = "unacceptable"


class FormattingRefused(Unacceptable):
    """The text's formatting is refused; plain text may be accepted."""

    reason = "formatting_refused"


class TemplateRefused(Unacceptable):
    """The template's content is refused."""

    reason = "template_refused"


class TemplateUnknown(TemplateRefused):
    """There is no template of this name that is approved in this language."""

    reason = "template_unknown"


class TemplateMisfilled(TemplateRefused):
    """The template takes other parameters, or becomes too long with these."""

    reason = "template_parameters"


class TemplatePaused(TemplateRefused):
    """Contacts did not like the template; it cannot be sent for some time."""

    reason = "template_paused"


class TemplateDisabled(TemplateRefused):
    """Contacts did not like the template; it can be sent no more."""

    reason = "template_disabled"


class MessageGone(Unacceptable):
    """The message that the request is about is not there, or not any more."""

    reason = "message_gone"


class NotAGroup(Unacceptable):
    """A chat with one person has no such thing."""

    reason = "not_a_group"


class MemberUnknown(Unacceptable):
    """The person that the request is about is unknown there."""

    reason = "member_unknown"


class Moved(OutsideError):
    """The chat has a new id; the same call works there at once."""

    reason = "chat_moved"

    def __init__(self, message: str, chat: str) -> None:
        super().__init__(message)
        self.chat = chat


class OutcomeUnknown(OutsideError):
    """Perhaps done: the request was written, and no answer came."""

    reason = "outcome_unknown"


class InboundError(Exception):
    """What arrived at a webhook is not accepted; the base of the two reasons."""


class SignatureMismatch(InboundError):
    """The sender did not prove that it is the platform."""


class Unreadable(InboundError):
    """The body is not what the platform sends."""
