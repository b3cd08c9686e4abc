"""JSON Schema: whether a schema is one, and whether arguments keep to it (json-schema.org, draft 2020-12)."""

from collections.abc import Mapping

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from pydantic import JsonValue
from referencing import Registry
from referencing.exceptions import Unresolvable

from domain.text import shortened

_MOST_CHARACTERS = 500


def schema_fault(schema: Mapping[str, JsonValue]) -> str | None:
    """What keeps a schema from being one; None where nothing does."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path)) or "the schema"
        return f"{place}: {shortened(error.message, _MOST_CHARACTERS)}"
    except RecursionError:
        return "it is nested too deep"
    return None


def argument_fault(schema: Mapping[str, JsonValue], arguments: Mapping[str, JsonValue]) -> str | None:
    """What a schema holds against arguments; None where nothing."""
    try:
        # An empty registry: references lead to the schema itself alone, and nothing is fetched.
        error = next(iter(Draft202012Validator(schema, registry=Registry()).iter_errors(arguments)), None)
    except (Unresolvable, RecursionError, SchemaError):
        return "the tool's schema cannot be followed"
    return None if error is None else _worded(error)


def _worded(error: ValidationError) -> str:
    place = "/".join(map(str, error.absolute_path)) or "the arguments"
    return f"{place}: {shortened(error.message, _MOST_CHARACTERS)}"
