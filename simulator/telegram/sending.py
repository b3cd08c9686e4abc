"""sendPhoto, sendDocument, sendVoice, sendAudio, sendVideo: files that are uploaded with the call.

Limits: https://core.telegram.org/bots/api#sending-files
"""

from collections.abc import Awaitable, Callable

from simulator.telegram.call import Call
from simulator.telegram.formatting import check_entities, units
from simulator.telegram.messages import begun, checked_markup, dress
from simulator.telegram.refusals import Refused, bad_request
from simulator.wire import JSON

MAX_CAPTION_UNITS = 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
# What each kind's first bytes look like; a document may be anything.
BEGINNINGS: dict[str, tuple[bytes, ...]] = {
    "photo": (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF"),
    "voice": (b"OggS", b"ID3", b"\xff\xfb", b"\x00\x00\x00"),
    "audio": (b"ID3", b"\xff\xfb", b"\x00\x00\x00"),
    "video": (b"\x00\x00\x00",),
}


def send(kind: str) -> Callable[[Call], Awaitable[JSON]]:
    """The method that sends this kind of file."""

    async def send_file(call: Call) -> JSON:
        caption = call.arguments.text("caption")
        entities = check_entities(caption, call.arguments.decoded("caption_entities", "caption entities"))
        markup = checked_markup(call)
        chat = call.state.chats.writable(call.chat_id())
        content = _content(call, kind)
        if units(caption) > MAX_CAPTION_UNITS:
            raise bad_request("message caption is too long")
        dialogue, message = begun(call, chat)
        message[kind] = _described(call, kind, content)
        if caption:
            message["caption"] = caption
        dress(message, entities, markup, "caption_entities")
        dialogue.keep(message)
        return message

    return send_file


def _content(call: Call, kind: str) -> bytes:
    file = call.arguments.files.get(kind)
    if file is None:
        raise bad_request(f"there is no {kind} in the request")
    if len(file.content) > MAX_UPLOAD_BYTES:
        raise Refused(413, "Request Entity Too Large")
    if kind == "photo" and len(file.content) > MAX_PHOTO_BYTES:
        raise bad_request("file is too big")
    if not file.content:
        raise bad_request("file must be non-empty")
    if kind in BEGINNINGS and not file.content.startswith(BEGINNINGS[kind]):
        raise bad_request("IMAGE_PROCESS_FAILED" if kind == "photo" else "wrong type of the file content")
    return file.content


def _described(call: Call, kind: str, content: bytes) -> JSON:
    sent = call.arguments.files[kind]
    kept = call.state.files.add(kind, sent.name.rpartition(".")[2] or "bin", sent.type, len(content), content)
    reference = call.state.files.reference(kept)
    if kind == "photo":
        return [{**reference, "width": 816, "height": 1023}]
    return {**reference, "file_name": sent.name, "mime_type": sent.type}
