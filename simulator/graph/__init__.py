"""What the stand-ins for Meta's platforms share: refusals, the door, and webhooks that are signed and insisted on."""
