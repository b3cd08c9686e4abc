"""Stands in for a service that tools of bots call."""

from simulator.tools.platform import Tools

__all__ = ["Tools"]
