"""Templates: kept by an account, listed page by page, and what is checked of a message that is one.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from simulator.whatsapp.refusals import refused
from simulator.wire import JSON, Object

Status = Literal["APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"]
MOST_AT_ONCE = 100
_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_UNFIT = re.compile(r"[\n\t]| {5}")


@dataclass
class Template:
    """One template in one language."""

    name: str
    language: str = "en_US"
    status: Status = "APPROVED"
    body: str = ""
    header: str | None = None
    header_format: str = "TEXT"
    footer: str | None = None
    buttons: list[Object] = field(default_factory=list)
    category: str = "UTILITY"

    @property
    def is_named(self) -> bool:
        """Whether its parameters have names."""
        return any(not place.isdecimal() for place in _PLACE.findall(self.body))

    def describe(self, number: int) -> Object:
        """As the account lists it."""
        components: list[JSON] = [{"type": "BODY", "text": self.body}]
        if self.header is not None or self.header_format != "TEXT":
            header: Object = {"type": "HEADER", "format": self.header_format}
            components.insert(0, header | ({"text": self.header} if self.header is not None else {}))
        if self.footer is not None:
            components.append({"type": "FOOTER", "text": self.footer})
        if self.buttons:
            components.append({"type": "BUTTONS", "buttons": [*self.buttons]})
        return {
            "name": self.name,
            "parameter_format": "NAMED" if self.is_named else "POSITIONAL",
            "components": components,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "id": f"{10**15 + number}",
        }


def listed(kept: list[Template], query: Mapping[str, str]) -> Object:
    """A page of the account's templates."""
    name, after = query.get("name", ""), query.get("after", "0")
    if not after.isdecimal() or not query.get("limit", "25").isdecimal():
        raise refused(100, "Invalid parameter")
    first, most = int(after), min(int(query.get("limit", "25")), MOST_AT_ONCE)
    found = [template for template in kept if name in template.name]
    page: list[JSON] = [item.describe(place) for place, item in enumerate(found[first : first + most], first)]
    cursors: Object = {"before": str(first), "after": str(first + len(page))}
    paging: Object = {"cursors": cursors}
    if first + len(page) < len(found):
        paging["next"] = f"https://graph.facebook.com/next?after={first + len(page)}"
    return {"data": page, "paging": paging}


def check_template(content: Object, kept: Mapping[tuple[str, str], Template]) -> str:
    """What a message reads that is a template; refused where it is unknown, not approved, or filled wrongly."""
    language = _object(content.get("language")).get("code")
    template = kept.get((str(content.get("name")), str(language)))
    if template is None or template.status in ("PENDING", "REJECTED"):
        raise refused(132001, "Template name does not exist in the translation", status=404)
    if template.status == "PAUSED":
        raise refused(132015, "Template is paused")
    if template.status == "DISABLED":
        raise refused(132016, "Template is disabled")
    given = {_kind(part): part for part in _objects(content.get("components"))}
    _fill(template.header or "", given.get("header"))
    endings = {f"button:{place}" for place, button in enumerate(template.buttons) if "{{" in str(button.get("url"))}
    if endings != {kind for kind in given if kind.startswith("button:")}:
        raise refused(132000, "Number of parameters does not match the expected number of params")
    return _fill(template.body, given.get("body"))


def _fill(text: str, component: Object | None) -> str:
    places = set(_PLACE.findall(text))
    parameters = _objects((component or {}).get("parameters"))
    if len(parameters) != len(places):
        raise refused(132000, "Number of parameters does not match the expected number of params")
    values: dict[str, str] = {}
    for number, parameter in enumerate(parameters, 1):
        value = parameter.get("text")
        if parameter.get("type") != "text" or not isinstance(value, str) or not value or _UNFIT.search(value):
            raise refused(132012, "Parameter format does not match format in the created template")
        values[str(parameter.get("parameter_name", number))] = value
    if set(values) != places:
        raise refused(132012, "Parameter name is missing or wrong")
    return _PLACE.sub(lambda place: values[place[1]], text)


def _kind(component: Object) -> str:
    kind = str(component.get("type")).lower()
    return f"button:{component.get('index')}" if kind == "button" else kind


def _object(value: JSON) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: JSON) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
