"""Stands in for the Telegram Bot API (https://core.telegram.org/bots/api) and for the people who write to its bots."""

from simulator.telegram.platform import Telegram

__all__ = ["Telegram"]
