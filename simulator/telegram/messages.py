"""sendMessage, editMessageText, deleteMessage, sendChatAction."""

from simulator.telegram.call import Call
from simulator.telegram.chats import Chat, Dialogue
from simulator.telegram.formatting import MAX_TEXT_UNITS, check_entities, units
from simulator.telegram.html_markup import parse_html
from simulator.telegram.markdown_markup import LEGACY, V2, parse_markdown
from simulator.telegram.refusals import bad_request
from simulator.wire import JSON, Object, unix_time

MAX_CALLBACK_DATA_BYTES = 64
MAX_DELETED_SECONDS = 48 * 3600
CHAT_ACTIONS = frozenset(
    (
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    )
)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current"
    " content and reply markup of the message"
)


async def send_message(call: Call) -> JSON:
    """Say something in a chat; the result is the message."""
    text, entities = _text(call)
    markup = checked_markup(call)
    chat = call.state.chats.writable(call.chat_id())
    _check_length(text)
    dialogue, message = begun(call, chat)
    message["text"] = text
    dress(message, entities, markup)
    dialogue.keep(message)
    return message


def begun(call: Call, chat: Chat) -> tuple[Dialogue, Object]:
    """A message of the bot, before it holds anything, and the dialogue that it belongs to."""
    call.state.limits.spend(call.bot.id, chat.id)
    dialogue = call.state.chats.dialogue(call.bot.id, chat.id)
    replied = _replied(call, dialogue)
    message: Object = {
        "message_id": dialogue.next_id(),
        "from": call.bot.user(),
        "chat": chat.describe(),
        "date": unix_time(),
    }
    if thread := call.arguments.integer("message_thread_id", 0):
        message["message_thread_id"] = thread
    if replied:
        message["reply_to_message"] = replied
    return dialogue, message


async def edit_message_text(call: Call) -> JSON:
    """Say something else; without `reply_markup` the keyboard goes."""
    text, entities = _text(call)
    markup = checked_markup(call)
    chat = call.state.chats.writable(call.chat_id())
    dialogue = call.state.chats.dialogue(call.bot.id, chat.id)
    message = dialogue.messages.get(call.arguments.integer("message_id", 0))
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"] != call.bot.user():
        raise bad_request("message can't be edited")
    _check_length(text)
    call.state.limits.spend(call.bot.id, chat.id)
    edited: Object = {name: value for name, value in message.items() if name not in ("entities", "reply_markup")}
    edited["text"] = text
    dress(edited, entities, markup)
    if edited == message:
        raise bad_request(NOT_MODIFIED)
    edited["edit_date"] = unix_time()
    dialogue.keep(edited)
    return edited


async def delete_message(call: Call) -> JSON:
    """Take a message back, one's own or, in this stand-in, anybody's."""
    chat = call.state.chats.writable(call.chat_id())
    dialogue = call.state.chats.dialogue(call.bot.id, chat.id)
    message = dialogue.messages.get(call.arguments.integer("message_id", 0))
    if message is None:
        raise bad_request("message to delete not found")
    if int(str(message["date"])) <= unix_time() - MAX_DELETED_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    del dialogue.messages[int(str(message["message_id"]))]
    return True


async def send_chat_action(call: Call) -> JSON:
    """Show that the bot is typing, or the like."""
    if call.arguments.text("action").lower() not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    call.state.chats.writable(call.chat_id())
    return True


def _text(call: Call) -> tuple[str, list[Object]]:
    source, mode = call.arguments.text("text"), call.arguments.text("parse_mode").lower()
    if any("\ud800" <= character <= "\udfff" for character in source):
        raise bad_request("strings must be encoded in UTF-8")
    if not mode:
        entities = check_entities(source, call.arguments.decoded("entities", "entities"))
        parsed = source
    elif mode == "html":
        parsed, entities = parse_html(source)
    elif mode in ("markdown", "markdownv2"):
        parsed, entities = parse_markdown(source, V2 if mode == "markdownv2" else LEGACY)
    else:
        raise bad_request("unsupported parse_mode")
    if not parsed.strip():
        raise bad_request("message text is empty")
    return parsed, entities


def _check_length(text: str) -> None:
    if units(text) > MAX_TEXT_UNITS:
        raise bad_request("message is too long")


def dress(message: Object, entities: list[Object], markup: Object | None, field: str = "entities") -> None:
    """Put formatting and keyboard on a message."""
    if entities:
        message[field] = [*entities]
    if markup and "inline_keyboard" in markup:
        message["reply_markup"] = markup


def checked_markup(call: Call) -> Object | None:
    """The keyboard of a call, refused where it is none."""
    markup = call.arguments.decoded("reply_markup", "reply keyboard markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard", [])
    for row in rows if isinstance(rows, list) else []:
        for button in row if isinstance(row, list) else []:
            _check_button(button)
    return markup


def _check_button(button: JSON) -> None:
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    data, url = button.get("callback_data"), button.get("url")
    if (data is None) == (url is None):
        raise bad_request("BUTTON_TYPE_INVALID")
    if url is not None and not str(url).startswith(("https://", "http://", "tg://")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    if isinstance(data, str) and not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")


def _replied(call: Call, dialogue: Dialogue) -> Object | None:
    parameters = call.arguments.decoded("reply_parameters", "reply parameters")
    if isinstance(parameters, dict):
        wanted, may_miss = parameters.get("message_id"), parameters.get("allow_sending_without_reply") is True
    else:
        wanted = call.arguments.integer("reply_to_message_id", 0) or None
        may_miss = call.arguments.flag("allow_sending_without_reply")
    if not isinstance(wanted, int):
        return None
    message = dialogue.messages.get(wanted)
    if message is None and not may_miss:
        raise bad_request("message to be replied not found")
    return {name: value for name, value in message.items() if name != "reply_to_message"} if message else None
