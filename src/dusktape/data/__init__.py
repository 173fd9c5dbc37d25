"""Reading music to learn from: one file per kind of source, and splits by song."""
