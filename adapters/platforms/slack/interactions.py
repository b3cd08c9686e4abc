"""Pressed buttons and slash commands, which come as forms.

Sources: https://docs.slack.dev/interactivity/handling-user-interaction,
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from pydantic import JsonValue

from adapters.platforms.fields import Fields, part, parts, reference, shown_name, text
from adapters.platforms.slack.blocks import LINK
from adapters.platforms.slack.messages import ignored
from adapters.platforms.slack.place import Me, identity, is_group, moment, timestamp
from adapters.platforms.slack.responses import answerable
from adapters.platforms.slack.words import plain
from domain.events import EventKind, InboundEvent, Sender

_OTHERS = ("view_submission", "view_closed", "shortcut", "message_action", "block_suggestion", "block_actions")
_MAX_ACTIONS = 25
_NAMELESS = ("directmessage", "privategroup")
"""What Slack says in place of the names of channels that not everybody may see."""
_CHOSEN = ("selected_date", "selected_time", "selected_user", "selected_channel", "selected_conversation", "value")


def read_interaction(key: str, payload: Fields) -> tuple[InboundEvent, ...]:
    """The events of a form's `payload`: one for each action of `block_actions`; nothing else asks for an answer."""
    kind = reference(payload, "type")
    actions = parts(payload, "actions")[:_MAX_ACTIONS]
    if kind != "block_actions" or not actions:
        return (ignored(key, f"unsupported:{kind if kind in _OTHERS else 'interaction'}"),)
    return tuple(_pressed(payload, action) for action in actions)


def read_command(key: str, form: Fields, me: Me) -> InboundEvent:
    """A slash command as a message: what stands behind the command is what was said."""
    chat, user = identity(form, "channel_id"), identity(form, "user_id")
    name, said = (reference(form, "command") or "").removeprefix("/"), plain(text(form, "text") or "", me).strip()
    return InboundEvent(
        key=f"command:{trigger}" if (trigger := reference(form, "trigger_id")) else key,
        kind=EventKind.MESSAGE,
        chat=chat,
        sender=Sender(external_id=user, name=shown_name(form, "user_name")) if user else None,
        is_group=is_group(chat) if chat else False,
        text=said or f"/{name}",
        command="help" if said.casefold() == "help" else name.lower(),
        ignored=None if chat else "malformed:channel_id",
        details=_titled(shown_name(form, "channel_name")) | answerable(form),
    )


def _titled(name: str | None) -> dict[str, JsonValue]:
    return {"chat_title": f"#{name}"} if name and name not in _NAMELESS else {}


def _pressed(payload: Fields, action: Fields) -> InboundEvent:
    container, message, user = part(payload, "container"), part(payload, "message"), part(payload, "user")
    chat = identity(container, "channel_id") or identity(part(payload, "channel"), "id")
    ts = timestamp(container, "message_ts") or timestamp(message)
    thread = timestamp(container, "thread_ts") or timestamp(message, "thread_ts")
    by, at, name = identity(user, "id"), timestamp(action, "action_ts"), reference(action, "action_id")
    value = reference(action, "value") or reference(part(action, "selected_option"), "value")
    known: dict[str, JsonValue] = {"action_id": name, "block_id": reference(action, "block_id"), "data": value}
    if container.get("is_ephemeral") is True:
        # Below a message that went out by such an address there may be no other way to answer.
        known |= answerable(payload)
    return InboundEvent(
        key=f"button:{chat}:{by}:{at}:{name}",
        kind=EventKind.BUTTON,
        chat=chat,
        thread=None if thread == ts else thread,
        sender=Sender(external_id=by, name=shown_name(user, "name", "")) if by else None,
        is_group=is_group(chat) if chat else False,
        reply_to=ts,
        text=_label(action) or value or name or "",
        occurred_at=moment(at),
        ignored=_needs_no_answer(chat, name),
        details=_titled(shown_name(part(payload, "channel"), "name"))
        | {field: found for field, found in known.items() if found is not None},
    )


def _needs_no_answer(chat: str | None, name: str | None) -> str | None:
    if chat is None:
        return "unsupported:view_action"
    return "link_opened" if (name or "").startswith(LINK) else None


def _label(action: Fields) -> str | None:
    chosen = shown_name(part(part(action, "selected_option"), "text"), "text")
    given = (reference(action, field) for field in _CHOSEN)
    return chosen or shown_name(part(action, "text"), "text") or next((found for found in given if found), None)
