"""Answers that report an error: all have one shape."""

from __future__ import annotations

import html
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from confusionflow.server.models import ErrorAnswer, ErrorText
from confusionflow.store.format.text import storable

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ConfusionFlow</title>
<h1>{message}</h1>
<p>{hint}</p>
</html>
"""


def error_response(
    status: int, message: str, hint: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Describe what went wrong, and the next step.

    Examples:
        >>> error_response(404, "There is no run.", "Pass another.").body
        b'{"error":{"message":"There is no run.","hint":"Pass another."}}'
    """
    body = ErrorAnswer(error=ErrorText(message=storable(message), hint=hint and storable(hint)))
    return JSONResponse(body.model_dump(), status, headers=dict(headers or {}))


def refusal(
    scope: Scope,
    status: int,
    message: str,
    hint: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Refuse a request: with a page for a browser, with JSON for a program."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return error_response(status, message, hint, headers)
    message, hint = html.escape(storable(message)), html.escape(storable(hint))
    page = PAGE.format(message=message, hint=hint)
    return HTMLResponse(page, status, headers={"Cache-Control": "no-store", **(headers or {})})
