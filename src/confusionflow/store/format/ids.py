"""Ids of runs, writers, splits and layers, from which names of folders and files are made."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from confusionflow.store.format.text import storable

_MADE_RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}|given-[0-9a-f]{16}")


def digest_of(data: bytes | memoryview) -> str:
    """A short digest of a file's bytes or of a text, 16 hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def new_run_id(now: datetime) -> str:
    """Make an id that sorts by time and that no other run has.

    Examples:
        >>> new_run_id(datetime(2026, 11, 24, 10, 15))[:16]
        '20261124T101500-'
    """
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def given_run_id(text: str) -> str:
    """Derive a run id from a text that a user chose; an existing run id stays as it is.

    Examples:
        >>> given_run_id("../../etc/passwd")
        'given-e5e710ea784151b5'
        >>> given_run_id("20261124T101500-5f3a9c1e")
        '20261124T101500-5f3a9c1e'
    """
    if _MADE_RUN_ID.fullmatch(text):
        return text
    return f"given-{digest_of(storable(text).encode())}"


def proven_given_id(text: object, run_id: str) -> str | None:
    """Return a text if the run's id was made from it; None otherwise.

    Examples:
        >>> proven_given_id("../../etc/passwd", "given-e5e710ea784151b5")
        '../../etc/passwd'
        >>> proven_given_id("another", "given-e5e710ea784151b5") is None
        True
    """
    return text if isinstance(text, str) and given_run_id(text) == run_id else None


def new_writer_id() -> str:
    """Make an id of a writer: one object in one process that writes files."""
    return secrets.token_hex(4)


def split_id(name: str) -> str:
    """The id of a split, the same for the same name in every run."""
    return digest_of(name.encode())


def layer_id(name: str) -> str:
    """The id of a layer, the same for the same name in every run."""
    return digest_of(name.encode())
