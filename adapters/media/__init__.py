"""Media: where files are kept, and how they are fetched from outside."""
