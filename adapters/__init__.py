"""Everything that speaks to the outside: one file per outside system."""
