"""Pure decisions: what a chat means and what comes next; no clock, no chance, no input or output."""
