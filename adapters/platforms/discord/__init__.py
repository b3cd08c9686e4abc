"""Discord's interactions, REST API and gateway (https://discord.com/developers/docs)."""

from adapters.platforms.discord.platform import Discord

__all__ = ["Discord"]
