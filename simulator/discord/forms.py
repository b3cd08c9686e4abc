"""Forms (modals): what an app may show, and what is told once somebody has filled one in.

Source: https://discord.com/developers/docs/interactions/receiving-and-responding#modal
"""

from collections.abc import Mapping

from simulator.discord.refusals import Refused
from simulator.wire import JSON, Object

MODAL = 9
MAX_QUESTIONS, MAX_TITLE, MAX_CUSTOM_ID = 5, 45, 100
_LABEL, _TEXT_INPUT = 18, 4


def form_of(response: Object, of_form: bool) -> Object:
    """The form of an answer; refused where Discord could not show it, or in answer to another one."""
    form = _object(response.get("data"))
    questions = _questions(form)
    names = [str(_object(question.get("component")).get("custom_id", "")) for question in questions]
    is_good = (
        not of_form
        and 0 < len(str(form.get("title", ""))) <= MAX_TITLE
        and 0 < len(str(form.get("custom_id", ""))) <= MAX_CUSTOM_ID
        and 0 < len(questions) <= MAX_QUESTIONS
        and all(question.get("type") == _LABEL and question.get("label") for question in questions)
        and all(_object(question.get("component")).get("type") == _TEXT_INPUT for question in questions)
        and all(0 < len(name) <= MAX_CUSTOM_ID for name in names)
        and len(set(names)) == len(names)
    )
    if not is_good:
        raise Refused(50035, errors={"data": {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH"}]}})
    return form


def filled(form: Object, answers: Mapping[str, str]) -> Object:
    """What an app is told of a form; a question that was left open has no words."""
    given: list[JSON] = []
    for number, question in enumerate(_questions(form), 1):
        asked = _object(question.get("component"))
        value = answers.get(str(asked.get("custom_id")), "")
        told: Object = {"type": _TEXT_INPUT, "id": 2 * number, "custom_id": asked.get("custom_id"), "value": value}
        given.append({"type": _LABEL, "id": 2 * number - 1, "component": told})
    return {"custom_id": form.get("custom_id"), "components": given}


def _questions(form: Object) -> list[Object]:
    listed = form.get("components")
    return [_object(item) for item in listed] if isinstance(listed, list) else []


def _object(value: JSON) -> Object:
    return value if isinstance(value, dict) else {}
