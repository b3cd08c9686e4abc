"""The answer cache: two questions are the same where everything is that decides the answer, and nowhere else."""

import pytest

from domain.bots import Model
from domain.caching import is_whole, key_of, like, question_of
from domain.prices import FREE
from domain.transcripts import Image, Line, Prompt

MODEL = Model()
PROMPT = Prompt(lines=(Line(role="system", text="Be brief."), Line(role="user", text="hi")), estimated_tokens=7)
KEY = key_of("https://api.example", MODEL, PROMPT)


@pytest.mark.parametrize(
    "model",
    [
        {"name": "other"}, {"api": "responses"}, {"temperature": 0.0}, {"temperature": None}, {"max_output_tokens": 7},
        {"provider": "own"}, {"vision": True},
    ],
)  # fmt: skip
def test_another_model_or_parameter_is_another_question(model: dict[str, object]) -> None:
    assert key_of("https://api.example", MODEL.model_copy(update=model), PROMPT) != KEY


@pytest.mark.parametrize(
    "lines",
    [
        PROMPT.lines[1:],
        (PROMPT.lines[0], Line(role="user", text="hi ")),
        (PROMPT.lines[0], Line(role="assistant", text="hi")),
        (*PROMPT.lines, Line(role="user", text="")),
        (
            PROMPT.lines[0],
            PROMPT.lines[1].model_copy(update={"images": (Image(type="image/png", content=b"\xff\x00"),)}),
        ),
        (Line(role="system", text="Be brief.hi"), Line(role="user", text="")),
    ],
)
def test_another_prompt_is_another_question(lines: tuple[Line, ...]) -> None:
    assert key_of("https://api.example", MODEL, PROMPT.model_copy(update={"lines": lines})) != KEY


def test_another_endpoint_is_another_question() -> None:
    assert key_of("https://api.example/v2", MODEL, PROMPT) != KEY


def test_how_long_it_is_waited_for_and_what_it_costs_decide_no_answer() -> None:
    patient = MODEL.model_copy(
        update={"timeout_seconds": 1.0, "first_token_seconds": 1.0, "stall_seconds": 1.0, "price": FREE}
    )
    assert key_of("https://api.example", patient, PROMPT.model_copy(update={"estimated_tokens": 9})) == KEY


def test_every_other_field_of_a_model_and_a_prompt_decides() -> None:
    assert set(Model.model_fields) - {"timeout_seconds", "first_token_seconds", "stall_seconds", "price"} == {
        "provider", "name", "api", "temperature", "max_output_tokens", "vision"
    }  # fmt: skip
    assert set(Prompt.model_fields) - {"estimated_tokens", "left_out"} == {
        "lines", "may_call", "steps", "tools", "answer_shape"
    }  # fmt: skip
    assert set(Line.model_fields) == {"role", "text", "images"}
    assert set(Image.model_fields) == {"type", "content"}


def test_another_picture_is_another_question() -> None:
    def shown(content: bytes) -> str:
        line = Line(role="user", text="hi", images=(Image(type="image/png", content=content),))
        return key_of("https://api.example", MODEL, PROMPT.model_copy(update={"lines": (line,)}))

    assert shown(b"\xff\x00") == shown(b"\xff\x00")
    assert shown(b"\xff\x00") != shown(b"\xff\x01")


@pytest.mark.parametrize("reason", ["length", "cut", "content_filter", "tool_calls", "incomplete", None])
def test_what_was_cut_or_broke_off_is_not_whole(reason: str | None) -> None:
    assert not is_whole(reason)
    assert is_whole("stop")
    assert is_whole("completed")


def test_the_question_is_what_was_asked_last() -> None:
    assert question_of(PROMPT) == "hi"
    assert question_of(Prompt(lines=(), estimated_tokens=0)) == ""


@pytest.mark.parametrize(("pattern", "wanted"), [("*open*", "%open%"), ("100%_\\", "100\\%\\_\\\\"), ("**", "%%")])
def test_a_star_alone_stands_for_anything(pattern: str, wanted: str) -> None:
    assert like(pattern) == wanted
