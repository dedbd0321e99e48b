"""The format of a log directory (docs/format.md): names, tables, documents, limits."""
