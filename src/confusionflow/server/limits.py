"""How many viewers the system lets a server have, and what happens beyond."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from confusionflow.store.filesystem import EXHAUSTED

# Enough for a thousand pages, each with a stream of events and a request, and for files.
WANTED_FILES = 4096


def allow_many_viewers() -> int:
    """Raise the number of files and connections that this process may have open.

    Where the system allows few, standard error says so.

    Returns:
        The number.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return WANTED_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = WANTED_FILES if hard == unlimited else min(WANTED_FILES, hard)
    if soft == unlimited or soft >= wanted:
        return WANTED_FILES if soft == unlimited else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if wanted < WANTED_FILES:
        print(
            f"This system allows {wanted} open files, so about {max(1, wanted - 100)} pages can "
            "look on at once. For more, raise the limit first: ulimit -Hn.",
            file=sys.stderr,
            flush=True,
        )
    return wanted


SAY_AGAIN_S = 60.0


class FewWords:
    """Handles errors of an event loop: it says once a minute that no file is left to open.

    The loop tries to take the connections that wait again after a second, and would print a trace
    for each of them; and once more for each where the server has ended by then.
    """

    def __init__(self) -> None:
        self._said_s = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle an error as asyncio describes it."""
        error = context.get("exception")
        was_exhausted = self._said_s > float("-inf")
        if was_exhausted and str(error).startswith("Invalid file descriptor"):
            return
        if not isinstance(error, OSError) or error.errno not in EXHAUSTED:
            loop.default_exception_handler(context)
        elif time.monotonic() - self._said_s > SAY_AGAIN_S:
            self._said_s = time.monotonic()
            print(
                "No more pages can be served for now: as many files and connections are open as "
                "this process may have. Those who wait come in when others go; to let more in, "
                "raise the limit (ulimit -n) and serve again.",
                file=sys.stderr,
                flush=True,
            )
