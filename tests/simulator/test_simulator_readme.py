"""The README's examples, as they stand there."""

import re
from pathlib import Path
from typing import get_args

import pytest

from simulator.discord.platform import METHODS as DISCORD_METHODS
from simulator.faults import FaultKind
from simulator.ledger import KINDS
from simulator.slack.methods import METHODS as SLACK_METHODS
from simulator.telegram.methods import METHODS
from tests.simulator.harness import TOKEN, Control

XOXB = "xoxb-1-2-" + "a" * 24
DISCORD = "MTAwMDAwMDAwMDAwMDAwMDAw.GabcdE." + "a" * 38
README = (Path(__file__).parents[2] / "simulator" / "README.md").read_text()
EXAMPLES = re.findall(r"^post (\S+)\s+'(.*)'$", README, re.MULTILINE)


@pytest.mark.parametrize(("path", "body"), EXAMPLES)
async def test_an_example_is_accepted(control: Control, path: str, body: str) -> None:
    content = body.replace("'$TOKEN'", TOKEN)
    headers = {"Content-Type": "application/json"}
    path = path.replace("$TOKEN", TOKEN).replace("$XOXB", XOXB).replace("$DISCORD", DISCORD)
    response = await control.client.post(f"/_sim{path}", content=content, headers=headers)
    assert response.is_success, response.text


@pytest.mark.parametrize("name", [*get_args(FaultKind), *KINDS, *METHODS, *SLACK_METHODS, *DISCORD_METHODS])
def test_the_readme_names_everything(name: str) -> None:
    assert name in README


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 17
