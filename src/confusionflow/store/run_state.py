"""Tell whether a run is going on, has finished, or was stopped."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any, Literal

from confusionflow.store.format.file_names import AttemptFile
from confusionflow.store.run_listing import RunListing

State = Literal["running", "finished", "stopped"]

# A run on another machine counts as stopped if its files are older than this.
SILENCE_S = 900.0


def state_of(
    members: Sequence[tuple[AttemptFile | None, dict[str, Any]]], listing: RunListing, now_s: float
) -> State:
    """The state of the attempt that these ranks and their fields belong to."""
    finished = {(f.attempt, f.rank, f.writer) for f in listing.attempts if f.kind == "finished"}
    open_ones = [
        fields
        for file, fields in members
        if file and (file.attempt, file.rank, file.writer) not in finished
    ]
    if not open_ones:
        return "finished" if members else "stopped"
    return "running" if any(_runs(fields, listing, now_s) for fields in open_ones) else "stopped"


def _runs(fields: dict[str, Any], listing: RunListing, now_s: float) -> bool:
    if fields.get("host") == socket.gethostname():
        return _is_alive(fields.get("pid"))
    return now_s - listing.newest_s < SILENCE_S


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int) or not 0 < pid < 2**31:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it exists, and belongs to another user
    return True
