"""A workspace's own settings."""

from domain.bots import DayLimits
from domain.models import Strict


class WorkspaceSettings(Strict):
    """What holds for all bots of a workspace together."""

    limits: DayLimits = DayLimits()
