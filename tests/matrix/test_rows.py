"""The README's table of platforms says what the tests of this folder find."""

from pathlib import Path

import pytest

from tests.matrix.rows import ROWS, Row

README = Path(__file__).parents[2] / "README.md"


def _table() -> dict[str, dict[str, str]]:
    """The cells of the table, by row and platform."""
    lines = README.read_text().partition("## Platforms\n\n")[2].partition("\n\n")[0].splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = [name.lower() for name in head[1:]]
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_readme_says_what_a_platform_does(row: Row) -> None:
    table = _table()
    unsaid = {subject: words for subject, words in row.says.items() if words not in table[subject][row.name]}
    assert unsaid == {}


def test_every_platform_of_the_readme_has_a_row() -> None:
    assert sorted(_table()["receives"]) == sorted(row.name for row in ROWS)


def test_the_readme_says_where_messages_are_edited_and_changed() -> None:
    table = _table()
    assert [row.name for row in ROWS if "edits" in table["receives"][row.name]] == [
        row.name for row in ROWS if row.is_edited_by_contacts
    ]
    assert [row.name for row in ROWS if table["what was sent is changed"][row.name] != "cannot be"] == [
        row.name for row in ROWS if row.is_changed
    ]
