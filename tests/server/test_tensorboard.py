"""TensorBoard's tab, asked as TensorBoard asks it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from werkzeug.test import EnvironBuilder

import confusionflow as cf
from confusionflow.server import live, routes
from confusionflow.server.tensorboard import Tab


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
    deadline_s = time.monotonic() + 20
    while made[0]._clients and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert not made[0]._clients
