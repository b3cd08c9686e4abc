"""What is said and answered, on every platform: in turns, in bursts, and at length."""

import re

from tests.matrix.phones import Phone

BURST = ["burst one", "burst two", "burst three", "burst four", "burst five"]
FAMILY = "👨‍👩‍👧‍👦"
_MARK = re.compile(r"m\d{4}")


def _everything() -> str:
    """A long answer with all that Markdown has; every mark stands in it once, in order."""
    marks = [f"m{number:04d}" for number in range(600)]
    words, cells, points, code = marks[:400], marks[400:406], marks[406:446], marks[446:]
    paragraphs = [f"Here are some words: {' '.join(words[at : at + 50])}." for at in range(0, 400, 50)]
    rows = [f"| {left} | {right} |" for left, right in zip(cells[::2], cells[1::2], strict=True)]
    return "\n\n".join([
        "# Everything that there is",
        f"**Welcome** {FAMILY} to [our shop](https://shop.example/).",
        *paragraphs,
        "\n".join(["| what | how |", "| --- | --- |", *rows]),
        "\n".join(f"- {point} is a point of a list" for point in points),
        "\n".join(["```python", *(f"take('{name}')  # and some more words" for name in code), "```"]),
    ])  # fmt: skip


async def test_what_was_said_before_is_known(phone: Phone) -> None:
    assert (await phone.answered("my name is Ann")).text == "You said: my name is Ann"
    assert (await phone.answered("what is my name?")).text == "You said: what is my name?"
    request = (await phone.product.simulated.asked())[-1]["request"]
    assert isinstance(request, dict)
    assert [item["content"] for item in request["messages"][-3:]] == [
        "my name is Ann", "You said: my name is Ann", "what is my name?",
    ]  # fmt: skip


async def test_a_burst_is_answered_together_whole_and_in_order(phone: Phone) -> None:
    await phone.product.simulated.answers({"contains": "burst", "echo": "unanswered"})
    async with phone.patient_bot():
        await phone.say_all(BURST)
        messages = await phone.until_ended(len(BURST))
    heard = [item["text"] for item in messages if item["direction"] == "inbound"]
    answers = [shown.text for shown in await phone.shown()]
    assert heard == BURST
    assert re.findall("burst [a-z]+", "\n".join(answers)) == BURST
    assert len(answers) < len(BURST)


async def test_a_long_answer_is_whole_dressed_and_within_the_limit(phone: Phone) -> None:
    await phone.product.simulated.answers({"contains": "everything", "text": _everything()})
    await phone.say("tell me everything")
    await phone.until_ended(1)
    parts = await phone.shown()
    row, said = phone.row, "\n".join(part.text for part in parts)
    assert len(_everything()) > row.most or row.sends is None
    assert max(row.length(part.text) for part in parts) <= row.most
    assert _MARK.findall(said) == _MARK.findall(_everything())
    assert said.count(FAMILY) == 1
    assert [mark for mark in row.marks if not any(mark in part.marks for part in parts)] == []
