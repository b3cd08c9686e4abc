"""What people wrote, without Discord's tokens: `<@1>` is read as `@Ada`, `<:wave:2>` as `:wave:`.

Source: https://discord.com/developers/docs/reference#message-formatting
"""

import re

from adapters.platforms.discord.place import Me, identity
from adapters.platforms.fields import Fields, parts, shown_name
from domain.text import storable

_TOKEN = re.compile(r"<(@!?|@&|#)([0-9]{1,20})>|<a?(:[A-Za-z0-9_]{1,64}:)[0-9]{1,20}>")
_CALLED = re.compile(r"<@!?([0-9]{1,20})>")


def plain(message: Fields, content: str, me: Me) -> str:
    """The text as its writer saw it; a mention of us at its beginning, which only called us, is left out."""
    rest = content.lstrip()
    called = _CALLED.match(rest)
    if called and me.is_id(called[1]) and rest[called.end() :].strip():
        content = rest[called.end() :].lstrip(" \t\n:,")
    names = {identity(user, "id"): _name(user) for user in parts(message, "mentions")}

    def read(token: re.Match[str]) -> str:
        if token[3]:
            return token[3]
        if token[1] == "#":
            return f"#{token[2]}"
        own = me.name if me.is_id(token[2]) else None
        return f"@{own or names.get(token[2]) or token[2]}"

    return storable(_TOKEN.sub(read, content))


def _name(user: Fields) -> str | None:
    member = user.get("member")
    nick = shown_name(member, "nick") if isinstance(member, dict) else None
    return nick or shown_name(user, "global_name") or shown_name(user, "username")
