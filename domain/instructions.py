"""Instructions with variables: a bounded part of Jinja2, in which nothing can be called, grown or run for long.

A text without `{{`, `{%` or `{#` is no template, and stays as it is. What may stand in a template is listed, and all
else refused: no calls but `range`, no methods, macros, includes or arithmetic. Values are data, never template.
See https://jinja.palletsprojects.com/en/stable/templates/ and `docs/prompts.md`.
"""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.runtime import LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from domain.template_filters import FILTERS, MAX_CHARACTERS, TESTS, TooMuch

Variables: TypeAlias = Mapping[str, JsonValue]

NAMES = frozenset({"contact", "channel", "bot", "time", "conversation", "understanding", "variables"})
"""What a template may name."""
FIELDS: Mapping[str, frozenset[str]] = {
    "contact": frozenset({"name", "language", "metadata"}),
    "channel": frozenset({"platform", "name"}),
    "bot": frozenset({"name", "language", "metadata"}),
    "time": frozenset({"now", "date", "clock", "hour", "weekday", "zone"}),
    "conversation": frozenset({"turns", "metadata"}),
    "understanding": frozenset({"sentiment", "intent", "confidence", "language", "entities"}),
}
"""What each of them has; what is in `metadata` and `variables` is up to their owner."""
MAX_NODES = 5_000
"""How many parts a template may consist of."""
MAX_STEPS = 20_000
"""How many parts may be looked at in loops."""
_MARK = re.compile(r"\{[{%#]")
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.For, nodes.Assign, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.CondExpr, nodes.List, nodes.Tuple, nodes.Keyword,
)  # fmt: skip
_SPOKEN: Mapping[type[nodes.Node], str] = {
    nodes.Call: "nothing can be called here but range()",
    nodes.Concat: "'~' is not known here; write what is to be joined side by side",
    nodes.Macro: "macros are not known here",
    nodes.Include: "nothing can be included here; name a prompt instead",
    nodes.BinExpr: "arithmetic is not known here",
    nodes.UnaryExpr: "arithmetic is not known here",
}


class TemplateBroken(Exception):
    """A text is no template; `line` is where, and the message why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class _Environment(ImmutableSandboxedEnvironment):
    """Fields and items are the same, and nothing has methods: what a contact is called cannot be one."""

    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        if isinstance(obj, Mapping) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | tuple | str) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        if isinstance(obj, Undefined):
            return self.undefined(name=str(argument))
        return self.undefined(obj=obj, name=str(argument))


class _Steps:
    """What is left of a rendering's loops."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def of(self, items: object, weight: int) -> Iterator[object]:
        """The items, each counted by the parts of the template that it goes through."""
        if isinstance(items, Undefined):
            str(items)
        if not isinstance(items, Iterable) or isinstance(items, str):
            raise TooMuch("only a list can be gone through")
        for item in items:
            self._left -= weight
            if self._left < 0:
                raise TooMuch(f"its loops go through more than {MAX_STEPS} parts")
            yield item


_ENVIRONMENT = _Environment(
    undefined=StrictUndefined,
    autoescape=False,
    keep_trailing_newline=True,
    cache_size=0,
    finalize=lambda value: "" if value is None else value,
)
_ENVIRONMENT.globals = {}
_ENVIRONMENT.filters = dict(FILTERS)
_ENVIRONMENT.tests = dict(TESTS)


def is_template(text: str) -> bool:
    """Whether there is anything in a text that is more than words."""
    return _MARK.search(text) is not None


def check(text: str) -> None:
    """Raises `TemplateBroken` for what could not be filled in, whatever the values will be."""
    if is_template(text):
        _compiled(text)


def render(text: str, variables: Variables) -> str:
    """The text with its variables filled in; raises `TemplateBroken`, whose reason repeats no value."""
    if not is_template(text):
        return text
    steps = _Steps()
    template = _compiled(text)
    pieces, characters = [], 0
    try:
        for piece in template.generate({**variables, "__each": steps.of, "range": _range}):
            characters += len(piece)
            if characters > MAX_CHARACTERS:
                raise TooMuch(f"it comes to more than {MAX_CHARACTERS} characters")
            pieces.append(piece)
    except TooMuch as error:
        raise TemplateBroken(_line(error), str(error)) from None
    except (TemplateError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        raise TemplateBroken(_line(error), _why(error)) from None
    return "".join(pieces)


@lru_cache(maxsize=200)
def _compiled(text: str) -> Template:
    try:
        tree = _ENVIRONMENT.parse(text)
        _look_at(tree)
        for loop in list(tree.find_all(nodes.For)):
            _count(loop)
        return Template.from_code(_ENVIRONMENT, _ENVIRONMENT.compile(tree), {})
    except TemplateSyntaxError as error:
        raise TemplateBroken(error.lineno, (error.message or "it cannot be read").rstrip(".")) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError):
        raise TemplateBroken(1, "it is nested too deep") from None


