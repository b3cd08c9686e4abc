"""Who is told what: an app's URL and fields, the apps of a page, and a page's profile."""

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
PROFILE = ("get_started", "greeting", "commands")
MAX_COMMANDS = 100
MAX_NAME, MAX_DESCRIPTION = 32, 64


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


def change_profile(page: Page, asked: Object) -> Object:
    """What a new contact is shown."""
    if not asked or not set(asked) <= set(PROFILE):
        raise refused(100, "Requires one of the params: get_started, greeting, commands")
    for of_locale in _objects(asked.get("commands")):
        _check_commands(_objects(of_locale.get("commands")))
    page.profile.update(asked)
    return {"result": "success"}


def change_less(page: Page, asked: Object) -> Object:
    """Take fields of the profile away."""
    wanted = asked.get("fields")
    for name in wanted if isinstance(wanted, list) else []:
        page.profile.pop(str(name), None)
    return {"result": "success"}


def _check_commands(commands: list[Object]) -> None:
    if not 1 <= len(commands) <= MAX_COMMANDS:
        raise refused(100, "(#100) Param commands must have between 1 and 100 items.")
    for command in commands:
        name, description = str(command.get("name") or ""), str(command.get("description") or "")
        if not 1 <= len(name) <= MAX_NAME or name.startswith("/") or not 1 <= len(description) <= MAX_DESCRIPTION:
            raise refused(100, "(#100) A command has a name of 1 to 32 and a description of 1 to 64 characters.")


def _objects(value: JSON) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def show_profile(page: Page, wanted: str) -> Object:
    """These fields of the profile."""
    known: Object = {name: page.profile[name] for name in wanted.split(",") if name in page.profile}
    return {"data": [known] if known else []}


def _may_configure(state: State) -> None:
    if not state.settings.may_configure:
        raise refused(200, "Requires pages_manage_metadata permission to manage the object", status=403)


def _known(fields: str) -> frozenset[str]:
    names = frozenset(name for name in fields.split(",") if name)
    if not names or not names <= FIELDS:
        raise refused(100, f"Param fields must be among {', '.join(sorted(FIELDS))}.")
    return names
