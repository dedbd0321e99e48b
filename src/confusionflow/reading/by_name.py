"""Lookup by name: runs in a log directory, splits in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

V = TypeVar("V")


class ByName(Mapping[str, V]):
    """A mapping with helpful errors instead of KeyErrors that only repeat the key."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or `default` if there is none."""
        try:
            return self[key]
        except LookupError:
            return default

    def __contains__(self, key: object) -> bool:
        return any(key == name for name in self)


def listed(names: Mapping[str, object]) -> str:
    """Names for a repr; if there are many, the first and the last."""
    shown = [repr(name) for name in names]
    if len(shown) > 8:
        shown = [*shown[:6], "…", shown[-1]]
    return f"[{', '.join(shown)}]"
