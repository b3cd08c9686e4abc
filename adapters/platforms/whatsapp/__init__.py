"""WhatsApp's Cloud API (https://developers.facebook.com/documentation/business-messaging/whatsapp)."""

from adapters.platforms.whatsapp.platform import WhatsApp

__all__ = ["WhatsApp"]
