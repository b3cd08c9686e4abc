"""The base of every model that crosses a boundary: frozen, tolerant of fields that a newer version added."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value; fields that this version does not know are dropped, so that old and new code can talk."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Strict(BaseModel):
    """An immutable value that a person writes: an unknown field is a mistake and is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
