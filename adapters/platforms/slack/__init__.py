"""Slack's Events API, interactivity, slash commands and Web API (https://docs.slack.dev)."""

from adapters.platforms.slack.platform import Slack

__all__ = ["Slack"]
