"""Forms: questions that a contact answers all at once, declared with a channel and opened by a button or a command."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, JsonValue, TypeAdapter, ValidationError

from domain.models import Strict

FORMS_SETTING = "forms"
"""A channel's setting: its forms by their names."""
MAX_FORMS = 25
MAX_FIELDS = 5
OPENING = "form:"
"""What the value of a button begins with that opens the form of this name."""

_Line = Annotated[str, Field(min_length=1, max_length=45, pattern=r"^[^\r\n]*\S[^\r\n]*$")]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]


class FormField(Strict):
    """One question; the answer is a line, or where it is `long` a text."""

    name: _Name
    label: _Line
    long: bool = False
    required: bool = True
    placeholder: Annotated[str, Field(min_length=1, max_length=100)] | None = None


def _distinct(fields: tuple[FormField, ...]) -> tuple[FormField, ...]:
    if len({field.name for field in fields}) < len(fields):
        raise ValueError("two fields have the same name; give each its own")
    return fields


class Form(Strict):
    """What is asked, below a title."""

    title: _Line
    fields: Annotated[tuple[FormField, ...], Field(min_length=1, max_length=MAX_FIELDS), AfterValidator(_distinct)]

    def labels(self) -> dict[str, str]:
        """The questions by their fields' names."""
        return {field.name: field.label for field in self.fields}


Forms: TypeAlias = Mapping[str, Form]
_FORMS: TypeAdapter[dict[str, Form]] = TypeAdapter(Annotated[dict[_Name, Form], Field(max_length=MAX_FORMS)])


def forms_of(settings: Mapping[str, JsonValue]) -> Forms:
    """The forms of a channel; raises `ValidationError`."""
    declared = settings.get(FORMS_SETTING)
    return {} if declared is None else _FORMS.validate_python(declared)


def fault_of(value: JsonValue) -> str | None:
    """What is wrong with the setting; None where nothing is."""
    try:
        forms_of({FORMS_SETTING: value})
    except ValidationError as error:
        places = (".".join(map(str, item["loc"])) for item in error.errors(include_input=False, include_url=False))
        wrong = ", ".join(dict.fromkeys(place for place in places if place))
        form = "give {name: {title, fields: [{name, label, long?, required?, placeholder?}]}}"
        return f"{form}; wrong here: {wrong[:200] or 'all of it'}"
    return None


def filled(title: str, answers: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """A form that was filled in, as the contact's words: each question with its answer."""
    return "\n".join((title, *(f"{labels.get(name, name)}: {answer}" for name, answer in answers.items() if answer)))
