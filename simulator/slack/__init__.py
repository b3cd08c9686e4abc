"""Stands in for Slack's Web API and for the calls that Slack makes (https://docs.slack.dev)."""

from simulator.slack.platform import Slack

__all__ = ["Slack"]
