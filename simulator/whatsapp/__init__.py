"""WhatsApp's Cloud API, as far as a bot that talks uses it."""

from simulator.whatsapp.platform import WhatsApp

__all__ = ["WhatsApp"]
