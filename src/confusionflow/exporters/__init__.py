"""Exports from a log directory: one-file reports, tables and figures."""
