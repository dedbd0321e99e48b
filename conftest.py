"""Leaves out the examples of modules whose optional packages are not installed."""

from __future__ import annotations

import importlib
from pathlib import Path

from confusionflow.errors import MissingPackageError

ROOT = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Ignore a module that needs another package; what else can't be imported is an error."""
    if collection_path.suffix != ".py" or collection_path.name.startswith(("test_", "conftest")):
        return None  # tests say themselves what they need
    if not collection_path.is_relative_to(ROOT):
        return None
    path = collection_path.relative_to(ROOT).with_suffix("")
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts
    try:
        importlib.import_module(".".join(parts))
    except MissingPackageError:
        return True
    except ModuleNotFoundError as error:
        is_ours = (error.name or "").partition(".")[0] in ("confusionflow", "tests")
        return None if is_ours else True
    except Exception:
        return None  # if it is collected, pytest fails to import it too, and says so
    return None
