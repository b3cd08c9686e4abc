"""Time zones by their names (IANA): whether there is one, and what its clocks show."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def is_zone(name: str) -> bool:
    """Whether this machine knows a time zone of this name."""
    return _zone(name) is not None


def local(now: datetime, name: str) -> tuple[datetime, str]:
    """The time as a zone's clocks show it, and the zone; UTC where the machine does not know it any more."""
    zone = _zone(name)
    return (now.astimezone(zone), name) if zone is not None else (now.astimezone(UTC), "UTC")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
