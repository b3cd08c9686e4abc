"""Who is told what: an app's URL and fields, and the apps of a page."""

from simulator.graph.courier import Courier
from simulator.messenger.refusals import refused
from simulator.messenger.state import App, Page, State
from simulator.wire import JSON, Object

FIELDS = frozenset(
    {
        "messages", "messaging_postbacks", "message_echoes", "message_deliveries", "message_reads", "message_edits",
        "message_reactions", "messaging_referrals", "messaging_optins", "messaging_handovers",
        "messaging_policy_enforcement", "standby", "feed",
    }
)  # fmt: skip


async def change_app(state: State, courier: Courier, app: App, asked: Object) -> Object:
    """Set the app's URL, which is asked for the verify token first."""
    _may_configure(state)
    url, token, fields = (str(asked.get(name) or "") for name in ("callback_url", "verify_token", "fields"))
    if asked.get("object") != "page":
        raise refused(100, "Param object must be one of {page}.")
    names = _known(fields)
    if not url or not await courier.challenge(url, token):
        raise refused(2200, "Callback verification failed")
    app.url, app.fields = url, names
    return {"success": True}


def show_app(app: App) -> Object:
    """The app's URL and fields."""
    fields: list[JSON] = [{"name": name, "version": "v25.0"} for name in sorted(app.fields)]
    told: Object = {"object": "page", "callback_url": app.url, "active": True, "fields": fields}
    return {"data": [told] if app.url else []}


def change_page(state: State, page: Page, asked: Object) -> Object:
    """Let the page's app know of these fields, and of no others."""
    _may_configure(state)
    page.fields = _known(str(asked.get("subscribed_fields") or ""))
    return {"success": True}


def show_page(page: Page) -> Object:
    """The apps that know of a page."""
    fields: list[JSON] = [*sorted(page.fields)]
    told: Object = {"id": page.app.id, "name": "Test App", "subscribed_fields": fields}
    return {"data": [told] if page.fields else []}


def leave_page(page: Page) -> Object:
    """Let the app know nothing more."""
    page.fields = frozenset()
    return {"success": True}


def _may_configure(state: State) -> None:
    if not state.settings.may_configure:
        raise refused(200, "Requires pages_manage_metadata permission to manage the object", status=403)


def _known(fields: str) -> frozenset[str]:
    names = frozenset(name for name in fields.split(",") if name)
    if not names or not names <= FIELDS:
        raise refused(100, f"Param fields must be among {', '.join(sorted(FIELDS))}.")
    return names
