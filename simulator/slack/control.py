"""Below `/_sim/slack`: what apps are set up with, what channels refuse, and people who write to bots."""

import base64
from collections.abc import Callable

from fastapi import APIRouter, HTTPException, Request

from simulator.slack import inbound
from simulator.slack.apps import App
from simulator.slack.events import tell
from simulator.slack.people import (
    AppSettings,
    Brought,
    ChannelSettings,
    Commanded,
    Deleted,
    Edited,
    Joined,
    Named,
    Pressed,
    Raw,
    Reacted,
    Said,
    SlackSettings,
)
from simulator.slack.refusals import Refused
from simulator.slack.state import State
from simulator.wire import Object


def control_router(state: Callable[[], State]) -> APIRouter:
    """The routes; the state is asked for each time, because a reset replaces it."""
    router = APIRouter(tags=["slack"])
    _add_settings(router, state)
    _add_apps(router, state)
    _add_names(router, state)
    _add_words(router, state)
    _add_deeds(router, state)
    return router


def _add_settings(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/settings")
    async def change_settings(changed: SlackSettings) -> Object:
        """Tokens to refuse with `invalid_auth`, and whether limits count."""
        apps, limits = state().apps, state().limits
        if changed.refused_tokens is not None:
            apps.refused_tokens = frozenset(changed.refused_tokens)
        if changed.limits is not None:
            limits.enforced = changed.limits
        return {"refused_tokens": [*sorted(apps.refused_tokens)], "limits": limits.enforced}

    @router.post("/channels/{channel_id}")
    async def change_channel(channel_id: str, changed: ChannelSettings) -> Object:
        """The error that whoever posts there meets, such as `is_archived`."""
        state().channels.channel(channel_id).refusal = changed.refusal
        seen: Object = {"account": None, "chat_id": channel_id, "what": "refusal", "content": changed.refusal}
        state().simulation.ledger.record("inbound", "slack", seen)
        return {"channel": channel_id, "refusal": changed.refusal}

    @router.post("/files")
    async def bring(brought: Brought, request: Request) -> Object:
        """A file as a message shares it: what is answered goes into `files`."""
        content = base64.b64decode(brought.content_base64)
        file = state().files.begin(brought.name, len(content))
        file.content, file.mime_type = content, brought.mime_type
        state().shelve(file)
        return file.describe(_base_url(request))


def _add_apps(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/{token}/app")
    async def set_up(token: str, changed: AppSettings) -> Object:
        """What a person clicks in an app's settings: signing secret, Request URL, scopes that the token has not.

        A Request URL is challenged first, and refused where it does not answer.
        """
        app = _app(state(), token)
        app.signing_secret = changed.signing_secret or app.signing_secret
        app.title = changed.title or app.title
        if changed.request_url is not None:
            if changed.challenge and not await state().courier.challenge(app, changed.request_url):
                raise HTTPException(422, "the URL did not answer with the value of the challenge parameter")
            app.request_url = changed.request_url
        if changed.missing_scopes is not None:
            app.missing_scopes = frozenset(changed.missing_scopes)
        return {"user": app.user, "bot": app.bot, "app": app.id, "request_url": app.request_url}


def _add_names(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/users/{user}")
    async def call_person(user: str, named: Named) -> Object:
        """How somebody is called in the workspace."""
        state().names[user] = named.name
        return {"user": user, "name": named.name}


def _add_words(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/{token}/messages")
    async def say(token: str, what: Said) -> Object:
        """Somebody writes."""
        return inbound.say(state(), _app(state(), token), what)

    @router.post("/{token}/edit")
    async def edit(token: str, what: Edited) -> Object:
        """Somebody changes what was said."""
        return inbound.edit(state(), _app(state(), token), what)

    @router.post("/{token}/delete")
    async def delete(token: str, what: Deleted) -> Object:
        """Somebody withdraws what was said."""
        return inbound.delete(state(), _app(state(), token), what)

    @router.get("/channels/{channel_id}")
    async def show_channel(channel_id: str) -> Object:
        """What stands in a channel, oldest first, and what bots are said to do in its threads."""
        channel = state().channels.channel(channel_id)
        return {"messages": [*channel.messages.values()], "statuses": {**channel.statuses}}

    @router.post("/{token}/commands")
    async def command(token: str, what: Commanded, request: Request) -> Object:
        """Somebody calls a slash command."""
        return inbound.command(state(), _app(state(), token), what, _base_url(request))


def _add_deeds(router: APIRouter, state: Callable[[], State]) -> None:
    @router.post("/{token}/actions")
    async def press(token: str, what: Pressed, request: Request) -> Object:
        """Somebody presses a button."""
        return inbound.press(state(), _app(state(), token), what, _base_url(request))

    @router.post("/{token}/reactions")
    async def react(token: str, what: Reacted) -> Object:
        """Somebody puts a reaction on a message, or takes it off."""
        return inbound.react(state(), _app(state(), token), what)

    @router.post("/{token}/members")
    async def join(token: str, what: Joined) -> Object:
        """Somebody comes into a channel or leaves it."""
        return inbound.join(state(), _app(state(), token), what)

    @router.post("/{token}/events")
    async def happen(token: str, what: Raw) -> Object:
        """Anything happens, in the words of the caller."""
        return {"event_ids": [tell(state(), _app(state(), token), what.event, what.event_id)]}


def _base_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _app(state: State, token: str) -> App:
    try:
        return state.apps.app(token)
    except Refused as refused:
        raise HTTPException(422, f"token {token!r} is not good here: {refused.error}") from refused
