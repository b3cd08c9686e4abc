"""Stands in, over real HTTP, for the messaging platforms and a model provider; imports nothing of the project."""
