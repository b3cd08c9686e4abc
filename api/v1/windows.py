"""What may be said at all: a platform that counts how long ago the contact wrote is not asked in vain."""

from datetime import UTC, datetime

from api.problems import invalid
from domain.platforms import PlatformName
from domain.windows import is_closed

_REMEDIES = {
    PlatformName.WHATSAPP: "takes templates only; give `template` (GET /v1/channels/{id}/templates lists them)",
    PlatformName.MESSENGER: "takes nothing; wait until the contact writes",
}


def demand_open(platform: PlatformName, heard_at: datetime | None) -> None:
    """422 where the contact wrote too long ago, or never, to be told something freely."""
    if is_closed(platform, heard_at, datetime.now(UTC)):
        detail = f"The contact has not written within the last 24 hours: {platform} {_REMEDIES[platform]}."
        raise invalid(detail, "window_closed")
