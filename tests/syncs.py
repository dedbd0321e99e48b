"""Logs that no test cuts the power of."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def without_syncs() -> Iterator[None]:
    """Nothing that is written meanwhile has to survive a loss of power: hundreds of runs, say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
