"""What may be said at all: a platform that counts how long ago the contact wrote is not asked in vain."""

from datetime import UTC, datetime

from api.problems import invalid
from domain.platforms import PlatformName
from domain.windows import is_closed

_REMEDIES = {
    PlatformName.WHATSAPP: "wait until the contact writes",
    PlatformName.MESSENGER: "wait until the contact writes",
}


def demand_open(platform: PlatformName, heard_at: datetime | None) -> None:
    """422 where the contact wrote too long ago, or never, to be told something freely."""
    if not is_closed(platform, heard_at, datetime.now(UTC)):
        return
    detail = f"The contact has not written within the last 24 hours, and {platform} takes nothing then"
    raise invalid(f"{detail}: {_REMEDIES[platform]}.", "window_closed")
