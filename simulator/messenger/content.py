"""What a message may hold: words with quick replies below, words with buttons as a template, or one file.

Sources: https://developers.facebook.com/docs/messenger-platform/send-messages/quick-replies, …/template/button
and …/saving-assets
"""

import json

from starlette.requests import Request

from simulator.graph.door import body_of
from simulator.messenger.refusals import refused
from simulator.multipart import FormFile, read_form
from simulator.wire import JSON, Object

MOST_CHARACTERS, MOST_METADATA = 2000, 1000
MOST_REPLIES, MOST_TITLE, MOST_PAYLOAD = 13, 20, 1000
MOST_TEMPLATE, MOST_BUTTONS = 640, 3
MOST_BYTES = 25 * 1024 * 1024
TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
KINDS = ("image", "audio", "video", "file")


async def read_body(request: Request) -> tuple[Object, FormFile | None]:
    """What is asked, as JSON or as a form whose fields are JSON, and the file that came with it."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return await body_of(request), None
    fields, files = read_form(await request.body(), kind)
    return {name: _read(value) for name, value in fields.items()}, files.get("filedata")


def message_of(body: Object) -> Object:
    """The message of a request; empty where there is none."""
    return _object(body.get("message"))


def template_of(message: Object) -> Object:
    """The template that a message is; empty where it is none."""
    attachment = _object(message.get("attachment"))
    return _object(attachment.get("payload")) if attachment.get("type") == "template" else {}


def echoed(message: Object, file: FormFile | None) -> Object:
    """A message as its echo tells it: the mark, the words, and where a file lies."""
    told: Object = {name: message[name] for name in ("text", "metadata") if name in message}
    if template := template_of(message):
        return {**told, "attachments": [{"type": "template", "payload": template}]}
    if file is None:
        return told
    kind = _object(message.get("attachment")).get("type")
    attached: Object = {"type": kind, "payload": {"url": f"https://cdn.fbsbx.com/v/{file.name}"}}
    return {**told, "attachments": [attached]}


def check_message(kind: JSON, message: Object, file: FormFile | None) -> None:
    """Refuse a message that holds nothing, too much, or words and a file together."""
    metadata = message.get("metadata")
    if kind not in TYPES:
        raise refused(100, "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG, UTILITY}.")
    if metadata is not None and (not isinstance(metadata, str) or len(metadata) > MOST_METADATA):
        raise refused(100, "Param message[metadata] must be a string of at most 1000 characters.")
    if _object(message.get("attachment")).get("type") == "template":
        _check_template(template_of(message))
    elif "attachment" in message:
        _check_file(_object(message["attachment"]).get("type"), file)
        if "text" in message:
            raise refused(100, "Message cannot have both a text and an attachment.")
    else:
        _check_words(message.get("text"))
    if "quick_replies" in message:
        _check_replies(message["quick_replies"])


def _check_words(words: JSON) -> None:
    if not isinstance(words, str) or not words.strip():
        raise refused(100, "Message cannot be empty, must provide valid attachment or text.", subcode=2018034)
    if _units(words) > MOST_CHARACTERS:
        raise refused(100, "Length of param message[text] must be less than or equal to 2000.")


def _check_file(kind: JSON, file: FormFile | None) -> None:
    if file is None or not file.content:
        raise refused(100, "Upload attachment failure.", subcode=2018047)
    if kind not in KINDS or (kind != "file" and not file.type.startswith(f"{kind}/")):
        raise refused(100, "Incorrect attachment type.", subcode=2018047)
    if len(file.content) > MOST_BYTES:
        raise refused(100, "Attachment size exceeds allowable limit.", subcode=2018109)


def _check_template(template: Object) -> None:
    words, listed = str(template.get("text", "")), template.get("buttons")
    buttons = [_object(item) for item in listed] if isinstance(listed, list) else []
    if template.get("template_type") != "button" or not 0 < _units(words) <= MOST_TEMPLATE:
        raise refused(100, "Param message[attachment][payload][text] must be a text of at most 640 characters.")
    if not 0 < len(buttons) <= MOST_BUTTONS or not all(map(_is_button, buttons)):
        raise refused(100, "Param message[attachment][payload][buttons] must have between 1 and 3 buttons.")


def _is_button(button: Object) -> bool:
    if not 0 < _units(str(button.get("title", ""))) <= MOST_TITLE:
        return False
    if button.get("type") == "web_url":
        return str(button.get("url", "")).startswith(("https://", "http://"))
    return button.get("type") == "postback" and 0 < len(str(button.get("payload", ""))) <= MOST_PAYLOAD


def _check_replies(listed: JSON) -> None:
    replies = [_object(item) for item in listed] if isinstance(listed, list) else []
    if not 0 < len(replies) <= MOST_REPLIES:
        raise refused(100, "Param message[quick_replies] must have between 1 and 13 elements.")
    for reply in replies:
        title, payload = str(reply.get("title", "")), str(reply.get("payload", ""))
        if reply.get("content_type") != "text" or not 0 < _units(title) <= MOST_TITLE:
            raise refused(100, "Param message[quick_replies] must have titles of at most 20 characters.")
        if not 0 < len(payload) <= MOST_PAYLOAD:
            raise refused(100, "Param message[quick_replies] must have payloads of at most 1000 characters.")


def _units(words: str) -> int:
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def _object(value: JSON) -> Object:
    return value if isinstance(value, dict) else {}


def _read(value: str) -> JSON:
    """A field of a form: JSON, or a bare word."""
    try:
        found: JSON = json.loads(value)
    except ValueError:
        return value
    return found
