"""Who somebody is: a user's name and picture.

Sources: https://discord.com/developers/docs/resources/user#get-user and /reference#image-formatting
"""

import re
from urllib.parse import quote

from adapters.platforms.base import Channel
from adapters.platforms.discord.calls import Calls
from adapters.platforms.discord.errors import object_of
from adapters.platforms.discord.place import identity, sender_of
from adapters.platforms.fields import Fields, reference
from domain.profiles import Profile

_PICTURES = "https://cdn.discordapp.com/avatars"
_HASH = re.compile(r"[0-9A-Za-z_]{1,64}")
_PIXELS = 256


async def profile_of(calls: Calls, channel: Channel, contact: str) -> Profile:
    """Ask for a user; raises `RecipientGone` for an id that is nobody's."""
    path = f"/users/{quote(contact, safe='')}"
    return read_profile(object_of(await calls.get(channel, path, {}), "a user"))


def read_profile(user: Fields) -> Profile:
    """The name that people chose, else the one that they are known by, and the picture, where there is one."""
    sender, picture = sender_of(user, {}), reference(user, "avatar") or ""
    if sender is None or not _HASH.fullmatch(picture):
        return Profile(name=sender.name if sender else None)
    return Profile(name=sender.name, picture_url=f"{_PICTURES}/{identity(user, 'id')}/{picture}.png?size={_PIXELS}")
