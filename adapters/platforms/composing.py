"""Composing a reply: its words, files and buttons as the parts that the platform is sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.errors import NotPermitted
from adapters.platforms.base import Destination, Payload, Platform, templating
from domain.buttons import Button, numbered
from domain.media import File
from domain.templates import TemplateMessage


@dataclass(frozen=True)
class Composed:
    """The parts in order; `is_numbered` when the buttons became a list whose numbers are answers."""

    payloads: tuple[Payload, ...]
    is_numbered: bool = False


def compose(
    platform: Platform, text: str, files: Sequence[File], buttons: Sequence[Button], destination: Destination
) -> Composed:
    """All parts: the words before the files, or behind them where buttons have to stand at the very end."""
    attached = tuple(part for file in files for part in platform.render_file(file, destination))
    said = platform.render(text, destination)
    if not buttons:
        return Composed((*said, *attached))
    offered = platform.offered(said[-1], buttons) if said else None
    if offered is not None:
        return Composed((*attached, *said[:-1], offered))
    return Composed((*attached, *platform.render(numbered(text, buttons), destination)), is_numbered=True)


def compose_template(platform: Platform, template: TemplateMessage, destination: Destination) -> Composed:
    """The one part that is a template; raises `NotPermitted` where the platform has none."""
    able = templating(platform)
    if able is None:
        raise NotPermitted(f"{platform.name} has no templates")
    return Composed((able.render_template(template, destination),))
