"""Find a Chromium for the browser tests, or install one.

In this order: the system's, Debian's package, Playwright's own download. Prints the path, or
nothing where Playwright's own is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_browser() -> str | None:
    """Return the path of the system's Chromium or Chrome, if there is one."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (str(MAC) if MAC.exists() else None)


def _install_debian() -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
        subprocess.run([*sudo, "apt-get", *arguments], check=False, stdout=subprocess.DEVNULL)


def main() -> None:
    """Make sure that there is a browser to test with."""
    if not find_browser() and shutil.which("apt-get"):
        _install_debian()
    browser = find_browser()
    if browser:
        print(browser)
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    main()
