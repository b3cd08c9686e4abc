"""Activities act: one class per verb, each with its adapters from the constructor."""
