"""Tests of the media store and of downloads."""
