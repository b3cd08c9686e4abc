"""The database schema's history: one file a step, in `versions/`; `chat-orchestrator migrate` takes them all."""
