"""A page's profile: what a new contact is shown, what stands beside the field, and what a tap on it sends.

Source: https://developers.facebook.com/docs/messenger-platform/reference/messenger-profile-api
"""

from simulator.messenger.refusals import refused
from simulator.messenger.state import Page, State
from simulator.wire import JSON, Object

KNOWN = ("get_started", "greeting", "commands", "ice_breakers", "persistent_menu")
MAX_COMMANDS, MAX_QUESTIONS, MAX_ENTRIES = 100, 4, 20
MAX_NAME, MAX_DESCRIPTION, MAX_QUESTION, MAX_TITLE, MAX_PAYLOAD = 32, 64, 80, 30, 1000
_NEEDS_START = "You must set a Get Started button if you also wish to use persistent menu"


def change(state: State, page: Page, asked: Object) -> Object:
    """Set these properties; the others stay."""
    state.count_profile_call(page)
    if not asked or not set(asked) <= set(KNOWN):
        raise refused(100, f"Requires one of the params: {', '.join(KNOWN)}")
    for of_locale in _of_locales(asked, "commands"):
        _check_commands(_objects(of_locale.get("commands")))
    for of_locale in _of_locales(asked, "ice_breakers"):
        _check_questions(_objects(of_locale.get("call_to_actions")))
    for of_locale in _of_locales(asked, "persistent_menu"):
        _check_entries(_objects(of_locale.get("call_to_actions")))
    if "persistent_menu" in asked and "get_started" not in {**page.profile, **asked}:
        raise refused(100, _NEEDS_START, subcode=2018145)
    page.profile.update(asked)
    return {"result": "success"}


def remove(state: State, page: Page, asked: Object) -> Object:
    """Take properties away."""
    state.count_profile_call(page)
    wanted = asked.get("fields")
    names = {str(name) for name in wanted} if isinstance(wanted, list) else set()
    if "get_started" in names and "persistent_menu" in page.profile.keys() - names:
        raise refused(100, _NEEDS_START, subcode=2018145)
    for name in names:
        page.profile.pop(name, None)
    return {"result": "success"}


def show(state: State, page: Page, wanted: str) -> Object:
    """These properties."""
    state.count_profile_call(page)
    known: Object = {name: page.profile[name] for name in wanted.split(",") if name in page.profile}
    return {"data": [known] if known else []}


def tapped(page: Page, label: str) -> Object | None:
    """The postback of a tap on something with this label; None where nothing is shown that sends one."""
    start = page.profile.get("get_started")
    if label == "Get Started" and isinstance(start, dict):
        return {"title": label, "payload": start.get("payload")}
    for name in ("ice_breakers", "persistent_menu"):
        for of_locale in _objects(page.profile.get(name)):
            for action in _objects(of_locale.get("call_to_actions")):
                if label in (action.get("question"), action.get("title")) and "payload" in action:
                    return {"title": label, "payload": action["payload"]}
    return None


def labels(page: Page) -> list[JSON]:
    """What a page shows that can be tapped: Get Started, its ice breakers, and the menu's entries but links."""
    shown: list[JSON] = ["Get Started"] if isinstance(page.profile.get("get_started"), dict) else []
    for name in ("ice_breakers", "persistent_menu"):
        for of_locale in _objects(page.profile.get(name)):
            actions = [action for action in _objects(of_locale.get("call_to_actions")) if "payload" in action]
            shown += [action.get("question") or action.get("title") for action in actions]
    return [*dict.fromkeys(map(str, shown))]


def _of_locales(asked: Object, name: str) -> list[Object]:
    """What a property holds for each language; one of them has to be the default."""
    found = _objects(asked.get(name))
    if name in asked and not any(item.get("locale") == "default" for item in found):
        raise refused(100, f"Param {name} must have an element with the locale default.")
    return found


def _check_commands(commands: list[Object]) -> None:
    if not 1 <= len(commands) <= MAX_COMMANDS:
        raise refused(100, "Param commands must have between 1 and 100 items.")
    for command in commands:
        name, description = str(command.get("name") or ""), str(command.get("description") or "")
        if not 1 <= len(name) <= MAX_NAME or name.startswith("/") or not 1 <= len(description) <= MAX_DESCRIPTION:
            raise refused(100, "A command has a name of 1 to 32 and a description of 1 to 64 characters.")


def _check_questions(questions: list[Object]) -> None:
    if not 1 <= len(questions) <= MAX_QUESTIONS:
        raise refused(100, "Param ice_breakers must have between 1 and 4 questions.")
    for question in questions:
        if not _fits(question.get("question"), MAX_QUESTION) or not _fits(question.get("payload"), MAX_PAYLOAD):
            raise refused(100, "An ice breaker has a question of 1 to 80 characters and a payload of 1 to 1000.")


def _check_entries(entries: list[Object]) -> None:
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise refused(100, "Param persistent_menu must have between 1 and 20 items.")
    for entry in entries:
        needed = {"postback": "payload", "web_url": "url"}.get(str(entry.get("type")))
        if needed is None or not _fits(entry.get("title"), MAX_TITLE):
            raise refused(100, "A menu item is a postback or a web_url with a title of 1 to 30 characters.")
        if not _fits(entry.get(needed), MAX_PAYLOAD if needed == "payload" else 2000):
            raise refused(100, f"A menu item of this type needs a {needed}.")


def _fits(value: JSON, most: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= most


def _objects(value: JSON) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
