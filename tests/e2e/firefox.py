"""Firefox, driven by WebDriver BiDi: it speaks that by itself, so that no geckodriver is needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

NAMES = ("firefox-esr", "firefox")
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "browser.download.folderList": 2,
    "browser.download.alwaysOpenPanel": False,
}
# A busy machine starts a browser slowly.
START_S = 90
TIMEOUT_S = 90


def find_firefox() -> str | None:
    """Path of the system's Firefox, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox:
    """A Firefox with a profile of its own, and one tab.

    Arguments:
        program: Path of Firefox.
        folder: Where the profile and downloads are kept.
        preferences: What to set beside what tests need.

    Attributes:
        errors: Errors of the page's scripts so far.
        downloads: Folder of downloaded files.
    """

    def __init__(self, program: str, folder: Path, **preferences: object) -> None:
        self.errors: list[str] = []
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        profile = folder / "profile"
        profile.mkdir()
        chosen = {**PREFERENCES, "browser.download.dir": str(self.downloads), **preferences}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in chosen.items()]
        (profile / "user.js").write_text("\n".join(lines))
        self._process = subprocess.Popen(
            [
                *(program, "--headless", "--no-remote", "--profile", str(profile)),
                *("--remote-debugging-port", "0"),
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._number = 0
        self._ending = ExitStack()
        self._ending.callback(self._end)
        try:
            self._begin()
        except BaseException:
            self._ending.close()
            raise

    def _begin(self) -> None:
        self._socket = self._ending.enter_context(connect(self._address(), max_size=None))
        self.command("session.new", capabilities={})
        self.command("session.subscribe", events=["log.entryAdded"])
        tree = self.command("browsingContext.getTree")
        self._tab = tree["contexts"][0]["context"]
        self.command(
            "browsingContext.setViewport",
            context=self._tab,
            viewport={"width": 1280, "height": 720},
        )

    def _address(self) -> str:
        """The address that Firefox prints."""
        assert self._process.stderr
        ends_s = time.monotonic() + START_S
        while time.monotonic() < ends_s:
            line = self._process.stderr.readline()
            if found := re.search(r"BiDi listening on (ws://\S+)", line):
                threading.Thread(target=self._read_rest, daemon=True).start()
                return f"{found[1]}/session"
            assert line, "Firefox ended"
        raise AssertionError("Firefox does not say where it listens")

    def _read_rest(self) -> None:
        """Read what Firefox says later, which must not fill the pipe."""
        for _ in self._process.stderr or ():
            pass

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result; events that come meanwhile are kept."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=TIMEOUT_S))
            if answer.get("method") == "log.entryAdded":
                entry = answer["params"]
                if entry["level"] == "error":
                    self.errors.append(str(entry["text"]))
            elif answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, address: str) -> None:
        """Open a page in a new document, and wait until it is shown."""
        self.command("browsingContext.navigate", context=self._tab, url="about:blank")
        self.command("browsingContext.navigate", context=self._tab, url=address, wait="complete")
        self.wait("document.documentElement.dataset.state === 'ready'")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page, as JSON has it."""
        answer = self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()",
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def wait(self, condition: str) -> None:
        """Wait until an expression is true."""
        ends_s = time.monotonic() + TIMEOUT_S
        while not self.evaluate(condition):
            assert time.monotonic() < ends_s, f"never: {condition}"
            time.sleep(0.05)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse at one point of the page, move it to another, and let go."""
        moves = [
            {"type": "pointerMove", "x": round(start[0]), "y": round(start[1])},
            {"type": "pointerDown", "button": 0},
            *(
                {
                    "type": "pointerMove",
                    "x": round(start[0] + (end[0] - start[0]) * part / 4),
                    "y": round(start[1] + (end[1] - start[1]) * part / 4),
                    "duration": 20,
                }
                for part in range(1, 5)
            ),
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": moves}
        self.command("input.performActions", context=self._tab, actions=[pointer])

    def click(self, name: str, within: str = "document") -> None:
        """Click the button or link of a name."""
        box = self.evaluate(
            f"""(() => {{
                const all = [...{within}.querySelectorAll("button, a")];
                const nameOf = (one) => one.ariaLabel ?? one.textContent.trim();
                const found = all.find((one) => nameOf(one) === {json.dumps(name)});
                const {{ x, y, width, height }} = found.getBoundingClientRect();
                return [x + width / 2, y + height / 2];
            }})()"""
        )
        self.drag((box[0], box[1]), (box[0], box[1]))

    def close(self) -> None:
        """End Firefox."""
        self._ending.close()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        if self._process.stderr:
            self._process.stderr.close()
