"""The documents say what the code does: what it can be told, and by which commands."""

import re
from itertools import pairwise
from pathlib import Path

import typer
from pydantic_settings import DotEnvSettingsSource

import cli
from settings import Settings

HOUSE = Path(__file__).parents[1]
OF_COMPOSE_ALONE = {"postgres_password"}


def example() -> dict[str, str | None]:
    return dict(DotEnvSettingsSource(Settings, env_file=HOUSE / ".env.example", env_ignore_empty=False).env_vars)


def test_the_example_names_every_setting_and_no_other() -> None:
    assert example().keys() == Settings.model_fields.keys() | OF_COMPOSE_ALONE


def test_the_example_has_the_defaults() -> None:
    given = {name: value for name, value in example().items() if value and name in Settings.model_fields}
    read = Settings.model_validate(given)

    assert {name: getattr(read, name) for name in given} == {
        name: Settings.model_fields[name].get_default() for name in given
    }
    assert all(not Settings.model_fields[name].get_default() for name in Settings.model_fields.keys() - given.keys())


def test_every_setting_of_the_example_is_explained() -> None:
    lines = (HOUSE / ".env.example").read_text().splitlines()
    unexplained = [
        line for before, line in pairwise(lines) if _sets(line) and not (before.startswith("#") or _sets(before))
    ]

    assert unexplained == []


def test_every_command_has_a_sentence() -> None:
    for group in (cli.app, cli.keys, cli.bots):
        for command in group.registered_commands:
            assert isinstance(group, typer.Typer)
            assert command.callback is not None
            assert (command.callback.__doc__ or "").strip().endswith(".")


def _sets(line: str) -> bool:
    return re.match(r"[A-Z0-9_]+=", line) is not None


def test_what_the_example_of_a_platform_quotes_stands_in_the_file_that_was_named_before_it() -> None:
    text, file, quoted = (HOUSE / "docs/extending.md").read_text(), "", 0
    for named, block in re.findall(r"`([a-z_/]+\.py)`|```python\n(.*?)\n```", text, re.DOTALL):
        file = named or file
        if not block:
            continue
        assert block in (HOUSE / file).read_text(), f"{file} says it no more; correct docs/extending.md"
        quoted += 1
    assert quoted > 5
