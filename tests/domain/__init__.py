"""Decisions, held as pure functions."""
