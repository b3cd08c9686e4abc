"""The command line and what is behind it."""
