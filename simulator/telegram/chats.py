"""The chats of all bots: who is there, who may be written to, and what was said."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from simulator.telegram.files import File
from simulator.telegram.refusals import Refused, bad_request
from simulator.wire import Object

ChatState = Literal[
    "known", "unknown", "blocked", "deactivated", "kicked", "not_a_member", "no_rights", "deleted", "migrated_to"
]
KEPT_MESSAGES = 1_000


@dataclass
class Chat:
    """One chat, as every bot knows it; `migrated_to` belongs to the state of that name.

    Where it `is_administered`, bots may pin and ban; `strangers` are those who were never there.
    """

    id: int
    name: str = "Test User"
    username: str | None = None
    state: ChatState | None = None
    migrated_to: int | None = None
    about: str | None = None
    picture: File | None = None
    is_administered: bool = False
    banned: set[int] = field(default_factory=set)
    strangers: set[int] = field(default_factory=set)

    @property
    def type(self) -> str:
        """Told by the id: people are positive, supergroups begin with -100."""
        return "private" if self.id > 0 else "supergroup" if str(self.id).startswith("-100") else "group"

    def describe(self) -> Object:
        """The `chat` object of a message."""
        shown: Object = {"id": self.id, "type": self.type}
        shown.update(named(self.name) if self.type == "private" else {"title": self.name})
        if self.username:
            shown["username"] = self.username
        return shown


def named(name: str) -> Object:
    """A person's name in the two halves that Telegram has."""
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last} if last else {"first_name": first}


@dataclass
class Dialogue:
    """One bot's messages in one chat, both sides; the oldest are forgotten."""

    last_message_id: int = 0
    messages: OrderedDict[int, Object] = field(default_factory=OrderedDict)
    pinned: list[int] = field(default_factory=list)

    def next_id(self) -> int:
        """Ids grow by one, whoever speaks."""
        self.last_message_id += 1
        return self.last_message_id

    def keep(self, message: Object) -> None:
        """Remember a message, new or changed, under its id."""
        message_id = message["message_id"]
        assert isinstance(message_id, int)
        self.messages[message_id] = message
        while len(self.messages) > KEPT_MESSAGES:
            self.messages.popitem(last=False)


class Chats:
    """Every chat, made at its first mention; strangers may be written to unless `strangers` says otherwise."""

    def __init__(self) -> None:
        self.strangers: Literal["known", "unknown"] = "known"
        self._chats: dict[int, Chat] = {}
        self._dialogues: dict[tuple[int, int], Dialogue] = {}

    def chat(self, chat_id: int) -> Chat:
        """The chat, whatever its state."""
        return self._chats.setdefault(chat_id, Chat(chat_id))

    def dialogue(self, bot_id: int, chat_id: int) -> Dialogue:
        """What a bot and a chat said to each other."""
        return self._dialogues.setdefault((bot_id, chat_id), Dialogue())

    def age(self, seconds: int) -> None:
        """Let everything that was said be so much older."""
        for dialogue in self._dialogues.values():
            for message in dialogue.messages.values():
                message["date"] = int(str(message["date"])) - seconds

    def meet(self, chat_id: int, name: str | None, username: str | None) -> Chat:
        """Somebody writes from this chat: it is known from now on, unless a state was set for it."""
        chat = self.chat(chat_id)
        chat.name = name or chat.name
        chat.username = username or chat.username
        chat.state = chat.state or "known"
        return chat

    def find(self, chat_id: int | None) -> Chat:
        """The chat, if a bot may know of it; refused with `chat not found` otherwise."""
        known = self._chats.get(chat_id) if chat_id else None
        state = (known.state if known else None) or self.strangers
        if not chat_id or state == "unknown":
            raise bad_request("chat not found")
        return self.chat(chat_id)

    def writable(self, chat_id: int | None) -> Chat:
        """The chat, if a bot may write there; refused as the real server would otherwise."""
        chat = self.find(chat_id)
        if chat.state == "migrated_to":
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": chat.migrated_to},
            )
        refusals: dict[ChatState | None, tuple[int, str]] = {
            "blocked": (403, "Forbidden: bot was blocked by the user"),
            "deactivated": (403, "Forbidden: user is deactivated"),
            "kicked": (403, f"Forbidden: bot was kicked from the {chat.type} chat"),
            "not_a_member": (403, f"Forbidden: bot is not a member of the {chat.type} chat"),
            "deleted": (403, "Forbidden: the group chat was deleted"),
            "no_rights": (400, "Bad Request: not enough rights to send text messages to the chat"),
        }
        if chat.state in refusals:
            raise Refused(*refusals[chat.state])
        return chat
