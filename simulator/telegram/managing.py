"""getChat, getChatMemberCount, pinChatMessage, unpinChatMessage, banChatMember, unbanChatMember, leaveChat."""

from simulator.telegram.call import Call
from simulator.telegram.chats import Chat, Dialogue
from simulator.telegram.refusals import bad_request
from simulator.wire import JSON, Object

FIRST_MEMBERS = 2
"""Somebody, and the bot."""


async def get_chat(call: Call) -> JSON:
    """Who is in a chat, what it says of itself, its picture and what is pinned."""
    chat = call.state.chats.find(call.chat_id())
    shown: Object = {**chat.describe()}
    if chat.about:
        shown["bio" if chat.type == "private" else "description"] = chat.about
    if chat.picture:
        file = call.state.files.reference(chat.picture)
        shown["photo"] = {
            f"{size}_{name}": file[name] for size in ("small", "big") for name in ("file_id", "file_unique_id")
        }
    dialogue = call.state.chats.dialogue(call.bot.id, chat.id)
    if dialogue.pinned:
        shown["pinned_message"] = dialogue.messages[dialogue.pinned[-1]]
    return shown


async def get_chat_member_count(call: Call) -> JSON:
    """How many are in a chat."""
    return FIRST_MEMBERS - len(call.state.chats.find(call.chat_id()).banned)


async def pin_chat_message(call: Call) -> JSON:
    """Pin a message; in a private chat anybody may."""
    chat, dialogue, message_id = _message(call, "message to pin not found")
    _demand_right(chat, "manage pinned messages in the chat")
    if message_id in dialogue.pinned:
        raise bad_request("CHAT_NOT_MODIFIED")
    dialogue.pinned.append(message_id)
    return True


async def unpin_chat_message(call: Call) -> JSON:
    """Unpin a message."""
    chat, dialogue, message_id = _message(call, "message to unpin not found")
    _demand_right(chat, "manage pinned messages in the chat")
    if message_id not in dialogue.pinned:
        raise bad_request("CHAT_NOT_MODIFIED")
    dialogue.pinned.remove(message_id)
    return True


async def ban_chat_member(call: Call) -> JSON:
    """Put somebody out."""
    chat, user = _member(call, "can't ban members in private chats")
    chat.banned.add(user)
    return True


async def unban_chat_member(call: Call) -> JSON:
    """Let somebody come back."""
    chat, user = _member(call, "method is available for supergroup and channel chats only")
    chat.banned.discard(user)
    return True


async def leave_chat(call: Call) -> JSON:
    """Go out of a group."""
    chat = call.state.chats.writable(call.chat_id())
    if chat.type == "private":
        raise bad_request("chat member status can't be changed in private chats")
    chat.state = "not_a_member"
    return True


def _message(call: Call, missing: str) -> tuple[Chat, Dialogue, int]:
    chat = call.state.chats.writable(call.chat_id())
    dialogue, message_id = call.state.chats.dialogue(call.bot.id, chat.id), call.arguments.integer("message_id", 0)
    if message_id not in dialogue.messages:
        raise bad_request(missing)
    return chat, dialogue, message_id


def _member(call: Call, in_private: str) -> tuple[Chat, int]:
    chat, user = call.state.chats.writable(call.chat_id()), call.arguments.integer("user_id", 0)
    if chat.type == "private":
        raise bad_request(in_private)
    _demand_right(chat, "restrict/unrestrict chat member")
    if user <= 0:
        raise bad_request("invalid user_id specified")
    if user in chat.strangers:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return chat, user


def _demand_right(chat: Chat, right: str) -> None:
    if chat.type != "private" and not chat.is_administered:
        raise bad_request(f"not enough rights to {right}")
