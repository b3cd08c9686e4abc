"""What WhatsApp checks of buttons and lists.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-list-messages
"""

from simulator.whatsapp.refusals import refused
from simulator.wire import JSON, Object

MOST_BODY, MOST_BUTTONS, MOST_ROWS = 1024, 3, 10
MOST_TITLE, MOST_ROW, MOST_OPENER = 20, 24, 20
MOST_BUTTON_ID, MOST_ROW_ID = 256, 200


def check_interactive(interactive: Object) -> None:
    """Refuse buttons that are too many, too long or not to be told apart."""
    if not 0 < len(body_of(interactive)) <= MOST_BODY:
        raise refused(131009, "Parameter value is not valid: interactive['body']['text']")
    action = interactive.get("action")
    content = action if isinstance(action, dict) else {}
    if interactive.get("type") == "button":
        replies = [item.get("reply") if isinstance(item, dict) else None for item in _list(content, "buttons")]
        _check(replies, MOST_BUTTONS, MOST_TITLE, MOST_BUTTON_ID)
    elif interactive.get("type") == "list":
        rows = [
            row for section in _list(content, "sections") if isinstance(section, dict) for row in _list(section, "rows")
        ]
        _check(rows, MOST_ROWS, MOST_ROW, MOST_ROW_ID)
        if not 0 < len(str(content.get("button", ""))) <= MOST_OPENER:
            raise refused(131009, "Parameter value is not valid: interactive['action']['button']")
    elif interactive.get("type") == "cta_url":
        _check_link(content)
    else:
        raise refused(131009, "Parameter value is not valid: interactive['type']")


def _check_link(action: Object) -> None:
    given = action.get("parameters")
    parameters = given if isinstance(given, dict) else {}
    shown, url = str(parameters.get("display_text", "")), str(parameters.get("url", ""))
    if (
        action.get("name") != "cta_url"
        or not 0 < len(shown) <= MOST_TITLE
        or not url.startswith(("https://", "http://"))
    ):
        raise refused(131009, "Parameter value is not valid: interactive['action']['parameters']")


def body_of(interactive: Object) -> str:
    """The words above the buttons."""
    body = interactive.get("body")
    words = body.get("text") if isinstance(body, dict) else None
    return words if isinstance(words, str) else ""


def _check(items: list[JSON], most: int, most_title: int, most_id: int) -> None:
    titles = [str(item.get("title", "")) if isinstance(item, dict) else "" for item in items]
    names = [str(item.get("id", "")) if isinstance(item, dict) else "" for item in items]
    if not 0 < len(items) <= most:
        raise refused(131009, f"Parameter value is not valid: at most {most} buttons or rows are allowed")
    if any(not 0 < len(title) <= most_title for title in titles) or any(not 0 < len(name) <= most_id for name in names):
        raise refused(131009, "Parameter value is not valid: the length of a title or an id")
    if len(set(names)) < len(names) or len(set(titles)) < len(titles):
        raise refused(131009, "Parameter value is not valid: titles and ids must be unique")


def _list(content: Object, name: str) -> list[JSON]:
    found = content.get(name)
    return found if isinstance(found, list) else []
