"""The methods that the stand-in has: one line each."""

from collections.abc import Awaitable, Callable

from simulator.telegram import account, managing, messages, reception, sending
from simulator.telegram.call import Call, Described
from simulator.wire import JSON

METHODS: dict[str, Callable[[Call], Awaitable[JSON | Described]]] = {
    "getMe": account.get_me,
    "setMyName": account.set_my_name,
    "getChat": managing.get_chat,
    "getChatMemberCount": managing.get_chat_member_count,
    "pinChatMessage": managing.pin_chat_message,
    "unpinChatMessage": managing.unpin_chat_message,
    "banChatMember": managing.ban_chat_member,
    "unbanChatMember": managing.unban_chat_member,
    "leaveChat": managing.leave_chat,
    "getFile": account.get_file,
    "setMyCommands": account.set_my_commands,
    "getMyCommands": account.get_my_commands,
    "deleteMyCommands": account.delete_my_commands,
    "answerCallbackQuery": account.answer_callback_query,
    "sendMessage": messages.send_message,
    "sendPhoto": sending.send("photo"),
    "sendDocument": sending.send("document"),
    "sendVoice": sending.send("voice"),
    "sendAudio": sending.send("audio"),
    "sendVideo": sending.send("video"),
    "editMessageText": messages.edit_message_text,
    "deleteMessage": messages.delete_message,
    "sendChatAction": messages.send_chat_action,
    "setWebhook": reception.set_webhook,
    "deleteWebhook": reception.delete_webhook,
    "getWebhookInfo": reception.get_webhook_info,
    "getUpdates": reception.get_updates,
}
# Method names are case-insensitive: https://core.telegram.org/bots/api#making-requests
SPELLED = {name.lower(): name for name in METHODS}
# What people in a chat see, or what ends their waiting.
FILES = ("sendPhoto", "sendDocument", "sendVoice", "sendAudio", "sendVideo")
OUTBOUND = frozenset(
    ("sendMessage", *FILES, "editMessageText", "deleteMessage", "sendChatAction", "answerCallbackQuery")
)
