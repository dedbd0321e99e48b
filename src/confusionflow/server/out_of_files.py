"""Warn when the process can't open any more files."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from confusionflow.store.places.filesystem import EXHAUSTED

WARN_EVERY_S = 60.0


class OutOfFilesHandler:
    """Handles errors of an event loop: warns once a minute that no more files can be opened.

    After a second, the loop tries again to accept the waiting connections. It would print a trace
    for each of them, and another one if the server has ended by then.
    """

    def __init__(self) -> None:
        self._warned_s = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle an error as asyncio describes it."""
        error = context.get("exception")
        if isinstance(error, ValueError) and "_start_serving" in context["message"]:
            return  # a retry on a socket that is closed
        if not isinstance(error, OSError) or error.errno not in EXHAUSTED:
            loop.default_exception_handler(context)
        elif time.monotonic() - self._warned_s > WARN_EVERY_S:
            self._warned_s = time.monotonic()
            print(
                "No more pages can be served for now: this process has reached its limit of open "
                "files and connections. Waiting pages are served when others close. To serve "
                "more, raise the limit (ulimit -n) and restart the server.",
                file=sys.stderr,
                flush=True,
            )
