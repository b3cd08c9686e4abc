"""Interactions: slash commands, pressed buttons, choices and forms, by the endpoint or by the gateway.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from collections.abc import Iterator
from enum import IntEnum
from json import dumps

from pydantic import JsonValue

from adapters.errors import Unreadable
from adapters.platforms.base import Reply
from adapters.platforms.discord.forms import opened_by, read_form, shown
from adapters.platforms.discord.place import guild_details, identity, moment_of, sender_of
from adapters.platforms.discord.setup import ASK
from adapters.platforms.fields import Fields, part, parts, reference, shown_name, text, whole
from domain.events import EventKind, InboundEvent
from domain.forms import Forms
from domain.text import storable

_PONG, _MESSAGE, _DEFERRED_MESSAGE, _DEFERRED_UPDATE, _CHOICES = 1, 4, 5, 6, 8
_SLASH = 1
_EPHEMERAL = 64
"""A message with this flag is seen by whoever acted, and by nobody else."""
_UNSUPPORTED = "This bot has no such command. Write to it, or use a command that begins with a slash."
_MAX_TOKEN_CHARACTERS = 1000
_MAX_DEPTH = 5


class Kind(IntEnum):
    """What an interaction is."""

    PING = 1
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


def kind_of(interaction: Fields) -> int | None:
    """The interaction's type."""
    return whole(interaction, "type")


def response_to(interaction: Fields, forms: Forms) -> dict[str, JsonValue]:
    """What Discord is answered at once: a command or a form is answered later, a press needs no answer of its own.

    What opens a form is answered with that; whoever called a command that nobody will answer is told so.
    """
    opened = _opened(interaction, forms)
    if opened is not None:
        return shown(opened, forms[opened])
    if _is_of_menu(interaction):
        return {"type": _MESSAGE, "data": {"content": _UNSUPPORTED, "flags": _EPHEMERAL}}
    match kind_of(interaction):
        case Kind.PING:
            return {"type": _PONG}
        case Kind.COMMAND | Kind.MODAL:
            return {"type": _DEFERRED_MESSAGE}
        case Kind.AUTOCOMPLETE:
            return {"type": _CHOICES, "data": {"choices": []}}
    return {"type": _DEFERRED_UPDATE}


def as_reply(interaction: Fields, forms: Forms) -> Reply:
    """The same as the body of an answer to Discord's call."""
    return Reply(content_type="application/json", body=dumps(response_to(interaction, forms)))


def read_interaction(interaction: Fields, forms: Forms) -> InboundEvent:
    """The event that an interaction tells of; raises `Unreadable` for one without an id."""
    name = identity(interaction, "id")
    if name is None:
        raise Unreadable("the body is no interaction: it has no id")
    match kind_of(interaction):
        case Kind.COMMAND:
            event = _commanded(name, interaction)
        case Kind.COMPONENT:
            event = _pressed(name, interaction)
        case Kind.MODAL:
            event = _filled(name, interaction, forms)
        case _:
            return InboundEvent(key=f"interaction:{name}", kind=EventKind.OTHER, ignored="unsupported:interaction")
    if _opened(interaction, forms):
        # Somebody who is shown a form has not said anything yet.
        return _answered_at_once(event, "opens_form")
    return _answered_at_once(event, "unsupported:menu") if _is_of_menu(interaction) else event


def _answered_at_once(event: InboundEvent, ignored: str) -> InboundEvent:
    """An event for which nobody is thinking."""
    details = {name: value for name, value in event.details.items() if name != "answer_by"}
    return event.model_copy(update={"ignored": ignored, "details": details})


def _opened(interaction: Fields, forms: Forms) -> str | None:
    if kind_of(interaction) not in (Kind.COMMAND, Kind.COMPONENT):
        return None
    return opened_by(part(interaction, "data"), forms)


def _is_of_menu(interaction: Fields) -> bool:
    """Whether it is a command in the menu of a message or of a person, which another version of the app registered."""
    kind = whole(part(interaction, "data"), "type")
    return kind_of(interaction) == Kind.COMMAND and kind not in (None, _SLASH)


def _commanded(name: str, interaction: Fields) -> InboundEvent:
    """A slash command as a message: what stands behind the command is what was said."""
    data = part(interaction, "data")
    command = reference(data, "name") or ""
    said = storable(" ".join(_options(data))).strip()
    event = _event(name, interaction, EventKind.MESSAGE)
    return event.model_copy(
        update={
            "text": said if said and command == ASK else f"/{command} {said}".rstrip(),
            "command": "help" if said.casefold() == "help" else command.lower() or None,
            "details": {**event.details, **_answerable(name, interaction)},
        }
    )


def _pressed(name: str, interaction: Fields) -> InboundEvent:
    data, message = part(interaction, "data"), part(interaction, "message")
    custom = reference(data, "custom_id") or ""
    component = next((item for item in _components(message) if reference(item, "custom_id") == custom), {})
    listed = data.get("values")
    values = [storable(value) for value in listed if isinstance(value, str)] if isinstance(listed, list) else []
    labels = {reference(item, "value"): shown_name(item, "label") for item in parts(component, "options")}
    chosen = ", ".join(labels.get(value) or value for value in values)
    event = _event(name, interaction, EventKind.BUTTON)
    return event.model_copy(
        update={
            "reply_to": identity(message, "id"),
            "text": chosen or shown_name(component, "label") or custom,
            "details": {**event.details, "data": ", ".join(values) or custom, "custom_id": custom},
        }
    )


def _filled(name: str, interaction: Fields, forms: Forms) -> InboundEvent:
    """A form as a message: its questions and what was given to them."""
    words, form = read_form(part(interaction, "data"), forms)
    event = _event(name, interaction, EventKind.MESSAGE)
    return event.model_copy(
        update={
            "reply_to": identity(part(interaction, "message"), "id"),
            "text": words,
            "details": {**event.details, **_answerable(name, interaction), "form": form},
        }
    )


def _event(name: str, interaction: Fields, kind: EventKind) -> InboundEvent:
    member, guild = part(interaction, "member"), identity(interaction, "guild_id")
    return InboundEvent(
        key=f"interaction:{name}",
        kind=kind,
        chat=identity(interaction, "channel_id"),
        sender=sender_of(part(member, "user") or part(interaction, "user"), member),
        is_group=guild is not None,
        occurred_at=moment_of(name),
        ignored=_ignored(interaction),
        details=guild_details(guild),
    )


def _ignored(interaction: Fields) -> str | None:
    return None if identity(interaction, "channel_id") else "malformed:channel_id"


def _answerable(name: str, interaction: Fields) -> dict[str, JsonValue]:
    """What the answer has to go by: it replaces the message that says that the bot is thinking."""
    token = reference(interaction, "token")
    if token is None or len(token) > _MAX_TOKEN_CHARACTERS:
        return {}
    return {"answer_by": {"interaction": name, "token": token}}


def _options(data: Fields, depth: int = 0) -> Iterator[str]:
    """The values of a command's options, those of its subcommands too."""
    for option in parts(data, "options") if depth < _MAX_DEPTH else []:
        value = option.get("value")
        if isinstance(value, bool):
            yield str(value).lower()
        elif isinstance(value, str | int | float):
            yield text(option, "value") or str(value)
        yield from _options(option, depth + 1)


def _components(fields: Fields, depth: int = 0) -> Iterator[Fields]:
    for component in parts(fields, "components") if depth < _MAX_DEPTH else []:
        yield component
        yield from _components(component, depth + 1)
