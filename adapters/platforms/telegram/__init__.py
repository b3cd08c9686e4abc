"""Telegram's Bot API (https://core.telegram.org/bots/api)."""

from adapters.platforms.telegram.platform import Telegram

__all__ = ["Telegram"]
