"""Templates: what the platform has approved to be said at any time, listed, and checked before one is sent."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from structlog.stdlib import get_logger

from adapters.errors import OutsideError
from adapters.platforms.base import templating
from api.pages import Cursor, Limit, Listed, read, write
from api.problems import invalid
from api.resources import Resources, Using
from api.security import Viewer
from api.v1.objects import Shown
from api.v1.platform_calls import opened, told
from api.v1.problem_answers import BAD_GATEWAY
from api.v1.routing import Route
from domain import templates
from domain.ids import WorkspaceId
from domain.templates import TemplateMessage, TemplateStatus, mismatch, written

router = APIRouter(route_class=Route, tags=["channels"], responses=BAD_GATEWAY)

_MOST = 100
"""What the platform gives at once."""
_CHECK_SECONDS = 5.0

_Name = Annotated[str | None, Query(max_length=512, description="Only those with this in their name.")]


class Template(Shown):
    """A template as the platform keeps it."""

    name: str = Field(examples=["answer_waits"])
    language: str = Field(examples=["en_US"])
    status: TemplateStatus = Field(description="Only an `approved` one can be sent.")
    category: str | None = Field(examples=["utility"])
    header: str | None
    header_kind: str | None = Field(description="`text`, or `media`, which cannot be sent from here.")
    body: str = Field(examples=["Hello {{1}}, we have an answer for you."])
    footer: str | None
    buttons: tuple[str, ...]
    parameters: tuple[str, ...] = Field(description="What `parameters` have to fill, by name or in this order.")
    header_parameters: tuple[str, ...] = Field(description="What `header` has to fill.")
    button_parameters: tuple[int, ...] = Field(description="Which `buttons` need the end of an address.")


@router.get("/channels/{channel_id}/templates", summary="List a channel's templates")
async def read_all(
    channel_id: UUID, who: Viewer, using: Using, name: _Name = None, limit: Limit = 50, cursor: Cursor = None
) -> Listed[Template]:
    """Asks the platform, at most once a minute; its order, and at most 100 at once. None where it has no such thing."""
    after = _after(cursor)
    access, platform = await opened(using, who.workspace_id, channel_id)
    able = templating(platform)
    if able is None:
        return Listed(items=[], next_cursor=None)
    async with told():
        page = await using.templates.page(able, access.channel, after, min(limit, _MOST), name or None)
    more = write("templates", page.after) if page.after else None
    return Listed(items=[_shown(item) for item in page.templates], next_cursor=more)


async def checked(using: Resources, workspace_id: WorkspaceId, channel_id: UUID, message: TemplateMessage) -> str:
    """What the contact will read; 422 for a template that the platform would refuse.

    Where the platform cannot say now which templates there are, it will be asked by sending.
    """
    access, platform = await opened(using, workspace_id, channel_id)
    able = templating(platform)
    if able is None:
        raise invalid(f"template: {platform.name} has no templates; say it in a text.", "no_templates")
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            found = await using.templates.find(able, access.channel, message.name, message.language)
    except (OutsideError, TimeoutError) as error:
        get_logger(__name__).info("template_not_checked", reason=getattr(error, "reason", "timeout"))
        return written(None, message)
    return _fitting(found, message)


def _fitting(found: templates.Template | None, message: TemplateMessage) -> str:
    if found is None:
        detail = f"template: there is none named {message.name!r} in {message.language!r}"
        raise invalid(f"{detail}; GET /v1/channels/{{id}}/templates lists what there is.", "template_unknown")
    wrong = mismatch(found, message)
    if wrong is not None:
        code, remedy = wrong
        raise invalid(f"template: {remedy}.", code)
    return written(found, message)


def _after(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    keys = read("templates", cursor)
    if len(keys) != 1:
        raise invalid("cursor: it is no cursor of a list of templates.", "bad_cursor")
    return str(keys[0])


def _shown(item: templates.Template) -> Template:
    return Template.of(
        {
            **item.model_dump(),
            "parameters": item.places,
            "header_parameters": item.header_places,
            "button_parameters": item.url_buttons,
        }
    )
