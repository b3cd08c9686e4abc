"""The methods that the stand-in has: one line each at the end."""

from collections.abc import Callable, Sequence

from simulator.slack.blocks import check_blocks
from simulator.slack.call import Call
from simulator.slack.channels import Channel, direct
from simulator.slack.events import hidden, said_by_bot, tell
from simulator.slack.refusals import Refused
from simulator.slack.uploads import complete_upload, file_info, get_upload_url
from simulator.wire import JSON, Object

MAX_TEXT_CHARACTERS = 40_000
MAX_UPDATED_CHARACTERS = 4_000
MAX_PAGE = 999
DEFAULT_PAGE = 100
STATUS = "assistant.threads.setStatus"


def auth_test(call: Call) -> Object:
    """Whose token it is."""
    return call.app.describe()


def post_message(call: Call) -> Object:
    """Say something; the app is told of its own message, as of all others."""
    call.app.demand_scope("chat:write")
    if not call.text("text").strip() and not call.arguments.get("blocks"):
        raise Refused("no_text")
    blocks = call.arguments.get("blocks")
    if blocks is not None:
        check_blocks(blocks)
    addressed = call.text("channel")
    channel = call.state.channels.writable(direct(addressed) if addressed[:1] in ("U", "W") else addressed)
    thread = call.text("thread_ts")
    if thread and thread not in channel.messages:
        raise Refused("thread_not_found")
    message = said_by_bot(call.app, call.state.channels.clock.next(), call.text("text")[:MAX_TEXT_CHARACTERS])
    if thread:
        message["thread_ts"] = thread
    if shared := call.state.files.shared_by(call.text("text"), call.base_url):
        message["files"] = shared
    metadata = call.arguments.get("metadata")
    if metadata is not None:
        message["metadata"] = _checked(metadata)
    channel.keep(message)
    channel.say_status(thread, "")
    tell(call.state, call.app, {**message, "channel": channel.id, "channel_type": channel.type})
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def update(call: Call) -> Object:
    """Say something else; text without blocks drops the blocks."""
    channel, before = _own(call, "cant_update_message")
    text, blocks = call.text("text"), call.arguments.get("blocks")
    if not text.strip() and not blocks:
        raise Refused("no_text")
    if len(text) > MAX_UPDATED_CHARACTERS:
        raise Refused("msg_too_long")
    if blocks is not None:
        check_blocks(blocks)
    now = call.state.channels.clock.next()
    kept = {name: value for name, value in before.items() if name != "blocks"}
    after: Object = {**kept, "text": text, "edited": {"user": call.app.user, "ts": now}}
    after |= {} if blocks is None else {"blocks": blocks}
    after |= {"metadata": _checked(call.arguments["metadata"])} if "metadata" in call.arguments else {}
    channel.keep(after)
    tell(call.state, call.app, hidden(channel, "message_changed", now, {"message": after, "previous_message": before}))
    return {"channel": channel.id, "ts": after["ts"], "text": text, "message": after}


def delete(call: Call) -> Object:
    """Take a message away."""
    channel, before = _own(call, "cant_delete_message")
    del channel.messages[str(before["ts"])]
    now = call.state.channels.clock.next()
    gone: Object = {"deleted_ts": before["ts"], "previous_message": before}
    tell(call.state, call.app, hidden(channel, "message_deleted", now, gone))
    return {"channel": channel.id, "ts": before["ts"]}


def _own(call: Call, refusal: str) -> tuple[Channel, Object]:
    call.app.demand_scope("chat:write")
    channel = call.state.channels.writable(call.text("channel"))
    message = channel.messages.get(call.text("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.get("user") != call.app.user:
        raise Refused(refusal)
    return channel, message


def set_status(call: Call) -> Object:
    """Say in a thread what the bot does; empty words end that. That it ends after two minutes is left out."""
    call.app.demand_scope("chat:write")
    channel, thread, status = (
        call.state.channels.find(call.text("channel_id")),
        call.text("thread_ts"),
        call.text("status"),
    )
    if thread not in channel.messages:
        raise Refused("invalid_thread_ts")
    channel.say_status(thread, status)
    return {}


def open_conversation(call: Call) -> Object:
    """The conversation between the bot and a person."""
    call.app.demand_scope("im:write")
    user = call.text("users")
    if user[:1] not in ("U", "W"):
        raise Refused("user_not_found")
    return {"channel": {"id": call.state.channels.channel(direct(user)).id}}


def history(call: Call) -> Object:
    """What a channel shows, newest first."""
    channel = call.state.channels.find(call.text("channel"))
    call.app.demand_scope(channel.history_scope)
    return _page(call, [*reversed(channel.outside_threads())])


def replies(call: Call) -> Object:
    """A thread, oldest first; its first message is always there."""
    channel = call.state.channels.find(call.text("channel"))
    call.app.demand_scope(channel.history_scope)
    return _page(call, channel.in_thread(call.text("ts")), always=call.text("ts"))


def user_info(call: Call) -> Object:
    """How somebody is called."""
    call.app.demand_scope("users:read")
    user = call.text("user")
    if user[:1] not in ("U", "W"):
        raise Refused("user_not_found")
    name = call.state.names.get(user, "Test Person")
    profile: Object = {
        "real_name": name,
        "display_name": "",
        "image_192": f"https://avatars.slack-edge.com/{user}_192.png",
    }
    return {"user": {"id": user, "name": user.lower(), "real_name": name, "profile": profile}}


def _checked(metadata: JSON) -> JSON:
    if not isinstance(metadata, dict) or not metadata.get("event_type"):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_schema")
    return metadata


def _page(call: Call, messages: Sequence[JSON], always: str = "") -> Object:
    oldest, start = call.text("oldest") or "0", int(call.text("cursor") or 0)
    given = call.text("limit")
    limit = min(int(given), MAX_PAGE) if given.isdigit() else DEFAULT_PAGE
    found = [item for item in messages if isinstance(item, dict) and (str(item["ts"]) > oldest or item["ts"] == always)]
    shown: list[JSON] = [_shown(call, item) for item in found[start : start + limit]]
    more = start + limit < len(found)
    cursor = str(start + limit) if more else ""
    return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": cursor}}


def _shown(call: Call, message: Object) -> Object:
    wanted = call.text("include_all_metadata") == "true" and "metadata.message:read" not in call.app.missing_scopes
    return message if wanted else {name: value for name, value in message.items() if name != "metadata"}


METHODS: dict[str, Callable[[Call], Object]] = {
    "auth.test": auth_test,
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": file_info,
    STATUS: set_status,
    "conversations.open": open_conversation,
    "conversations.history": history,
    "conversations.replies": replies,
    "users.info": user_info,
}
# https://docs.slack.dev/apis/web-api/#post-bodies: methods that read take forms and queries alone.
OUTBOUND = frozenset({"chat.postMessage", "chat.update", "chat.delete"})
TAKE_JSON = frozenset({"auth.test", STATUS, "conversations.open", "files.completeUploadExternal", *OUTBOUND})
