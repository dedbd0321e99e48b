"""The HTTP API and the page, for one log directory. docs/http-api.md describes every route."""
