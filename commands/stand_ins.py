"""The platforms that a simulator can stand in for: how each is led to it. Light: `dev` itself imports this."""

from collections.abc import Mapping, Set

from domain.platforms import PlatformName

ADDRESSES: Mapping[PlatformName, tuple[str, str]] = {
    PlatformName.TELEGRAM: ("TELEGRAM_API_URL", "/telegram"),
    PlatformName.SLACK: ("SLACK_API_URL", "/slack/api"),
    PlatformName.WHATSAPP: ("GRAPH_API_URL", "/graph"),
    PlatformName.MESSENGER: ("GRAPH_API_URL", "/graph"),
    PlatformName.DISCORD: ("DISCORD_API_URL", "/discord/api/v10"),
}
"""The variable by which each platform's API is found, and where a simulator has it."""
SETUP_FILE = "simulator.json"
"""What a simulator is told at its start, in the data directory."""


def addresses(simulator_url: str, platforms: Set[PlatformName]) -> dict[str, str]:
    """The variables that lead these platforms to a simulator."""
    return {variable: f"{simulator_url}{path}" for name, (variable, path) in ADDRESSES.items() if name in platforms}
