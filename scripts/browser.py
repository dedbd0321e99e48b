"""Find a Chromium for the browser tests, or install one.

In this order: the system's, Debian's package, Playwright's own download. Prints the path, or
nothing where Playwright's own is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from confusionflow.exporters.browser import find_browser


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
