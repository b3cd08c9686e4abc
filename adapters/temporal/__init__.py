"""Temporal: client, converter, codec, hand-over and the embedded server."""
