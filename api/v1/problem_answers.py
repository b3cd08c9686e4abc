"""How problems look in the OpenAPI document: the answers that routes share."""

from typing import TypeAlias

from pydantic import BaseModel, Field

from api.problems import MEDIA_TYPE


class InvalidField(BaseModel):
    """One field of a request that is not as it must be."""

    field: str
    problem: str


class ProblemAnswer(BaseModel):
    """What went wrong, as RFC 9457 wants it told."""

    type: str = "about:blank"
    title: str
    status: int
    code: str = Field(description="A stable word for what went wrong.")
    detail: str = Field(description="What went wrong, and what to do.")
    errors: list[InvalidField] | None = Field(None, description="The fields that are wrong, where it was fields.")


Answers: TypeAlias = dict[int | str, dict[str, object]]

_SCHEMA = ProblemAnswer.model_json_schema()
_FIELD = _SCHEMA.pop("$defs")["InvalidField"]
_SCHEMA["properties"]["errors"]["anyOf"][0]["items"] = _FIELD


def _problem(status: int, code: str, description: str, detail: str) -> Answers:
    example = {"type": "about:blank", "title": description, "status": status, "code": code, "detail": detail}
    return {status: {"description": description, "content": {MEDIA_TYPE: {"schema": _SCHEMA, "example": example}}}}


USUAL: Answers = {
    **_problem(401, "unauthorized", "Unauthorized", "Send an API key: Authorization: Bearer <key>."),
    **_problem(403, "forbidden", "Forbidden", "POST here needs the role admin; this key is viewer."),
    **_problem(413, "too_large", "Content Too Large", "The body is larger than 2097152 bytes; send less."),
    **_problem(422, "invalid", "Unprocessable Content", "name: Field required"),
    **_problem(503, "unavailable", "Service Unavailable", "The database does not answer. Try again shortly."),
}
NOT_FOUND = _problem(404, "not_found", "Not Found", "There is nothing under this id.")
CONFLICT = _problem(
    409, "idempotency_key_in_use", "Conflict", "A request with this Idempotency-Key still runs; ask again shortly."
)
BAD_GATEWAY = _problem(502, "outcome_unknown", "Bad Gateway", "The platform gave no answer; look before trying again.")
