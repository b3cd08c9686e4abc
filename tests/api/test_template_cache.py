"""Templates kept for a minute: asked of the platform once, and no longer than that."""

from uuid import uuid4

from adapters.platforms.base import Channel, Destination, Payload, TemplatePage
from api.template_cache import KEPT_SECONDS, TemplateCache
from domain.ids import ChannelId
from domain.platforms import PlatformName
from domain.templates import Template, TemplateMessage, TemplateStatus

GOOD = Template(name="good", language="de", status=TemplateStatus.APPROVED)


class Account:
    """An account with one template, which counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def templates(
        self, channel: Channel, after: str | None = None, most: int = 50, name: str | None = None
    ) -> TemplatePage:
        self.asked += 1
        return TemplatePage(templates=(GOOD,))

    def render_template(self, message: TemplateMessage, destination: Destination) -> Payload:
        return {}


def channel() -> Channel:
    return Channel(id=ChannelId(uuid4()), platform=PlatformName.WHATSAPP)


async def test_an_answer_is_kept_for_a_minute() -> None:
    clock, account, ours = [0.0], Account(), channel()
    cache = TemplateCache(lambda: clock[0])
    for at in (0.0, KEPT_SECONDS - 1, KEPT_SECONDS, KEPT_SECONDS + 1):
        clock[0] = at
        assert await cache.find(account, ours, "good", "de") == GOOD
    assert account.asked == 2
    assert await cache.find(account, ours, "good", "en") is None


async def test_channels_are_told_apart_and_the_oldest_makes_room() -> None:
    account, first, second = Account(), channel(), channel()
    cache = TemplateCache(lambda: 0.0, most=1)
    for ours in (first, second, first):
        await cache.page(account, ours, None, 50)
    assert account.asked == 3
