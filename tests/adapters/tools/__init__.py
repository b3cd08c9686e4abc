"""Tests of adapters.tools."""
