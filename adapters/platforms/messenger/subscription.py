"""The way from a page to our webhook: the app calls one URL, and each page says that the app may be told of it.

Sources: https://developers.facebook.com/docs/graph-api/reference/app/subscriptions,
https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps and
https://developers.facebook.com/docs/messenger-platform/reference/messenger-profile-api/get-started-button
"""

from collections.abc import Iterable

from pydantic import JsonValue

from adapters.errors import Never, NotPermitted
from adapters.platforms.base import Channel, Webhook
from adapters.platforms.fields import Fields, part, parts, reference
from adapters.platforms.graph.events import identity, items
from adapters.platforms.messenger.calls import Calls
from adapters.platforms.messenger.items import GET_STARTED

FIELDS = (
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_edits",
    "message_reactions",
    "messaging_referrals",
    "messaging_optins",
    "messaging_handovers",
    "messaging_policy_enforcement",
    "standby",
)
_OF_APP, _OF_PAGE, _PROFILE = "subscriptions", "subscribed_apps", "messenger_profile"
_CLICKS = (
    "in the Meta app's dashboard open Messenger > Settings > Webhooks, set the callback URL to {url} and the verify "
    "token to this channel's verify_token, press Verify and save, and add the page with the fields {fields}"
)


async def subscribe(calls: Calls, channel: Channel, url: str) -> Webhook:
    """Have the app's webhook be this URL, which Meta asks for its verify token first, and the page tell the app.

    What the app and the page are subscribed to besides stays as it is.
    """
    try:
        of_app = {*FIELDS, *_fields_of_app(await _app(calls, channel))}
        described: dict[str, JsonValue] = {"object": "page", "callback_url": url, "fields": _joined(of_app)}
        described["verify_token"] = channel.secret("verify_token")
        await calls.of_app(channel, "POST", _OF_APP, described)
        of_page = {*FIELDS, *_fields_of_page(await _page(calls, channel))}
        await calls.of_page(channel, "POST", _OF_PAGE, {"subscribed_fields": _joined(of_page)})
    except NotPermitted as error:
        raise NotPermitted(f"{error}; by hand: {_CLICKS.format(url=url, fields=_joined(FIELDS))}") from error
    return Webhook(url=url, details={"get_started": await _offer_start(calls, channel)})


async def inspect(calls: Calls, channel: Channel) -> Webhook:
    """The app's URL where the page tells the app anything; no URL where it does not."""
    app, page = await _app(calls, channel), await _page(calls, channel)
    url = reference(app, "callback_url") or ""
    missing: list[JsonValue] = [name for name in FIELDS if name not in _fields_of_app(app) & _fields_of_page(page)]
    details: dict[str, JsonValue] = {
        "app_url": url,
        "missing_fields": missing,
        "get_started": await _start(calls, channel),
    }
    return Webhook(url=url if page else "", details=details)


async def unsubscribe(calls: Calls, channel: Channel) -> None:
    """Have the page tell the app nothing more; the app's URL stays, for other pages may need it."""
    await calls.of_page(channel, "DELETE", _OF_PAGE)


async def _app(calls: Calls, channel: Channel) -> Fields:
    """The app's subscription to pages; empty where there is none."""
    found = await calls.of_app(channel, "GET", _OF_APP)
    return next((item for item in parts(found, "data") if item.get("object") == "page"), {})


async def _page(calls: Calls, channel: Channel) -> Fields:
    """The page's word that our app may be told of it; empty where it gave none."""
    ours = channel.secret("app_id")
    found = await calls.of_page(channel, "GET", _OF_PAGE)
    return next((item for item in parts(found, "data") if identity(item, "id") == ours), {})


def _fields_of_app(app: Fields) -> set[str]:
    """They come as objects with a name and a version, or by their names alone."""
    named = {name for item in parts(app, "fields") if (name := reference(item, "name"))}
    return named | {item for item in items(app, "fields") if isinstance(item, str)}


def _fields_of_page(page: Fields) -> set[str]:
    return {item for item in items(page, "subscribed_fields") if isinstance(item, str)}


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(names))


async def _offer_start(calls: Calls, channel: Channel) -> JsonValue:
    """Show a new contact the button that asks for the greeting, unless the page has one; without it bots work too."""
    try:
        shown = await _start(calls, channel)
        if shown is None:
            await calls.of_me(channel, "POST", _PROFILE, body={"get_started": {"payload": GET_STARTED}})
    except Never as error:
        return str(error)
    return shown or GET_STARTED


async def _start(calls: Calls, channel: Channel) -> str | None:
    """What the button of a first conversation sends; None where the page has no button."""
    profile = await calls.of_me(channel, "GET", _PROFILE, fields="get_started")
    return reference(part(next(iter(parts(profile, "data")), {}), "get_started"), "payload")
