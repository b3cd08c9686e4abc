"""Reading a call: an event of the Events API, an interaction or a slash command, told apart by the body's form."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import parse_qsl

from pydantic import JsonValue

from adapters.errors import Unreadable
from adapters.platforms.base import Channel, Request
from adapters.platforms.fields import Fields, count, parse_object, part, reference
from adapters.platforms.slack.interactions import read_command, read_interaction
from adapters.platforms.slack.messages import ignored, membership, read_message
from adapters.platforms.slack.place import Me, identity, is_elsewhere, is_group, me_of, moment, sender_of, timestamp
from domain.events import EventKind, InboundEvent

_FORM = "application/x-www-form-urlencoded"
_MAX_FORM_FIELDS = 100
_KIND_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
LIFECYCLE = ("app_uninstalled", "tokens_revoked")


def read_call(channel: Channel, request: Request) -> tuple[InboundEvent, ...]:
    """The events of a verified call; raises `Unreadable` for a body that is neither JSON nor a form."""
    key = f"body:{sha256(request.body).hexdigest()}"
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return (_read_envelope(key, parse_object(request.body), channel),)
    form = _parse_form(request.body)
    if "ssl_check" in form:
        return ()
    if "payload" in form:
        payload = parse_object(form["payload"].encode())
        return read_interaction(key, _of_team(payload)) if _is_ours(channel, payload) else _elsewhere(key)
    if "command" in form:
        return (read_command(key, form, me_of(channel, form)),) if _is_ours(channel, form) else _elsewhere(key)
    return (ignored(key, "unsupported:form"),)


def challenge_of(body: bytes) -> str | None:
    """What Slack wants to have said back before it calls a URL; None for any other body."""
    # Every call passes here, and only this one is parsed for it.
    if b"url_verification" not in body or not body.lstrip().startswith(b"{"):
        return None
    envelope = parse_object(body)
    return reference(envelope, "challenge") if envelope.get("type") == "url_verification" else None


def _parse_form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FORM_FIELDS))
    except ValueError as error:
        raise Unreadable(f"the body is no form in UTF-8 ({type(error).__name__})") from None


def _is_ours(channel: Channel, told: Fields) -> bool:
    return not is_elsewhere(_of_team(told), me_of(channel, told))


def _of_team(payload: Fields) -> Fields:
    """An interaction says its team as an object, where everything else says an id."""
    team = identity(part(payload, "team"), "id")
    return {**payload, "team_id": team} if team else payload


def _elsewhere(key: str) -> tuple[InboundEvent, ...]:
    return (ignored(key, "other_workspace"),)


def _read_envelope(key: str, envelope: Fields, channel: Channel) -> InboundEvent:
    kind = reference(envelope, "type") or "nothing"
    if kind == "app_rate_limited":
        return ignored(f"rate:{count(envelope, 'minute_rate_limited')}", kind)
    if kind != "event_callback":
        return ignored(key, f"unsupported:{_named(kind)}")
    event_id = reference(envelope, "event_id")
    return _read_event(f"event:{event_id}" if event_id else key, envelope, me_of(channel, envelope))


def _read_event(key: str, envelope: Fields, me: Me) -> InboundEvent:
    event = part(envelope, "event")
    kind = reference(event, "type") or "nothing"
    if is_elsewhere(envelope, me):
        return ignored(key, "other_workspace")
    if kind in LIFECYCLE:
        return _lifecycle(key, kind, event, me)
    read = READERS.get(kind)
    return read(key, event, me) if read else ignored(key, f"unsupported:{_named(kind)}")


def _lifecycle(key: str, kind: str, event: Fields, me: Me) -> InboundEvent:
    """The app was removed, or tokens were revoked: those of people who use it are none of ours."""
    revoked = part(event, "tokens").get("bot")
    is_ours = isinstance(revoked, list) and (me.user in revoked if me.user else bool(revoked))
    told = ignored(key, kind)
    is_problem = kind == "app_uninstalled" or is_ours
    return told.model_copy(update={"details": {"problem": kind}}) if is_problem else told


def _named(kind: str) -> str:
    """A kind as part of a reason; `unknown` for what Slack would not call one."""
    return kind if _KIND_NAME.fullmatch(kind) else "unknown"


def _reaction(key: str, event: Fields, me: Me) -> InboundEvent:
    item = part(event, "item")
    chat, name = identity(item, "channel"), reference(event, "reaction")
    if chat is None or name is None:
        return ignored(key, "malformed:reaction")
    is_added = event.get("type") == "reaction_added"
    found: Mapping[str, JsonValue] = {"added": [name] if is_added else [], "removed": [] if is_added else [name]}
    return InboundEvent(
        key=key,
        kind=EventKind.REACTION,
        chat=chat,
        sender=sender_of(event),
        is_group=is_group(chat),
        addressed=me.user is not None and reference(event, "item_user") == me.user,
        platform_message_id=timestamp(item),
        occurred_at=moment(timestamp(event, "event_ts")),
        ignored="own_reaction" if me.wrote(event) else None,
        details=found,
    )


def _joined(key: str, event: Fields, me: Me) -> InboundEvent:
    return membership(key, event, "joined", me)


def _left(key: str, event: Fields, me: Me) -> InboundEvent:
    return membership(key, event, "left", me)


def _was_removed(key: str, event: Fields, me: Me) -> InboundEvent:
    # These two are told of the bot alone, and name nobody.
    return membership(key, {**event, "user": me.user}, "left", me)


READERS: dict[str, Callable[[str, Fields, Me], InboundEvent]] = {
    "message": read_message,
    "app_mention": read_message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "member_joined_channel": _joined,
    "member_left_channel": _left,
    "channel_left": _was_removed,
    "group_left": _was_removed,
}
