"""Below `/_sim/telegram`: people who write to bots, the state of their chats, and which tokens are good."""

import base64
from collections.abc import Callable
from typing import Literal, Self
from uuid import uuid4

from fastapi import APIRouter, HTTPException
from pydantic import Field, model_validator

from simulator.telegram import inbound
from simulator.telegram.bots import Bot
from simulator.telegram.chats import ChatState
from simulator.telegram.people import Edited, Given, Joined, Pressed, Raw, Said
from simulator.telegram.refusals import Refused
from simulator.telegram.state import State
from simulator.telegram.updates import Update
from simulator.wire import JSON, Object


class ChatSettings(Given):
    """What a bot meets that writes to a chat; `migrated_to` is the new id, for the state of that name."""

    state: ChatState
    migrated_to: int | None = None
    name: str | None = None
    about: str | None = None
    picture_base64: str | None = None
    is_administered: bool = False
    strangers: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _names_the_new_chat(self) -> Self:
        if (self.state == "migrated_to") != (self.migrated_to is not None):
            raise ValueError("state 'migrated_to' needs the new id in the field migrated_to, and only that state does")
        return self


class Passed(Given):
    """How much time has passed."""

    seconds: int = Field(gt=0)


class TelegramSettings(Given):
    """What holds for all bots; what is left out stays as it is."""

    refused_tokens: list[str] | None = None
    strangers: Literal["known", "unknown"] | None = None
    require_https: bool | None = None
    limits: bool | None = None
    messages_per_second: int | None = Field(default=None, ge=1)


def control_router(state: Callable[[], State]) -> APIRouter:
    """The routes; the state is asked for each time, because a reset replaces it."""
    router = APIRouter(tags=["telegram"])
    _add_settings(router, state)
    _add_people(router, state)
    return router


def _add_settings(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/settings")
    async def change_settings(changed: TelegramSettings) -> Object:
        """Tokens to refuse with 401, whether strangers may be written to, a webhook must be https, limits count."""
        return _change(state(), changed)

    @router.post("/advance", status_code=204)
    async def advance(passed: Passed) -> None:
        """Let time pass for the 48 hours in which a bot may delete: whatever was said is so much older."""
        state().chats.age(passed.seconds)

    @router.post("/chats/{chat_id}")
    async def change_chat(chat_id: int, changed: ChatSettings) -> Object:
        """Block, forget or migrate a chat, for all bots; what it says of itself, and what bots may do there."""
        chat = state().chats.chat(chat_id)
        chat.state, chat.migrated_to, chat.name = changed.state, changed.migrated_to, changed.name or chat.name
        chat.about, chat.is_administered, chat.strangers = changed.about, changed.is_administered, {*changed.strangers}
        if changed.picture_base64 is not None:
            content = base64.b64decode(changed.picture_base64)
            chat.picture = state().files.add("profile_photo", "jpg", "image/jpeg", len(content), content)
        return {"chat_id": chat_id, "state": chat.state, "migrated_to": chat.migrated_to}

    @router.get("/{token}/chats/{chat_id}")
    async def show_chat(token: str, chat_id: int) -> Object:
        """What stands in a chat, oldest first."""
        return {"messages": [*state().chats.dialogue(_bot(state(), token).id, chat_id).messages.values()]}

    @router.get("/{token}")
    async def show_bot(token: str) -> Object:
        """A bot's webhook and how many updates wait."""
        bot = _bot(state(), token)
        url = bot.webhook.url if bot.webhook else None
        return {"bot": bot.user(), "webhook_url": url, "pending": len(bot.queue.pending)}


def _add_people(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/{token}/messages")
    async def say(token: str, what: Said) -> Object:
        """Somebody writes."""
        bot = _bot(state(), token)
        message = inbound.said(state(), bot, what)
        return _happen(state(), bot, {"message": message}, message_id=message["message_id"])

    @router.post("/{token}/edit")
    async def edit(token: str, what: Edited) -> Object:
        """Somebody changes what was said."""
        bot = _bot(state(), token)
        return _happen(state(), bot, {"edited_message": inbound.edited(state(), bot, what)}, message_id=what.message_id)

    @router.post("/{token}/callback")
    async def press(token: str, what: Pressed) -> Object:
        """Somebody presses a button."""
        bot, callback_id = _bot(state(), token), str(uuid4().int)[:18]
        query = inbound.pressed(state(), bot, what, callback_id)
        return _happen(state(), bot, {"callback_query": query}, callback_query_id=callback_id)

    @router.post("/{token}/membership")
    async def join(token: str, what: Joined) -> Object:
        """Somebody blocks or unblocks the bot, or takes it into a group or out of it."""
        bot = _bot(state(), token)
        return _happen(state(), bot, {"my_chat_member": inbound.joined(state(), bot, what)})

    @router.post("/{token}/updates")
    async def happen(token: str, what: Raw) -> Object:
        """Anything happens, in the words of the caller."""
        return _happen(state(), _bot(state(), token), what.update)


def _change(state: State, changed: TelegramSettings) -> Object:
    if changed.refused_tokens is not None:
        state.bots.refused_tokens = frozenset(changed.refused_tokens)
    if changed.strangers is not None:
        state.chats.strangers = changed.strangers
    if changed.require_https is not None:
        state.require_https = changed.require_https
    if changed.limits is not None:
        state.limits.enforced = changed.limits
    if changed.messages_per_second is not None:
        state.limits.per_second = changed.messages_per_second
    return {
        "refused_tokens": [*sorted(state.bots.refused_tokens)],
        "strangers": state.chats.strangers,
        "require_https": state.require_https,
        "limits": state.limits.enforced,
        "messages_per_second": state.limits.per_second,
    }


def _bot(state: State, token: str) -> Bot:
    try:
        return state.bots.bot(token)
    except Refused as refused:
        raise HTTPException(422, f"token {token!r} is not good here: {refused.description}") from refused


def _happen(state: State, bot: Bot, content: Object, **told: JSON) -> Object:
    """Queue an update if the bot wants its kind, and have it posted; what was not wanted has no `update_id`."""
    given_id = content.get("update_id")
    rest = {name: value for name, value in content.items() if name != "update_id"}
    kind = next(iter(rest), "unknown")
    inner = rest.get(kind)
    seen: Object = {"account": bot.token, "chat_id": _lane(inner if isinstance(inner, dict) else {}), "what": kind}
    state.simulation.ledger.record("inbound", "telegram", {**seen, "content": inner})
    if not bot.queue.allows(kind):
        return {"queued": False, "update_id": None, **told}
    update = _push(bot, kind, rest, given_id if isinstance(given_id, int) else None)
    state.couriers.offer(bot, update)
    return {"queued": True, "update_id": update.id, **told}


def _push(bot: Bot, kind: str, content: Object, update_id: int | None) -> Update:
    inner = content.get(kind)
    event: Object = inner if isinstance(inner, dict) else {}
    return bot.queue.push(kind, content, _lane(event), _text(event), update_id)


def _lane(event: Object) -> str:
    """The chat, else the person: updates of one of them are posted in order."""
    message = event.get("message")
    for holder, name in ((event, "chat"), (message, "chat"), (event, "from")):
        chat = holder.get(name) if isinstance(holder, dict) else None
        if isinstance(chat, dict) and "id" in chat:
            return str(chat["id"])
    return "none"


def _text(event: Object) -> str | None:
    for name in ("text", "caption", "data"):
        if isinstance(text := event.get(name), str):
            return text
    return None
