"""What a message may hold: words, a file, and rows of buttons.

Sources: https://discord.com/developers/docs/reference#uploading-files and …/components/reference#button
"""

import json

from starlette.requests import Request

from simulator.discord.refusals import Refused
from simulator.multipart import FormFile, read_form
from simulator.wire import JSON, Object

MAX_CHARACTERS = 2000
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_ROWS, MAX_IN_ROW, MAX_LABEL, MAX_CUSTOM_ID, MAX_URL = 5, 5, 80, 100, 512
_ROW, _BUTTON = 1, 2
_LINK = 5
_SCHEMES = ("https://", "http://", "discord://")
SUPPRESS_EMBEDS = 4
LISTED = "listed"
"""Where the items are of a body that is a list."""


async def read_body(request: Request) -> tuple[Object, FormFile | None]:
    """What is asked, as JSON or as the field `payload_json` of a form, and the file that came with it."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return _parsed(await request.body()), None
    fields, files = read_form(await request.body(), kind)
    return _parsed(fields.get("payload_json", "").encode()), files.get("files[0]")


def words_of(body: Object, file: FormFile | None = None) -> str:
    """The words of a message, trimmed; a file needs none."""
    content = body.get("content")
    if file is None and (not isinstance(content, str) or not content.strip()):
        raise Refused(50006)
    words = content if isinstance(content, str) else ""
    if len(words) > MAX_CHARACTERS:
        raise Refused(50035, errors={"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH"}]}})
    return words.strip()


def attached(name: str, file: FormFile | None) -> list[JSON]:
    """The file as the message shows it, with a name that is safe in an address."""
    if file is None:
        return []
    if not file.content or len(file.content) > MAX_FILE_BYTES:
        raise Refused(40005)
    shown = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in file.name
    )
    url = f"https://cdn.discordapp.com/attachments/1/{name}/{shown}?ex=1&is=1&hm=1"
    return [{"id": name, "filename": shown, "size": len(file.content), "content_type": file.type, "url": url}]


def components_of(body: Object) -> list[JSON]:
    """The rows below a message; refused where they are too many, too long, or not to be told apart."""
    rows = _list(body.get("components"))
    buttons = [button for row in rows for button in _list(_object(row).get("components"))]
    labels = [str(_object(button).get("label", "")) for button in buttons]
    links = [_object(button).get("url") for button in buttons if _object(button).get("style") == _LINK]
    pressed = [_object(button) for button in buttons if _object(button).get("style") != _LINK]
    names = [str(button.get("custom_id", "")) for button in pressed]
    is_good = (
        len(rows) <= MAX_ROWS
        and all(_object(row).get("type") == _ROW for row in rows)
        and all(0 < len(_list(_object(row).get("components"))) <= MAX_IN_ROW for row in rows)
        and all(_object(button).get("type") == _BUTTON for button in buttons)
        and all(0 < len(label) <= MAX_LABEL for label in labels)
        and all(0 < len(name) <= MAX_CUSTOM_ID for name in names)
        and len(set(names)) == len(names)
        and all(isinstance(url, str) and url.startswith(_SCHEMES) and len(url) <= MAX_URL for url in links)
    )
    if not is_good:
        raise Refused(50035, errors={"components": {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH"}]}})
    return rows


def flags_of(body: Object) -> int:
    """Of the flags that a body asks for those that it may set: that no previews are shown."""
    asked = body.get("flags")
    return asked & SUPPRESS_EMBEDS if isinstance(asked, int) else 0


def _parsed(body: bytes) -> Object:
    try:
        content: JSON = json.loads(body or b"{}")
    except ValueError:
        return {}
    return {LISTED: content} if isinstance(content, list) else _object(content)


def _object(value: JSON) -> Object:
    return value if isinstance(value, dict) else {}


def _list(value: JSON) -> list[JSON]:
    return value if isinstance(value, list) else []
