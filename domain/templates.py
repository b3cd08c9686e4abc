"""Templates: messages that a platform has approved beforehand, and takes where it takes no free word."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, JsonValue, ValidationError

from domain.models import Frozen, Strict

CLOSED_WINDOW_SETTING = "closed_window"
"""A channel's setting: the template that a contact gets whom an answer can reach no more."""
MAX_PARAMETERS = 100
MAX_PARAMETER_CHARACTERS = 1024
_UNFIT = re.compile(r"[\r\n\t]| {5}")
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")


def _one_line(text: str) -> str:
    if _UNFIT.search(text) or not text.strip():
        raise ValueError("give one line of text, without tabs and without five spaces in a row")
    return text


Parameter = Annotated[str, Field(max_length=MAX_PARAMETER_CHARACTERS), AfterValidator(_one_line)]
Positional = Annotated[tuple[Parameter, ...], Field(max_length=MAX_PARAMETERS)]
Named = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z0-9_]{1,100}$")], Parameter], Field(max_length=MAX_PARAMETERS)
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Za-z]{2,4})?$")]


class TemplateStatus(StrEnum):
    """What the platform thinks of a template; only an approved one can be sent."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    OTHER = "other"


class Template(Frozen):
    """A template as the platform keeps it: its words, with a place for each parameter."""

    name: str
    language: str
    status: TemplateStatus
    category: str | None = None
    header: str | None = None
    header_kind: Literal["text", "media"] | None = None
    body: str = ""
    footer: str | None = None
    buttons: tuple[str, ...] = ()
    url_buttons: tuple[int, ...] = ()
    """Which of the buttons, counted from 0, lead to an address with a place in it."""

    @property
    def places(self) -> tuple[str, ...]:
        """The names of the body's parameters; numbers, in their order, where they have no others."""
        return _places(self.body)

    @property
    def header_places(self) -> tuple[str, ...]:
        """The name of the header's parameter, where it has one."""
        return _places(self.header or "")


class TemplateMessage(Strict):
    """A template to be sent, with what fills its places: the body's in order or by name, the header's, and the end of
    the address of a button, by the button's place from 0."""

    name: Name
    language: Language
    parameters: Positional | Named = ()
    header: Parameter | None = None
    buttons: Annotated[dict[Annotated[int, Field(ge=0, le=9)], Parameter], Field(max_length=10)] = Field(
        default_factory=dict
    )

    @property
    def values(self) -> tuple[str, ...]:
        """What fills the body, in order."""
        return tuple(self.parameters.values()) if isinstance(self.parameters, dict) else self.parameters


class ClosedWindow(Strict):
    """The template for a contact whom an answer can reach no more; `text` is what it says, for the record."""

    template: Name
    language: Language
    parameters: Positional | Named = ()
    header: Parameter | None = None
    text: Annotated[str, Field(min_length=1, max_length=MAX_PARAMETER_CHARACTERS)] | None = None

    @property
    def message(self) -> TemplateMessage:
        """The template to be sent."""
        return TemplateMessage(
            name=self.template, language=self.language, parameters=self.parameters, header=self.header
        )


Mismatch: TypeAlias = tuple[str, str]
"""A stable word for why a template cannot be sent so, and a sentence on what to do."""


def mismatch(template: Template, message: TemplateMessage) -> Mismatch | None:
    """Why the platform would refuse this template with these parameters; None where it would not."""
    if template.status is not TemplateStatus.APPROVED:
        paused = template.status in (TemplateStatus.PAUSED, TemplateStatus.DISABLED)
        code = f"template_{template.status}" if paused else "template_not_approved"
        return code, f"it is {template.status}; only an approved one can be sent"
    if template.header_kind == "media":
        return "template_unsupported", "its header is a picture, a file or a place, which is not supported"
    if not all(place.isdecimal() for place in template.header_places):
        return "template_unsupported", "its header takes a parameter by name, which is not supported"
    return _misfilled(template, message)


def _misfilled(template: Template, message: TemplateMessage) -> Mismatch | None:
    code, places = "template_parameters", template.places
    if isinstance(message.parameters, dict):
        if set(message.parameters) != set(places):
            return code, f"its body takes parameters named {', '.join(places) or 'nothing'}; give exactly those"
    elif not all(place.isdecimal() for place in places):
        return code, f"its body takes parameters by name: {', '.join(places)}; give an object with exactly those"
    elif len(message.parameters) != len(places):
        return code, f"its body takes {len(places)} parameters, not {len(message.parameters)}"
    if (message.header is not None) != bool(template.header_places):
        return code, "its header takes a parameter; give it" if template.header_places else "its header takes none"
    if set(message.buttons) != set(template.url_buttons):
        wanted = ", ".join(map(str, template.url_buttons)) or "none"
        return code, f"the buttons whose address takes a parameter are: {wanted}; give exactly those"
    return None


def written(template: Template | None, message: TemplateMessage) -> str:
    """What the contact reads; where the template's words are not known, its name and the parameters."""
    if template is None:
        return f"[{message.name}] {', '.join(message.values)}".strip()
    header = _filled(template.header or "", dict.fromkeys(template.header_places, message.header or ""))
    by_place = message.parameters
    if not isinstance(by_place, dict):
        by_place = dict(zip(template.places, by_place, strict=False))
    return "\n\n".join(part for part in (header, _filled(template.body, by_place), template.footer) if part)


def _places(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))
    return tuple(sorted(found, key=int)) if all(place.isdecimal() for place in found) else found


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda place: values.get(place[1], place[0]), text)


def closed_window(settings: Mapping[str, JsonValue]) -> ClosedWindow | None:
    """What a channel's settings say is to be done where the window has closed; None where they say nothing."""
    try:
        return ClosedWindow.model_validate(settings.get(CLOSED_WINDOW_SETTING))
    except ValidationError:
        return None
