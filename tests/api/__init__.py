"""Tests of the front door, over HTTP."""
