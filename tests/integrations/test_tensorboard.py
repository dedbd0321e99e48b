"""The page as a tab of a real TensorBoard, and the tab asked as TensorBoard asks it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

import confusionflow as cf
from confusionflow.server import live, routes

pytest.importorskip("tensorboard")

from werkzeug.test import EnvironBuilder

from confusionflow.hosts.tensorboard import Loader, Tab


@pytest.fixture
def tensorboard(tmp_path: Path) -> Iterator[str]:
    """Address of a TensorBoard on the log directory `tmp_path`."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tensorboard.main", "--logdir", str(tmp_path)),
            *("--host", "127.0.0.1", "--port", "0"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    lines = iter(process.stderr.readline, "")
    address = next(match[0] for line in lines if (match := re.search(r"http://\S+/", line)))
    yield address
    process.terminate()
    process.communicate()


def test_tensorboard_shows_the_page_and_follows_a_training(
    page: Page, tmp_path: Path, tensorboard: str
) -> None:
    with cf.Run(tmp_path, name="resnet", classes=["cat", "dog"]) as run:
        run.log(0, "test", y_true=[0, 1, 1], y_pred=[0, 1, 0])
        page.goto(f"{tensorboard}#confusionflow")
        tab = page.frame_locator("iframe").frame_locator("iframe[title=ConfusionFlow]")
        expect(tab.locator("html[data-state=ready]")).to_be_attached()
        expect(tab.get_by_text("resnet")).to_be_visible()
        expect(tab.locator("output")).to_have_text("0")
        run.log(1, "test", y_true=[0, 1, 1], y_pred=[0, 1, 1])
        expect(tab.locator("output")).to_have_text("1")
    tab.get_by_role("button", name="Numbers").click()
    expect(tab.get_by_role("button", name="Numbers")).to_have_attribute("aria-pressed", "true")


def test_the_tab_is_inactive_where_nothing_was_logged(page: Page, tensorboard: str) -> None:
    listing = f"{tensorboard}data/plugins_listing"
    assert not page.request.get(listing).json()["confusionflow"]["enabled"]


def test_the_tab_of_a_log_directory_without_a2wsgi_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = SimpleNamespace(logdir=str(tmp_path))
    assert Loader().load(context) is not None
    monkeypatch.setitem(sys.modules, "a2wsgi", None)
    assert Loader().load(context) is None
    assert Loader().load(SimpleNamespace(logdir="")) is None


def test_only_tensorboard_may_frame_the_page(page: Page, tmp_path: Path, tensorboard: str) -> None:
    answer = page.request.get(f"{tensorboard}data/plugin/confusionflow/page/index.html")
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


def test_a_tab_that_was_closed_is_told_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WSGI has no way to say that a client went: what it does not take tells."""
    monkeypatch.setattr(routes, "PING_S", 0.1)
    monkeypatch.setattr(routes, "SEND_TIMEOUT_S", 0.3)
    made: list[live.Live] = []
    begin = live.Live.__init__

    def note(self: live.Live, *arguments: object) -> None:
        begin(self, *arguments)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(live.Live, "__init__", note)
    with cf.Run(tmp_path, name="resnet", classes=["cat", "dog"]) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[0, 1])
    environ = EnvironBuilder(path="/data/plugin/confusionflow/page/api/events").get_environ()
    events = iter(Tab(str(tmp_path))._page(environ, lambda *_: None))
    while b"event: hello" not in next(events):
        pass
    assert len(made[0]._clients) == 1
    events.close()  # type: ignore[attr-defined]
    deadline_s = time.monotonic() + 90
    while made[0]._clients and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert not made[0]._clients


def test_the_tab_shows_findings_and_what_they_are_about(
    page: Page, tmp_path: Path, tensorboard: str
) -> None:
    with cf.Run(tmp_path, name="resnet", classes=["cat", "dog"]) as run:
        for epoch in range(12):
            run.log_matrix(epoch, "test", [[190, 10], [20, 180]])
            run.log_matrix(epoch, "new", [[100, 100], [20, 180]])
    page.goto(f"{tensorboard}#confusionflow")
    tab = page.frame_locator("iframe").frame_locator("iframe[title=ConfusionFlow]")
    expect(tab.locator("html[data-state=ready]")).to_be_attached()
    tab.get_by_role("tab", name="Findings").click()
    cards = tab.locator(".findings[aria-busy=false] article")
    card = cards.filter(has_text="Class cat is recognised").first
    expect(card).to_be_visible()
    expect(card.locator(".level")).to_have_text("certain")
    card.get_by_role("button", name="Show", exact=True).click()
    expect(tab.locator(".detail, section:has-text('Detail')").first).to_contain_text("cat")
