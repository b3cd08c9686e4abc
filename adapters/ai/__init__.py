"""AI model providers and moderation endpoints behind one contract."""
