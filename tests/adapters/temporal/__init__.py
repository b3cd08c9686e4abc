"""What speaks to Temporal."""
