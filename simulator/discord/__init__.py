"""Stands in for Discord: its REST API, its gateway and the interactions that it posts (discord.com/developers)."""

from simulator.discord.platform import Discord

__all__ = ["Discord"]
