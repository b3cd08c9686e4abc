"""What a page offers: `commands`, `ice_breakers`, `persistent_menu` and `greeting` of its Messenger profile.

Source: https://developers.facebook.com/docs/messenger-platform/reference/messenger-profile-api
"""

from collections.abc import Iterable

from pydantic import JsonValue

from adapters.platforms import menus
from adapters.platforms.base import Channel
from adapters.platforms.fields import Fields, parts, reference, text
from adapters.platforms.messenger.calls import Calls
from adapters.platforms.text.messenger import render as render_text
from domain.menus import Command, MenuEntry, Offers
from domain.text import shortened

_PROFILE, _DEFAULT = "messenger_profile", "default"
_COMMANDS, _ICE_BREAKERS, _MENU, _ACTIONS = "commands", "ice_breakers", "persistent_menu", "call_to_actions"
_GREETING, _TEXT = "greeting", "text"
_MAX_DESCRIPTION_CHARACTERS = 64
_MAX_GREETING_CHARACTERS = 160


class MessengerMenu:
    """Sets what stands beside the field, and what a new contact is asked; each change is one call, for few are free."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def check(self, offers: Offers) -> None:
        """What a bot may have is what Messenger takes; longer descriptions are cut."""

    async def show(self, channel: Channel, offers: Offers) -> None:
        """Set the properties, for every language."""
        body: dict[str, JsonValue] = {}
        if offers.commands is not None:
            body[_COMMANDS] = _for_all(_COMMANDS, (_command(item) for item in offers.commands))
        if offers.ice_breakers is not None:
            asked: Iterable[JsonValue] = ({"question": item, "payload": item} for item in offers.ice_breakers)
            body[_ICE_BREAKERS] = _for_all(_ACTIONS, asked)
        if offers.persistent_menu is not None:
            body[_MENU] = _for_all(_ACTIONS, (_entry(item) for item in offers.persistent_menu))
        if offers.greeting:
            body[_GREETING] = _for_all(_TEXT, _greeting(offers.greeting))
        if body:
            await self._calls.of_me(channel, "POST", _PROFILE, body=body)

    async def shown(self, channel: Channel) -> Offers:
        """Ask for what is shown where no language has its own."""
        fields = f"{_COMMANDS},{_ICE_BREAKERS},{_MENU},{_GREETING}"
        profile = await self._calls.of_me(channel, "GET", _PROFILE, fields=fields)
        commands = (
            menus.read(reference(item, "name"), reference(item, "description"))
            for item in _of_all(profile, _COMMANDS, _COMMANDS)
        )
        questions = (text(item, "question") for item in _of_all(profile, _ICE_BREAKERS, _ACTIONS))
        entries = (
            menus.read_entry(text(item, "title"), text(item, "payload"), text(item, "url"))
            for item in _of_all(profile, _MENU, _ACTIONS)
        )
        return Offers(
            commands=tuple(item for item in commands if item),
            ice_breakers=tuple(item for item in questions if item),
            persistent_menu=tuple(item for item in entries if item),
            greeting=next((text(item, _TEXT) for item in _greetings(profile)), None),
        )

    async def hide(self, channel: Channel, offers: Offers) -> None:
        """Delete the properties; the rest of the profile stays."""
        kinds = {_COMMANDS: offers.commands, _ICE_BREAKERS: offers.ice_breakers, _MENU: offers.persistent_menu}
        names: list[JsonValue] = [name for name, kind in kinds.items() if kind is not None]
        names += [_GREETING] if offers.greeting else []
        if names:
            await self._calls.of_me(channel, "DELETE", _PROFILE, body={"fields": names})


def _for_all(name: str, value: Iterable[JsonValue]) -> JsonValue:
    """These, or this text, for every language."""
    return [{"locale": _DEFAULT, name: value if isinstance(value, str) else [*value]}]


def _greeting(markdown: str) -> str:
    """The greeting as Messenger shows it before the first message: plain, and cut."""
    return shortened(" ".join(render_text(markdown)), _MAX_GREETING_CHARACTERS)


def _greetings(profile: Fields) -> list[Fields]:
    """What is shown for every language, before what is shown for one."""
    found = [item for told in parts(profile, "data") for item in parts(told, _GREETING)]
    return sorted(found, key=lambda item: item.get("locale") != _DEFAULT)


def _of_all(profile: Fields, name: str, inner: str) -> list[Fields]:
    """What a property holds for every language; ice breakers of old stand there without one."""
    found = [item for told in parts(profile, "data") for item in parts(told, name)]
    of_default = next((parts(item, inner) for item in found if item.get("locale") == _DEFAULT), None)
    return of_default if of_default is not None else [item for item in found if inner not in item]


def _command(item: Command) -> JsonValue:
    return {"name": item.command, "description": shortened(item.description, _MAX_DESCRIPTION_CHARACTERS)}


def _entry(item: MenuEntry) -> JsonValue:
    if item.url is not None:
        return {"type": "web_url", "title": item.label, "url": item.url}
    return {"type": "postback", "title": item.label, "payload": item.data}
