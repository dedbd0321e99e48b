"""What several routes take from a query: epochs, and references to series."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

LAST_EPOCH = 2**53  # browsers can't tell larger numbers apart

First = Annotated[
    int | None, Query(ge=0, le=LAST_EPOCH, description="First epoch; all from the start")
]
Last = Annotated[
    int | None, Query(ge=0, le=LAST_EPOCH, description="Last epoch, included; default: the end")
]


def epochs_of(first: int | None, last: int | None) -> tuple[int, int] | None:
    """Make a range of epochs, with open ends filled in; None if both are open."""
    if first is None and last is None:
        return None
    return first or 0, LAST_EPOCH if last is None else last


def ref_of(text: str) -> tuple[str, str]:
    """Split `run_id/split_id` into both ids.

    Examples:
        >>> ref_of("20261124T101500-ab12/0f3c")
        ('20261124T101500-ab12', '0f3c')
    """
    run_id, _, split_id = text.partition("/")
    return run_id, split_id
