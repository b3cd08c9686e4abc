"""Forms, which Discord calls modals: shown in answer to a press or a command, and told once they are filled in.

Source: https://discord.com/developers/docs/components/using-modal-components
"""

from collections.abc import Iterator

from pydantic import JsonValue, ValidationError

from adapters.platforms.base import Channel
from adapters.platforms.fields import Fields, part, parts, reference, text
from domain.forms import OPENING, Form, FormField, Forms, filled, forms_of
from domain.text import shortened, storable

_MODAL = 9
_LABEL, _TEXT_INPUT = 18, 4
_LINE, _PARAGRAPH = 1, 2
_MAX_LINE_CHARACTERS, _MAX_CHARACTERS = 200, 2000
_MAX_ANSWERS = 25
_MAX_ANSWER_CHARACTERS = 1000
_MAX_DEPTH = 5


def forms_in(channel: Channel) -> Forms:
    """The forms of a channel; none where they are not as the API takes them."""
    try:
        return forms_of(channel.settings)
    except ValidationError:
        return {}


def opened_by(data: Fields, forms: Forms) -> str | None:
    """The name of the form that a pressed button, or a command of the same name, opens; None for most of them."""
    command, custom = reference(data, "name"), reference(data, "custom_id") or ""
    name = command if command is not None else custom.removeprefix(OPENING) if custom.startswith(OPENING) else None
    return name if name in forms else None


def shown(name: str, form: Form) -> dict[str, JsonValue]:
    """What Discord is answered, so that it shows a form."""
    questions: list[JsonValue] = [_question(field) for field in form.fields]
    return {"type": _MODAL, "data": {"custom_id": f"{OPENING}{name}", "title": form.title, "components": questions}}


def read_form(data: Fields, forms: Forms) -> tuple[str, dict[str, JsonValue]]:
    """A form that was filled in, as words and as values; its questions may have been changed meanwhile."""
    name = (reference(data, "custom_id") or "").removeprefix(OPENING)
    answers = dict(list(_answers(data))[:_MAX_ANSWERS])
    form = forms.get(name)
    kept: dict[str, JsonValue] = {field: shortened(answer, _MAX_ANSWER_CHARACTERS) for field, answer in answers.items()}
    words = filled(form.title if form else name, answers, form.labels() if form else {})
    return words, {"name": name, "answers": kept}


def _question(field: FormField) -> dict[str, JsonValue]:
    asked: dict[str, JsonValue] = {
        "type": _TEXT_INPUT,
        "custom_id": field.name,
        "style": _PARAGRAPH if field.long else _LINE,
        "required": field.required,
        "max_length": _MAX_CHARACTERS if field.long else _MAX_LINE_CHARACTERS,
    }
    hint: dict[str, JsonValue] = {"placeholder": field.placeholder} if field.placeholder else {}
    return {"type": _LABEL, "label": field.label, "component": {**asked, **hint}}


def _answers(fields: Fields, depth: int = 0) -> Iterator[tuple[str, str]]:
    """What was given to each field; one stands in a label, or with older apps in a row."""
    name, values = reference(fields, "custom_id"), fields.get("values")
    if depth and name is not None:
        chosen = [storable(value) for value in values if isinstance(value, str)] if isinstance(values, list) else []
        yield name, text(fields, "value") or ", ".join(chosen)
    if depth < _MAX_DEPTH:
        for inside in (*parts(fields, "components"), part(fields, "component")):
            yield from _answers(inside, depth + 1)
