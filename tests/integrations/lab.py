"""A real JupyterLab, and notebooks in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from tests.serving import free_port

from confusionflow.cli.demo import train

# As in VS Code and Colab: a busy kernel reads nothing that comes from the browser.
SETTINGS = {
    "@jupyterlab/apputils-extension/kernels-settings": {"commsOverSubshells": "disabled"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}


class Lab:
    """`jupyter lab` as a process of its own, with a configuration of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.root.mkdir()
        self._logs = folder / "logs"
        train(self._logs, epochs=3)
        for plugin, settings in SETTINGS.items():
            file = folder / "settings" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings))
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._said = (folder / "lab.txt").open("w")
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                "--expose-app-in-browser",
                f"--port={port}",
                "--ServerApp.port_retries=0",
                "--IdentityProvider.token=",
                f"--ServerApp.root_dir={self.root}",
                f"--LabApp.user_settings_dir={folder / 'settings'}",
                f"--LabApp.workspaces_dir={folder / 'workspaces'}",
            ],
            stdout=self._said,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                **{
                    f"JUPYTER_{kind}_DIR": str(folder / kind)
                    for kind in ("CONFIG", "DATA", "RUNTIME")
                },
                "IPYTHONDIR": str(folder / "ipython"),
            },
        )
        while True:
            assert self._process.poll() is None, (folder / "lab.txt").read_text()
            try:
                urllib.request.urlopen(f"{self.address}/api/status").close()
                return
            except OSError:
                time.sleep(0.1)

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:  # it waits for kernels, which may take longer
            self._process.kill()
            self._process.wait()
        self._said.close()

    def write(self, name: str, *cells: str) -> Path:
        """Write a notebook beside logs of its own, and return the folder that they are in."""
        folder = self.root / name
        shutil.copytree(self._logs, folder / "logs")
        notebook = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{index}",
                    "source": source,
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                }
                for index, source in enumerate(cells)
            ],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (folder / "notebook.ipynb").write_text(json.dumps(notebook))
        return folder


class Notebook:
    """A notebook that is open in a browser."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.command("docmanager:open", path=f"{folder.name}/notebook.ipynb")
        page.wait_for_function(
            "path => jupyterapp.shell.currentWidget?.context?.path.startsWith(path)",
            arg=f"{folder.name}/",
        )
        self._session("ready")

    def close(self) -> None:
        """End its kernel; the tab stays, behind those that are opened later."""
        self._session("shutdown()")

    def _session(self, what: str) -> None:
        self.page.evaluate(
            f"async () => (await jupyterapp.shell.currentWidget.sessionContext.{what}, null)"
        )

    def command(self, name: str, **arguments: str) -> None:
        """Carry out a command of JupyterLab's menus."""
        self.page.evaluate(
            "async ([name, args]) => (await jupyterapp.commands.execute(name, args), null)",
            [name, arguments],
        )

    @property
    def cells(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")

    def begin(self, index: int) -> Locator:
        """Run a cell, and do not wait for its end."""
        cell = self.cells.nth(index)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-InputPrompt")).not_to_have_text("[ ]:")
        return cell

    def run(self, index: int) -> Locator:
        """Run a cell, and return it when it has ended."""
        cell = self.begin(index)
        expect(cell.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))
        return cell

    def said(self, index: int) -> str:
        """Run a cell, and return what it printed."""
        output = self.run(index).locator(".jp-OutputArea-output")
        return output.inner_text().strip()

    def page_of(self, index: int) -> Locator:
        """The page that a cell shows."""
        return self.cells.nth(index).locator("#app")