def _look_at(tree: nodes.Template) -> None:
    """Raises `TemplateBroken` for the first thing that is not known here."""
    found = list(_walk(tree))
    if len(found) > MAX_NODES:
        raise TemplateBroken(1, f"it has more than {MAX_NODES} parts")
    own = {node.name for node in found if isinstance(node, nodes.Name) and node.ctx != "load"}
    for node in found:
        for rule in _RULES:
            if reason := rule(node, own):
                raise TemplateBroken(node.lineno or 1, reason)


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [node]
    while waiting:
        item = waiting.pop()
        yield item
        waiting.extend(reversed(list(item.iter_child_nodes())))


def _unknown_part(node: nodes.Node, _own: set[str]) -> str | None:
    if isinstance(node, _ALLOWED) or _is_range(node):
        return None
    spoken = next((words for kind, words in _SPOKEN.items() if isinstance(node, kind)), None)
    return spoken or f"{type(node).__name__.lower()} is not known here"


def _unknown_name(node: nodes.Node, own: set[str]) -> str | None:
    if isinstance(node, nodes.Name) and node.name not in NAMES | own | {"loop", "range"}:
        return f"there is no variable {node.name!r}; there are {', '.join(sorted(NAMES))}"
    if isinstance(node, nodes.Name) and node.ctx != "load" and (node.name in NAMES or node.name.startswith("_")):
        return f"{node.name!r} cannot be set"
    return None


def _unknown_field(node: nodes.Node, own: set[str]) -> str | None:
    if not isinstance(node, nodes.Getattr) or not isinstance(node.node, nodes.Name):
        return None
    name = node.node.name
    if name in own or name not in FIELDS or node.attr in FIELDS[name]:
        return None
    return f"{name!r} has no field {node.attr!r}; it has {', '.join(sorted(FIELDS[name]))}"


def _unknown_word(node: nodes.Node, _own: set[str]) -> str | None:
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"there is no filter {node.name!r}"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"there is no test {node.name!r}"
    return None


def _growing(node: nodes.Node, _own: set[str]) -> str | None:
    if isinstance(node, nodes.For) and node.recursive:
        return "a loop cannot go into itself"
    if isinstance(node, nodes.List | nodes.Tuple) and not all(_is_plain(item) for item in node.items):
        return "a list can hold nothing but texts and numbers"
    return None


_RULES: tuple[Callable[[nodes.Node, set[str]], str | None], ...] = (
    _unknown_part,
    _unknown_name,
    _unknown_field,
    _unknown_word,
    _growing,
)


def _is_plain(item: nodes.Node) -> bool:
    """A constant; or a name that a loop gives to what it goes through."""
    return isinstance(item, nodes.Const) or (isinstance(item, nodes.Name) and item.ctx == "store")


def _is_range(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range"


def _range(*bounds: int) -> range:
    if not all(isinstance(bound, int) for bound in bounds) or len(bounds) not in (1, 2):
        raise TooMuch("range() takes one or two numbers")
    numbers = range(*bounds)
    if len(numbers) > MAX_STEPS:
        raise TooMuch(f"range() counts to no more than {MAX_STEPS}")
    return numbers


def _count(loop: nodes.For) -> None:
    weight = nodes.Const(sum(1 for _ in _walk(loop)))
    loop.iter = nodes.Call(nodes.Name("__each", "load"), [loop.iter, weight], [], None, None, lineno=loop.lineno)
    loop.set_environment(_ENVIRONMENT)


def _line(error: Exception) -> int:
    """Where in the template it happened: Jinja gives its frames the lines of the source."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == "<template>"), 1)


def _why(error: Exception) -> str:
    """What went wrong, without the values: those may be what a contact says of himself."""
    return "a value is missing" if type(error).__name__ == "UndefinedError" else f"it fails ({type(error).__name__})"
