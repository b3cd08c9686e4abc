"""The house stands as drawn: every file holds every rule, and every rule notices when it is broken."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import pytest

from tests import rules
from tests.imports import TABLE, imports
from tests.rules import Source, sources

Rule = Callable[[Source], Iterator[str]]
ALL = sources()


def check(rule: Rule, package: str | None = None) -> None:
    """Every file (of a package) keeps the rule."""
    faults = [fault for source in ALL if package in (None, source.package) for fault in rule(source)]
    assert not faults, f"{rule.__doc__}\n" + "\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize("package", sorted({source.package for source in ALL}))
def test_a_package_imports_what_the_table_allows(package: str) -> None:
    check(imports, package)


def test_every_row_of_the_table_is_a_package() -> None:
    assert sorted(TABLE) == sorted({source.package for source in ALL})


def test_no_file_is_longer_than_one_subject() -> None:
    check(rules.file_length)


def test_no_function_is_longer_than_one_job() -> None:
    check(rules.function_length)


def test_every_module_says_what_it_is_for() -> None:
    check(rules.module_docstring)


def test_every_public_name_has_a_sentence() -> None:
    check(rules.public_docstrings)


def test_the_settings_alone_read_the_environment() -> None:
    check(rules.environment)


def test_domain_and_workflows_have_neither_clock_nor_chance() -> None:
    check(rules.clock_and_chance)


def test_nothing_that_serves_prints() -> None:
    check(rules.prints)


@pytest.mark.slow
def test_every_overlooked_type_has_a_code_and_a_reason() -> None:
    check(rules.type_ignores)


def long_function(lines: int) -> str:
    """A function of so many lines."""
    return "def long():\n" + "    pass\n" * (lines - 1)


BROKEN: list[tuple[Rule, str, str]] = [
    (imports, "domain/turns.py", "from adapters.errors import Never"),
    (imports, "domain/turns.py", "import sqlalchemy"),
    (imports, "domain/deep/turns.py", "from ...adapters import errors"),
    (imports, "adapters/http.py", "from api.problems import Problem"),
    (imports, "adapters/http.py", "if TYPE_CHECKING:\n    from activities.completion import Completion"),
    (imports, "activities/completion.py", "from adapters.platforms.telegram.platform import Telegram"),
    (imports, "activities/completion.py", "from adapters.ai import openai"),
    (imports, "activities/completion.py", "import settings"),
    (imports, "workflows/conversation.py", "from domain.inbox import Inbox"),
    (imports, "workflows/conversation.py", "def late():\n    from activities.delivery import Delivery"),
    (imports, "workflows/conversation.py", "import pydantic"),
    (
        imports,
        "workflows/conversation.py",
        "with workflow.unsafe.imports_passed_through():\n    from adapters.errors import Never",
    ),
    (imports, "api/webhooks.py", "from workflows.conversation import ConversationWorkflow"),
    (imports, "api/webhooks.py", "from activities import delivery"),
    (imports, "simulator/app.py", "from domain.text import storable"),
    (imports, "settings.py", "from domain.text import storable"),
    (imports, "unheard/of.py", "import ast"),
    (rules.file_length, "domain/turns.py", "\n" * (rules.MAX_FILE_LINES + 1)),
    (rules.function_length, "tests/test_turns.py", long_function(rules.MAX_FUNCTION_LINES + 1)),
    (rules.module_docstring, "tests/test_turns.py", "x = 1"),
    (rules.module_docstring, "domain/__init__.py", ""),
    (rules.public_docstrings, "domain/turns.py", "def open(): ..."),
    (rules.public_docstrings, "domain/turns.py", 'class Turn:\n    """A turn."""\n    def end(self): ...'),
    (rules.environment, "commands/dev.py", "import os\nx = os.environ['HOME']"),
    (rules.environment, "api/app.py", "from os import getenv"),
    (rules.environment, "worker.py", "import os\nx = os.getenv('HOME')"),
    (rules.clock_and_chance, "domain/turns.py", "now = datetime.now(UTC)"),
    (rules.clock_and_chance, "domain/turns.py", "now = datetime.datetime.utcnow()"),
    (rules.clock_and_chance, "workflows/conversation.py", "import time"),
    (rules.clock_and_chance, "workflows/conversation.py", "from uuid import UUID, uuid4"),
    (rules.clock_and_chance, "domain/turns.py", "x = uuid.uuid4()"),
    (rules.clock_and_chance, "domain/turns.py", "from random import choice"),
    (rules.prints, "adapters/database/turns.py", "print('opened')"),
    (rules.prints, "activities/completion.py", "tell = print"),
    (rules.type_ignores, "domain/turns.py", "x = 1  # type: ignore"),
    (rules.type_ignores, "domain/turns.py", "x = 1  # type: ignore[misc]"),
    (rules.type_ignores, "domain/turns.py", "x = 1  # type: ignore  # a reason without a code"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_a_broken_rule_is_noticed(rule: Rule, path: str, text: str) -> None:
    faults = list(rule(Source(PurePosixPath(path), text)))
    assert len(faults) == 1
    assert faults[0].startswith(f"{path}:")


KEPT: list[tuple[Rule, str, str]] = [
    (imports, "domain/turns.py", "import re\nfrom pydantic import Field\nfrom domain.models import Frozen"),
    (imports, "activities/completion.py", "from adapters.database import turns\nimport structlog"),
    (
        imports,
        "workflows/conversation.py",
        "from workflows import options\n"
        "with workflow.unsafe.imports_passed_through():\n    from domain.inbox import Inbox",
    ),
    (imports, "worker.py", "from activities.completion import Completion"),
    (rules.file_length, "domain/turns.py", "\n" * rules.MAX_FILE_LINES),
    (rules.function_length, "domain/turns.py", long_function(rules.MAX_FUNCTION_LINES)),
    (rules.public_docstrings, "tests/test_turns.py", "def test_it(): ..."),
    (rules.public_docstrings, "domain/turns.py", "def _own(): ...\nclass _Own:\n    def shown(self): ..."),
    (rules.environment, "settings.py", "import os\nx = os.environ"),
    (rules.clock_and_chance, "workflows/conversation.py", "now = workflow.now()"),
    (rules.clock_and_chance, "adapters/http.py", "now = datetime.now(UTC)"),
    (rules.prints, "commands/dev.py", "print('ready')"),
    (rules.type_ignores, "domain/turns.py", "x = 1  # type: ignore[misc]  # the library has no types"),
    (rules.type_ignores, "domain/turns.py", "text = '# type: ignore'"),
]


@pytest.mark.parametrize(("rule", "path", "text"), KEPT)
def test_what_the_rules_allow_is_no_fault(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(PurePosixPath(path), text))) == []
