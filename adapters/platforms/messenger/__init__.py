"""Facebook's Messenger Platform (https://developers.facebook.com/docs/messenger-platform)."""

from adapters.platforms.messenger.platform import Messenger

__all__ = ["Messenger"]
