"""Out of a log directory: one-file reports, tables."""
