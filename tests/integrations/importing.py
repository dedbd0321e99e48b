"""Imports with the command, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def take_in(folder: Path, *arguments: str, **environment: str) -> str:
    """Run `confusionflow import … --into logs` in a folder; returns what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "confusionflow", "import", *arguments, "--into", "logs"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
