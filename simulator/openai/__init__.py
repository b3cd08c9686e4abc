"""Stands in for an OpenAI-compatible model provider (https://platform.openai.com/docs/api-reference)."""

from simulator.openai.platform import OpenAI

__all__ = ["OpenAI"]
