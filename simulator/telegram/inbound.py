"""Builds updates from what people do, in the shapes of https://core.telegram.org/bots/api#update."""

import base64
import re

from simulator.telegram.bots import Bot
from simulator.telegram.chats import Chat
from simulator.telegram.files import Files
from simulator.telegram.formatting import units
from simulator.telegram.people import Attachment, Edited, Joined, Pressed, Said, Speaker
from simulator.telegram.state import State
from simulator.wire import JSON, Object, unix_time

COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![A-Za-z0-9_])")
# Kind of file: its extension and its type.
FORMATS = {
    "photo": ("jpg", "image/jpeg"),
    "document": ("pdf", "application/pdf"),
    "voice": ("oga", "audio/ogg"),
    "audio": ("mp3", "audio/mpeg"),
    "video": ("mp4", "video/mp4"),
    "sticker": ("webp", "image/webp"),
}


def said(state: State, bot: Bot, what: Said) -> Object:
    """The `message` of somebody who speaks."""
    chat = _meet(state, what)
    dialogue = state.chats.dialogue(bot.id, chat.id)
    message: Object = {
        "message_id": dialogue.next_id(),
        "from": what.sender(),
        "chat": chat.describe(),
        "date": what.date if what.date is not None else unix_time(),
    }
    _say(message, what)
    for kind in FORMATS:
        if (attachment := getattr(what, kind)) is not None:
            message[kind] = _attached(state.files, kind, attachment)
    if what.location is not None:
        message["location"] = what.location.model_dump()
    if what.contact is not None:
        message["contact"] = what.contact.model_dump(exclude_none=True)
    if what.media_group_id is not None:
        message["media_group_id"] = what.media_group_id
    if what.message_thread_id is not None:
        message.update(message_thread_id=what.message_thread_id, is_topic_message=True)
    if what.reply_to_message_id is not None and (replied := dialogue.messages.get(what.reply_to_message_id)):
        message["reply_to_message"] = {name: value for name, value in replied.items() if name != "reply_to_message"}
    message.update(what.fields)
    dialogue.keep(message)
    return message


def edited(state: State, bot: Bot, what: Edited) -> Object:
    """The `edited_message`; a message that is not remembered is taken to have been there."""
    chat = _meet(state, what)
    dialogue = state.chats.dialogue(bot.id, chat.id)
    now = what.date if what.date is not None else unix_time()
    old: Object = {"message_id": what.message_id, "from": what.sender(), "chat": chat.describe(), "date": now}
    message: Object = {**dialogue.messages.get(what.message_id, old), "edit_date": now, "text": what.text}
    message.pop("entities", None)
    if entities := _entities(what.text, what.entities):
        message["entities"] = entities
    dialogue.keep(message)
    return message


def pressed(state: State, bot: Bot, what: Pressed, callback_id: str) -> Object:
    """The `callback_query`; a message that is gone is shown as inaccessible, with a date of 0."""
    chat = _meet(state, what)
    dialogue = state.chats.dialogue(bot.id, chat.id)
    mine = [number for number, message in dialogue.messages.items() if message["from"] == bot.user()]
    message_id = what.message_id if what.message_id is not None else (mine[-1] if mine else dialogue.last_message_id)
    gone: Object = {"message_id": message_id, "chat": chat.describe(), "date": 0}
    bot.issue_callback(callback_id)
    return {
        "id": callback_id,
        "from": what.sender(),
        "message": dialogue.messages.get(message_id, gone),
        "chat_instance": str(abs(chat.id) * 7919),
        "data": what.data,
    }


def joined(state: State, bot: Bot, what: Joined) -> Object:
    """The `my_chat_member`; from now on the bot may, or may not, write to the chat."""
    chat = _meet(state, what)
    gone = what.status in ("kicked", "left")
    chat.state = ("blocked" if chat.type == "private" else "kicked") if gone else "known"
    old = what.old_status or ("member" if gone else "kicked")
    return {
        "chat": chat.describe(),
        "from": what.sender(),
        "date": unix_time(),
        "old_chat_member": _membership(bot, old),
        "new_chat_member": _membership(bot, what.status),
    }


def _membership(bot: Bot, status: str) -> Object:
    member: Object = {"user": bot.user(), "status": status}
    if status == "kicked":
        member["until_date"] = 0
    return member


def _meet(state: State, who: Speaker) -> Chat:
    return state.chats.meet(who.chat_id, who.name if who.chat_id > 0 else who.title, who.username)


def _say(message: Object, what: Said) -> None:
    for field, text in (("text", what.text), ("caption", what.caption)):
        if text is None:
            continue
        message[field] = text
        if entities := _entities(text, what.entities):
            message["entities" if field == "text" else "caption_entities"] = entities


def _entities(text: str, given: list[Object] | None) -> list[JSON]:
    if given is not None:
        return [*given]
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found[0])}
        for found in COMMAND.finditer(text)
    ]


def _attached(files: Files, kind: str, attachment: Attachment) -> JSON:
    extension, usual_type = FORMATS[kind]
    mime_type = attachment.mime_type or usual_type
    content = base64.b64decode(attachment.content_base64) if attachment.content_base64 is not None else None
    if kind == "photo":
        small = files.add(kind, extension, mime_type, min(attachment.file_size, 1705))
        large = files.add(kind, extension, mime_type, attachment.file_size, content)
        return [
            {**files.reference(small), "width": 72, "height": 90},
            {**files.reference(large), "width": attachment.width, "height": attachment.height},
        ]
    return {
        **files.reference(files.add(kind, extension, mime_type, attachment.file_size, content)),
        **_details(kind, attachment, mime_type),
    }


def _details(kind: str, attachment: Attachment, mime_type: str) -> Object:
    size: Object = {"width": attachment.width, "height": attachment.height}
    if kind == "sticker":
        return {**size, "emoji": attachment.emoji, "type": "regular", "is_animated": False, "is_video": False}
    if kind == "document":
        return {"file_name": attachment.file_name, "mime_type": mime_type}
    if kind == "video":
        return {**size, "duration": attachment.duration, "mime_type": mime_type}
    return {"duration": attachment.duration, "mime_type": mime_type}
