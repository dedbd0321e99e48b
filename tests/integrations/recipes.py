"""Runs the recipes of docs/trackers.md as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "trackers.md"
# Nobody listens there, so that whoever asks the network fails.
NOWHERE = "http://127.0.0.1:9"


def code_of(*headings: str) -> str:
    """The code below some headings of the page, as it stands there."""
    sections = re.split(r"^#+ (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = dict(zip(sections[1::2], sections[2::2], strict=True))
    blocks = [
        block
        for heading in headings
        for block in re.findall(r"^```python\n(.*?)^```$", text[heading], re.DOTALL | re.MULTILINE)
    ]
    assert len(blocks) == len(headings)
    return "\n".join(blocks)


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's, no network, and all stores in a folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW_", "WANDB_", "TRACKIO_"))
    }
    return kept | {
        "HOME": str(folder),
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1,localhost",
        "TRACKIO_DIR": str(folder / "trackio"),
        "WANDB_MODE": "offline",
    }


def run_code(folder: Path, *headings: str) -> None:
    """Run the code below some headings, as a script of a user's in that folder."""
    done = subprocess.run(
        [sys.executable, "-c", code_of(*headings)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
