"""What a page may be asked to do: send a text or a file, or show that it has seen and is typing."""

from simulator.messenger.content import check_message, message_of, template_of
from simulator.messenger.refusals import refused
from simulator.messenger.state import Page, State
from simulator.multipart import FormFile
from simulator.wire import Object

ACTIONS = ("typing_on", "typing_off", "mark_seen")


def person_of(body: Object) -> str | None:
    """Whom a request is for."""
    recipient = body.get("recipient")
    named = recipient.get("id") if isinstance(recipient, dict) else None
    return named if isinstance(named, str) else None


def text_of(body: Object) -> str | None:
    """The words of a request."""
    message = message_of(body)
    words = message.get("text", template_of(message).get("text"))
    return words if isinstance(words, str) else None


def check(state: State, page: Page, body: Object, file: FormFile | None) -> str:
    """To whom this goes, where Messenger takes it."""
    psid, action = person_of(body), body.get("sender_action")
    if not psid:
        raise refused(100, "The parameter recipient is required.")
    if action is None:
        check_message(body.get("messaging_type"), message_of(body), file)
    elif action not in ACTIONS or "message" in body:
        raise refused(100, "Param sender_action must be one of {TYPING_ON, TYPING_OFF, MARK_SEEN}.")
    if state.person(psid) == "unknown":
        raise refused(100, "No matching user found.", subcode=2018001)
    if state.person(psid) == "blocked":
        raise refused(551, subcode=1545041)
    if state.settings.window and not state.is_open(page, psid):
        raise refused(10, subcode=2018278)
    return psid
