"""What each platform is expected to do, as data: its limits, its shapes, and what it lacks, as the README says it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True)
class Row:
    """What one platform is expected to do; None is what it lacks.

    `most` is how long a message may be, as `length` counts. `marks` are what a formatted answer has in it, `offers`
    what a question with buttons has. `sends` is the call that a message goes out by, `too_fast` how the platform
    refuses it for now, `waits_seconds` how long is waited then. `blocked` is why something fails for a contact out of
    reach. `doubt` is what a send ends as whose answer was lost, after so many attempts. `says` are words of the
    README's table.
    """

    name: str
    most: int
    length: Callable[[str], int]
    marks: tuple[str, ...]
    offers: tuple[str, ...]
    sends: str | None
    too_fast: Mapping[str, JsonValue] | None
    waits_seconds: float
    is_edited_by_contacts: bool
    is_changed: bool
    blocked: str | None
    doubt: Literal["sent", "uncertain"]
    attempts_in_doubt: int
    says: Mapping[str, str] = field(default_factory=dict)


WEBCHAT = Row(
    name="webchat",
    most=40_000,
    length=len,
    marks=("<h3>Everything that there is</h3>", "<pre><code", 'href="https://shop.example/"', "<table>"),
    offers=("<strong>call</strong>",),
    sends=None,
    too_fast=None,
    waits_seconds=0,
    is_edited_by_contacts=False,
    is_changed=True,
    blocked=None,
    doubt="sent",
    attempts_in_doubt=1,
    says={
        "receives": "messages, commands, pressed buttons, files",
        "what was sent is changed": "edited, deleted",
        "a contact out of reach": "cannot be",
        "asked to wait": "nobody asks",
        "a doubtful send": "cannot happen",
    },
)
TELEGRAM = Row(
    name="telegram",
    most=4096,
    length=_utf16,
    marks=('"bold"', '"pre"', '"text_link"', '"url": "https://shop.example/"'),
    offers=('"inline_keyboard"', "Shall we call?"),
    sends="sendMessage",
    too_fast={"status": 429, "retry_after": 1},
    waits_seconds=1,
    is_edited_by_contacts=True,
    is_changed=True,
    blocked="recipient_gone",
    doubt="uncertain",
    attempts_in_doubt=1,
    says={
        "receives": "edits",
        "what was sent is changed": "edited; deleted for 48 hours",
        "a contact out of reach": "`recipient_gone`",
        "asked to wait": "as long as it says",
        "a doubtful send": "stays `uncertain`",
    },
)
SLACK = Row(
    name="slack",
    most=4000,
    length=len,
    marks=("*Everything that there is*", "```", "<https://shop.example/|our shop>"),
    offers=('"actions"', '"mrkdwn"', "Shall we *call*?"),
    sends="chat.postMessage",
    too_fast={"status": 429, "retry_after": 1},
    waits_seconds=1,
    is_edited_by_contacts=True,
    is_changed=True,
    blocked="credentials_refused",
    doubt="sent",
    attempts_in_doubt=2,
    says={
        "receives": "edits",
        "what was sent is changed": "edited, deleted",
        "a contact out of reach": "`credentials_refused`",
        "asked to wait": "as long as it says",
        "a doubtful send": "read back from the history by its mark: once",
    },
)
WHATSAPP = Row(
    name="whatsapp",
    most=4096,
    length=_utf16,
    marks=("*Everything that there is*", "```", "our shop (https://shop.example/)"),
    offers=('"interactive"', "Shall we *call*?"),
    sends="messages",
    too_fast={"status": 400, "parameters": {"code": 131056}},
    waits_seconds=1,
    is_edited_by_contacts=True,
    is_changed=False,
    blocked="recipient_gone",
    doubt="sent",
    attempts_in_doubt=1,
    says={
        "receives": "edits",
        "what was sent is changed": "cannot be",
        "a contact out of reach": "`recipient_gone`",
        "asked to wait": "as long as it says, else 1, 4, 16 … seconds",
        "a doubtful send": "waits half a minute for the receipt that carries its mark: once",
    },
)
MESSENGER = Row(
    name="messenger",
    most=2000,
    length=_utf16,
    marks=("Everything that there is", "    take(", "our shop (https://shop.example/)"),
    offers=('"quick_replies"', "Shall we call?"),
    sends="messages",
    too_fast={"status": 400, "parameters": {"code": 613}, "retry_after": 1},
    waits_seconds=1,
    is_edited_by_contacts=True,
    is_changed=False,
    blocked="recipient_gone",
    doubt="sent",
    attempts_in_doubt=1,
    says={
        "receives": "edits",
        "what was sent is changed": "cannot be",
        "a contact out of reach": "`recipient_gone`",
        "asked to wait": "as long as it says, else 30 seconds, 60, 120 …",
        "a doubtful send": "waits half a minute for the echo that carries its mark: once",
    },
)
DISCORD = Row(
    name="discord",
    most=2000,
    length=len,
    marks=("# Everything that there is", "```python", "[our shop](https://shop.example/)"),
    offers=('"custom_id"', "Shall we **call**?"),
    sends="messages.create",
    too_fast={"status": 429, "retry_after": 1},
    waits_seconds=1,
    is_edited_by_contacts=True,
    is_changed=True,
    blocked="recipient_gone",
    doubt="sent",
    attempts_in_doubt=2,
    says={
        "receives": "edits",
        "what was sent is changed": "edited, deleted",
        "a contact out of reach": "`recipient_gone`",
        "asked to wait": "as long as it says",
        "a doubtful send": "repeated with its nonce, which Discord takes once",
    },
)
ROWS = (WEBCHAT, TELEGRAM, SLACK, WHATSAPP, MESSENGER, DISCORD)
