"""PATCH as JSON Merge Patch (RFC 7396), over what a model's fields allow."""

from collections.abc import Mapping
from types import NoneType
from typing import get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.fields import FieldInfo


def patched(
    model: type[BaseModel], current: Mapping[str, JsonValue], patch: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """The values with a patch applied: null stays null where a field can be null, and elsewhere means its default.

    What the model has no field for is kept, to be refused by name when the result is read.
    """
    result = dict(current)
    for name, value in patch.items():
        field = model.model_fields.get(name)
        inner = _model_of(field)
        before = current.get(name)
        if field is not None and value is None and not _nullable(field):
            result.pop(name, None)
        elif inner is not None and isinstance(value, dict):
            result[name] = patched(inner, before if isinstance(before, dict) else {}, value)
        else:
            result[name] = merged(before, value)
    return result


def merged(target: JsonValue, patch: JsonValue) -> JsonValue:
    """RFC 7396, section 2: objects are merged, null removes a member, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def refused(error: ValidationError, *place: str) -> RequestValidationError:
    """What a model says of a body that was read without it, as the 422 that FastAPI gives; `place` is where it was."""
    return RequestValidationError([{**item, "loc": ("body", *place, *item["loc"])} for item in error.errors()])


def _nullable(field: FieldInfo) -> bool:
    return NoneType in get_args(field.annotation)


def _model_of(field: FieldInfo | None) -> type[BaseModel] | None:
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
