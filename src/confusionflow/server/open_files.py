"""Raise the limit of open files, so that many pages can be served."""

from __future__ import annotations

import sys

# Enough for files, and for a thousand pages with a stream of events and a request each.
WANTED_FILES = 4096


def allow_many_viewers() -> int:
    """Raise the number of files and connections that this process may have open.

    If the system allows only few, a line on standard error says so.

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
            "be open at once. For more, raise the limit first: ulimit -Hn.",
            file=sys.stderr,
            flush=True,
        )
    return wanted
