"""Puts a page to play with into the docs site: the one-file report of a small real training.

mkdocs calls `on_files`, as mkdocs.yml says.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

import confusionflow as cf
from confusionflow.cli.demo import train

EPOCHS = 20


def make_report() -> str:
    """Train the demo's three configurations on scikit-learn's digits; returns their report."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        train(Path(folder) / "logs", EPOCHS)
        cf.export(cf.open_logs(Path(folder) / "logs"), path, title="ConfusionFlow: try it")
        return path.read_text(encoding="utf-8")


def on_files(files: Any, *, config: Any) -> Any:
    """Add the report beside the page docs/play.md, which shows it."""
    files.append(File.generated(config, "play/report.html", content=make_report()))
    return files
