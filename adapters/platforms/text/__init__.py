"""From the Markdown of a model to what each platform shows: parsed once, laid out per dialect, cut into parts."""
