"""The commands that do more than call one thing: each a coroutine that returns an exit code."""
