"""What bots' tools call outside."""
