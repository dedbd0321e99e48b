"""The one shape of all answers that report an error."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from confusionflow.server.models import ErrorAnswer, ErrorText
from confusionflow.store.format.text import storable


def error_answer(
    status: int, message: str, hint: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Say what went wrong, and the next step.

    Examples:
        >>> error_answer(404, "There is no run.", "Pass another.").body
        b'{"error":{"message":"There is no run.","hint":"Pass another."}}'
    """
    body = ErrorAnswer(error=ErrorText(message=storable(message), hint=hint and storable(hint)))
    return JSONResponse(body.model_dump(), status, headers=dict(headers or {}))
