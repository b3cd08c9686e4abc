"""Templates in and out: how the account lists them, and the message that is one.

Sources: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management and
https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
"""

from urllib.parse import urlencode

from pydantic import JsonValue

from adapters.platforms.base import Destination, Payload, TemplatePage
from adapters.platforms.fields import Fields, part, parts, reference, text
from adapters.platforms.whatsapp.people import address
from domain.templates import Template, TemplateMessage, TemplateStatus

_FIELDS = "name,language,status,category,components"
_STATUSES = {
    **{status.value.upper(): status for status in TemplateStatus},
    "IN_APPEAL": TemplateStatus.REJECTED,
    "PENDING_DELETION": TemplateStatus.DISABLED,
    "DELETED": TemplateStatus.DISABLED,
}


def query(after: str | None, most: int, name: str | None) -> str:
    """The query that asks for some of an account's templates."""
    asked = {"fields": _FIELDS, "limit": most, "after": after, "name": name}
    return urlencode({key: value for key, value in asked.items() if value is not None})


def read_page(answer: Fields) -> TemplatePage:
    """The templates of an answer; what is no template is left out."""
    found = (_read(item) for item in parts(answer, "data"))
    paging = part(answer, "paging")
    after = reference(part(paging, "cursors"), "after") if reference(paging, "next") else None
    return TemplatePage(templates=tuple(item for item in found if item), after=after)


def _read(item: Fields) -> Template | None:
    name, language = reference(item, "name"), reference(item, "language")
    if name is None or language is None:
        return None
    by_type = {(reference(component, "type") or "").upper(): component for component in parts(item, "components")}
    header, buttons = by_type.get("HEADER", {}), parts(by_type.get("BUTTONS", {}), "buttons")
    is_text = (reference(header, "format") or "TEXT").upper() == "TEXT"
    return Template(
        name=name,
        language=language,
        status=_STATUSES.get((reference(item, "status") or "").upper(), TemplateStatus.OTHER),
        category=(reference(item, "category") or "").lower() or None,
        header=text(header, "text") if is_text else None,
        header_kind=None if not header else "text" if is_text else "media",
        body=text(by_type.get("BODY", {}), "text") or "",
        footer=text(by_type.get("FOOTER", {}), "text"),
        buttons=tuple(text(button, "text") or "" for button in buttons),
        url_buttons=tuple(place for place, button in enumerate(buttons) if "{{" in (text(button, "url") or "")),
    )


def payload_of(message: TemplateMessage, destination: Destination) -> Payload:
    """The message that is this template."""
    components: list[JsonValue] = []
    if message.header is not None:
        components.append({"type": "header", "parameters": [{"type": "text", "text": message.header}]})
    if message.parameters:
        components.append({"type": "body", "parameters": _body(message)})
    for place, ending in sorted(message.buttons.items()):
        filled: list[JsonValue] = [{"type": "text", "text": ending}]
        components.append({"type": "button", "sub_type": "url", "index": str(place), "parameters": filled})
    template: dict[str, JsonValue] = {"name": message.name, "language": {"code": message.language}}
    return {
        "messaging_product": "whatsapp",
        **address(destination.chat),
        "type": "template",
        "template": template | ({"components": components} if components else {}),
    }


def _body(message: TemplateMessage) -> list[JsonValue]:
    if isinstance(message.parameters, dict):
        return [{"type": "text", "parameter_name": name, "text": value} for name, value in message.parameters.items()]
    return [{"type": "text", "text": value} for value in message.parameters]
