"""The Messenger Platform, as far as a bot that talks uses it."""

from simulator.messenger.platform import Messenger

__all__ = ["Messenger"]
