"""Find what the browser tests need of the system, or install it: Chromium, Firefox, nginx, poppler.

A Chromium is, in this order: the system's, Debian's package or Playwright's own download. Prints
its path, or nothing if Playwright's own is used.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from confusionflow.exporters.browser import find_browser

# Programs, and Debian's packages that have them; where they may be besides PATH.
PROGRAMS = {"nginx": "nginx", "pdffonts": "poppler-utils", "firefox-esr": "firefox-esr"}
# Programs that do as well.
OTHERS = {"firefox-esr": "firefox"}
FOLDERS = "/usr/sbin:/usr/local/sbin"


def _missing() -> list[str]:
    return [
        package
        for name, package in PROGRAMS.items()
        if not any(
            shutil.which(one) or shutil.which(one, path=FOLDERS)
            for one in (name, OTHERS.get(name, name))
        )
    ]


def _install_debian(packages: list[str]) -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", *packages]):
        subprocess.run([*sudo, "apt-get", *arguments], check=False, stdout=subprocess.DEVNULL)


def main() -> None:
    """Make sure that there is a browser to test with."""
    packages = [*_missing(), *([] if find_browser() else ["chromium"])]
    if packages and shutil.which("apt-get"):
        _install_debian(packages)
    browser = find_browser()
    if browser:
        print(browser)
        return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__":
    main()
