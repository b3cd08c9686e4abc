"""What people do, as the control API is told it: who speaks, and what they say, send or press."""

from pydantic import BaseModel, ConfigDict, Field

from simulator.telegram.chats import named
from simulator.wire import JSON, Object


class Given(BaseModel):
    """Whatever the control API is given; unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Speaker(Given):
    """Who acts, and where: `user_id` is the chat's id in a private chat; `title` names a group."""

    chat_id: int
    name: str = "Test User"
    username: str | None = None
    user_id: int | None = None
    language_code: str = "en"
    title: str | None = None

    def sender(self) -> Object:
        """The `User` that acts."""
        user_id = self.user_id or (self.chat_id if self.chat_id > 0 else 1)
        user: Object = {"id": user_id, "is_bot": False, **named(self.name), "language_code": self.language_code}
        if self.username:
            user["username"] = self.username
        return user


class Attachment(Given):
    """A file; without `content_base64` it is made of zeros. What a kind has no use for is left out of the update."""

    file_name: str = "Testfile.pdf"
    mime_type: str | None = None
    file_size: int = Field(default=23_000, ge=0)
    content_base64: str | None = None
    width: int = 816
    height: int = 1023
    duration: int = 5
    emoji: str = "😀"


class Location(Given):
    """A point on the map."""

    latitude: float = 52.37
    longitude: float = 4.9


class Contact(Given):
    """Somebody's card."""

    phone_number: str = "+31201234567"
    first_name: str = "Test"
    user_id: int | None = None


class Said(Speaker):
    """A message: text, or a file with a caption, a location or a contact; `fields` is merged into it as it is."""

    text: str | None = None
    caption: str | None = None
    entities: list[Object] | None = None
    photo: Attachment | None = None
    document: Attachment | None = None
    voice: Attachment | None = None
    audio: Attachment | None = None
    video: Attachment | None = None
    sticker: Attachment | None = None
    location: Location | None = None
    contact: Contact | None = None
    message_thread_id: int | None = None
    reply_to_message_id: int | None = None
    media_group_id: str | None = None
    date: int | None = None
    fields: Object = Field(default_factory=dict)


class Edited(Speaker):
    """Another text for something that was said."""

    message_id: int
    text: str
    entities: list[Object] | None = None
    date: int | None = None


class Pressed(Speaker):
    """A button below a message of the bot; without `message_id`, below its last one."""

    data: str
    message_id: int | None = None


class Joined(Speaker):
    """What became of the bot in a chat: `kicked` in a private chat is a block, `member` takes it back."""

    status: str = "kicked"
    old_status: str | None = None


class Raw(Given):
    """An update as it is; `update_id` is given unless it has one."""

    update: dict[str, JSON]
