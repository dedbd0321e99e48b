"""The widget's messages, as a notebook's front end gets and sends them, with a real kernel."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from tests.serving import client_of

import confusionflow as cf
from confusionflow.server.app import create_app

TIMEOUT_S = 120
FIRST = (
    "import os, sys\nfrom pathlib import Path\nfrom time import sleep\nimport confusionflow as cf\n"
)

Message = dict[str, Any]


class Kernel:
    """A kernel, and what a front end does with it."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client

    def begin(self, code: str) -> str:
        """Send a cell; returns the id that its messages have."""
        sent = self.client.execute(code)
        assert isinstance(sent, str)
        return sent

    def next(self, until_s: float) -> Message:
        """The next message; a kernel that is busy goes on to say that it lives."""
        left_s = max(0.0, until_s - time.monotonic())
        message: Message = self.client.get_iopub_msg(timeout=left_s)
        assert message["msg_type"] != "error", "\n".join(message["content"]["traceback"])
        return message

    def until_end(self, sent: str) -> list[Message]:
        """All messages until a cell, or the answer to a message, has ended."""
        messages = []
        until_s = time.monotonic() + TIMEOUT_S
        while True:
            message = self.next(until_s)
            messages.append(message)
            ended = message["content"].get("execution_state") == "idle"
            if ended and message["parent_header"].get("msg_id") == sent:
                return messages

    def run(self, code: str) -> list[Message]:
        return self.until_end(self.begin(code))

    def printed(self, code: str) -> str:
        return "".join(
            message["content"]["text"]
            for message in self.run(code)
            if message["msg_type"] == "stream"
        ).strip()

    def show(self, code: str) -> Message:
        """Run a cell that shows a widget; returns the message that opened it."""
        *_, opened = (
            message
            for message in self.run(code)
            if message["msg_type"] == "comm_open" and "_esm" in message["content"]["data"]["state"]
        )
        return opened

    def send(self, opened: Message, content: Message) -> str:
        """Send what the page in the browser sends to the widget."""
        data = {"method": "custom", "content": content}
        comm = opened["content"]["comm_id"]
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)
        sent = message["header"]["msg_id"]
        assert isinstance(sent, str)
        return sent

    def answer(self, *paths: str) -> tuple[Message, bytes]:
        """The next answer at one of the paths: what it says, and its body."""
        until_s = time.monotonic() + TIMEOUT_S
        while True:
            message = self.next(until_s)
            content = message["content"].get("data", {}).get("content", {})
            if message["msg_type"] == "comm_msg" and content.get("path") in paths:
                (body,) = message["buffers"]
                return content, gzip.decompress(body) if len(body) else b""


def said(messages: list[Message]) -> list[Message]:
    """What a widget said among the messages of a kernel."""
    return [
        message["content"]["data"]["content"]
        for message in messages
        if message["msg_type"] == "comm_msg" and "content" in message["content"]["data"]
    ]


@pytest.fixture(scope="module")
def started() -> Iterator[Kernel]:
    manager, client = start_new_kernel(
        kernel_name="python3", extra_arguments=["--HistoryManager.enabled=False"]
    )
    kernel = Kernel(client)
    kernel.run(FIRST)
    yield kernel
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(started: Kernel, tmp_path: Path) -> Iterator[Kernel]:
    """A kernel whose folder holds the logs; what was shown before is taken away afterwards."""
    started.run(f"os.chdir({str(tmp_path)!r})")
    yield started
    started.run("import ipywidgets\nipywidgets.Widget.close_all()")


@pytest.fixture
def logs(tmp_path: Path) -> cf.Logs:
    """Runs `first` and `second`, with the splits train and test."""
    for name in ("first", "second"):
        with cf.Run(tmp_path / "logs", name, classes=["ant", "bee"]) as run:
            for split in ("train", "test"):
                run.log(0, split, y_true=[0, 1, 1], y_pred=[0, 1, 0])
    return cf.open_logs(tmp_path / "logs")


def path_of(series: cf.Series) -> str:
    return f"api/runs/{series.run.id}/splits/{series.id}/series"


@pytest.mark.slow
def test_a_widget_opens_with_the_very_bytes_that_a_server_would_send(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    opened = kernel.show(f"cf.open_logs({str(tmp_path / 'logs')!r})")
    state = opened["content"]["data"]["state"]
    paths = opened["content"]["data"]["buffer_paths"]
    shown = [path_of(series) for series in logs["second"].values()]
    assert set(state["_answers"]) == {*shown, "api/runs"}
    with client_of(create_app(tmp_path / "logs")) as server:
        for (_, path, _), body in zip(paths, opened["buffers"], strict=True):
            said = server.get(path)
            assert state["_answers"][path]["version"] == said.headers["etag"]
            assert gzip.decompress(body) == said.content


def test_any_question_is_answered_as_by_a_server(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    opened = kernel.show("cf.open_logs('logs')")
    series = logs["first"]["test"]
    order = f"api/order?by=name&series={series.run.id}%2F{series.id}&first=0&last=0"
    with client_of(create_app(tmp_path / "logs")) as server:
        for path in (path_of(series), order, "api/runs/none/splits/none/series"):
            kernel.send(opened, {"ask": path})
            content, body = kernel.answer(path)
            said = server.get(path)
            assert content == {
                "path": path,
                "status": said.status_code,
                "version": said.headers.get("etag"),
            }
            assert body == said.content


def test_what_the_page_has_already_is_not_sent_again(kernel: Kernel, logs: cf.Logs) -> None:
    opened = kernel.show("cf.open_logs('logs')")
    path = path_of(logs["second"]["test"])
    has = opened["content"]["data"]["state"]["_answers"][path]["version"]
    kernel.send(opened, {"ask": path, "version": has})
    kernel.send(opened, {"ask": path, "version": '"older"'})
    assert kernel.answer(path)[0]["version"] == has
    rest = kernel.run("sleep(0.5)")
    assert [content for content in said(rest) if "path" in content] == []


def test_an_epoch_is_sent_while_the_kernel_is_busy_and_the_runs_after_it(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    kernel.show("cf.open_logs('logs')")
    busy = kernel.begin("while not Path('end').exists():\n    sleep(0.02)")
    try:
        with cf.Run(tmp_path / "logs", "third", classes=["ant", "bee"]) as run:
            run.log(3, "val", y_true=[0, 1], y_pred=[1, 1])
            path = path_of(cf.open_logs(tmp_path / "logs")["third"]["val"])
            sent: list[str] = []
            runs: list[Any] = []
            # The run is there a moment before its first epoch, and may be told of alone.
            while not (runs and runs[-1]["splits"]):
                content, body = kernel.answer(path, "api/runs")
                sent.append(content["path"])
                runs = json.loads(body)["runs"] if sent[-1] == "api/runs" else []
            assert path in sent
            assert [one["name"] for one in runs] == ["first", "second", "third"]
    finally:
        (tmp_path / "end").touch()
    kernel.until_end(busy)


def test_what_is_no_more_shown_is_given_up(kernel: Kernel, logs: cf.Logs) -> None:
    kernel.show("logs = cf.open_logs('logs')\nlogs.widget")
    kernel.begin("logs.widget.series = [logs['first']['test']]")
    gone = path_of(logs["second"]["test"])
    assert kernel.answer(gone)[0] == {"path": gone, "status": 410, "version": None}
    assert kernel.answer(path_of(logs["first"]["test"]))[0]["status"] == 200


def test_a_page_that_is_gone_is_told_nothing_until_it_is_back(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    opened = kernel.show("logs = cf.open_logs('logs')\nlogs")
    kernel.until_end(kernel.send(opened, {"shown": True}))
    kernel.until_end(kernel.send(opened, {"shown": False}))
    with cf.Run(tmp_path / "logs", "third", classes=["ant", "bee"]) as run:
        run.log(0, "val", y_true=[0, 1], y_pred=[1, 1])
        quiet = kernel.run("sleep(1.5)")  # several times what it looks after
        assert not [message for message in quiet if message["msg_type"] == "comm_msg"]
        kernel.send(opened, {"shown": True})
        assert b"third" in kernel.answer("api/runs")[1]


def test_a_kernel_that_runs_a_cell_says_that_it_lives(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    kernel.run("import confusionflow.hosts.widget as module\nmodule.ALIVE_EVERY_S = 0.1")
    kernel.show("cf.open_logs('logs')")
    busy = kernel.begin("while not Path('end').exists():\n    sleep(0.02)")
    until_s = time.monotonic() + TIMEOUT_S
    while {"alive": True} not in said([kernel.next(until_s)]):
        pass
    (tmp_path / "end").touch()
    kernel.until_end(busy)
    kernel.run("module.ALIVE_EVERY_S = 5.0")


def test_an_older_version_is_never_sent_after_a_newer_one(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    kernel.show("logs = cf.open_logs('logs')\nlogs")
    sent = kernel.run(
        "import asyncio\nimport confusionflow.hosts.widget as module\n"
        "def tell():\n"
        "    return asyncio.run_coroutine_threadsafe(logs.widget._tell(), module._loop())\n"
        "def log(epoch):\n"
        "    for split in ('train', 'test'):\n"
        "        run.log(epoch, split, y_true=[0, 1], y_pred=[0, 1])\n"
        "logs.widget._follow(False)\n"
        "run = cf.Run('logs', 'third', classes=['ant', 'bee'])\n"
        "log(0)\n"
        "module.BYTES_PER_S = 1000\n"  # a pause of a second or so between the two series
        "slow = tell()\n"
        "sleep(0.5)\n"
        "log(1)\n"
        "module.BYTES_PER_S = 4e6\n"
        "tell().result()\n"
        "slow.result()"
    )
    last = {answer["path"]: answer["version"] for answer in said(sent) if "path" in answer}
    with client_of(create_app(tmp_path / "logs")) as server:
        for series in cf.open_logs(tmp_path / "logs")["third"].values():
            assert last[path_of(series)] == server.get(path_of(series)).headers["etag"]
    kernel.run("run.close()")


def test_what_was_closed_is_shown_again(kernel: Kernel, logs: cf.Logs) -> None:
    first = kernel.show("logs = cf.open_logs('logs')\nlogs")
    kernel.run("logs.widget.close()")
    again = kernel.show("logs")
    assert again["content"]["comm_id"] != first["content"]["comm_id"]


def test_an_error_of_what_tells_the_page_is_logged_and_ends_nothing_for_good(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    opened = kernel.show("logs = cf.open_logs('logs')\nlogs")
    said = kernel.printed(
        "import logging\n"
        "logging.basicConfig(stream=sys.stdout, force=True)\n"
        "kept, logs.widget._api = logs.widget._api, None\n"
        "with cf.Run('logs', 'third', classes=['ant', 'bee']) as run:\n"
        "    run.log(0, 'val', y_true=[0, 1], y_pred=[1, 1])\n"
        "while not logs.widget._following.done():\n"
        "    sleep(0.02)\n"
        "logs.widget._api = kept"
    )
    assert "ERROR:confusionflow.hosts.widget:An error occurred in the notebook widget." in said
    assert "TypeError" in said
    kernel.send(opened, {"shown": True})
    with cf.Run(tmp_path / "logs", "fourth", classes=["ant", "bee"]) as run:
        run.log(0, "val", y_true=[0, 1], y_pred=[1, 1])
        while b"fourth" not in kernel.answer("api/runs")[1]:
            pass


def test_the_epoch_is_the_one_that_the_page_marks_within_the_range_chosen(
    kernel: Kernel, tmp_path: Path
) -> None:
    with cf.Run(tmp_path / "logs", "one", classes=["ant", "bee"]) as run:
        for epoch in range(2, 12):
            run.log(epoch, "val", y_true=[0, 1], y_pred=[0, 1])
    views = [
        "",
        "at=0",
        "at=99",
        "epochs=4-8",
        "epochs=4-8&at=3",
        "epochs=4-8&at=6",
        "epochs=50-60",
    ]
    said = kernel.printed(
        "widget = cf.open_logs('logs').widget\n"
        f"for widget.view in {views}:\n"
        "    print(widget.epoch)\n"
    )
    assert [int(epoch) for epoch in said.split()] == [11, 2, 11, 8, 4, 6, 11]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("cell = ('ant', 'be')", "No class 'be' in the series shown. Did you mean 'bee'?"),
        (
            "cell = 'ant'",
            "The cell is 'ant', a str. "
            "Pass the names of two classes, (actual, predicted), or None.",
        ),
        (
            "cell = ('ant', 'bee', 'ant')",
            "The cell is ('ant', 'bee', 'ant'), a tuple. "
            "Pass the names of two classes, (actual, predicted), or None.",
        ),
        ("epoch = -1", "The epoch is -1. Pass an integer from 0 to 2**53 - 1."),
        ("epoch = '3'", "The epoch is '3', a str. Pass an integer from 0 on."),
        (
            "series = logs['first']['test']",
            "series is Series('first' 'test', 1 epochs 0 to 0, 2 classes), a single series. "
            "Pass a list: [series].",
        ),
        (
            "series = logs['first']",
            "series is LoggedRun('first', finished, splits ['train', 'test']), a run. "
            "Pass a list: [*run.values()].",
        ),
        (
            "series = ['test']",
            'The list of series holds \'test\'. Pass a list such as [logs["adam"]["test"]].',
        ),
        ("series = 7", 'series is 7. Pass a list such as [logs["adam"]["test"]].'),
        (
            "series = [other['mine']['val']]",
            "Series('mine' 'val', 1 epochs 0 to 0, 2 classes) is in the log directory 'other', "
            "but this page shows 'logs'. Show that one with cf.open_logs(…).widget.",
        ),
    ],
)
@pytest.mark.slow
def test_python_is_told_what_cannot_be_selected(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path, code: str, said: str
) -> None:
    with cf.Run(tmp_path / "other", "mine", classes=["ant", "bee"]) as run:
        run.log(0, "val", y_true=[0, 1], y_pred=[0, 1])
    printed = kernel.printed(
        "logs, other = cf.open_logs('logs'), cf.open_logs('other')\n"
        "before = logs.widget.view\n"
        "try:\n"
        f"    logs.widget.{code}\n"
        "except cf.errors.ConfusionFlowError as error:\n"
        "    print(error)\n"
        "assert logs.widget.view == before\n"
    )
    assert printed == said


def test_what_python_sets_can_be_read_before_any_page_is_shown(
    kernel: Kernel, logs: cf.Logs
) -> None:
    said = kernel.printed(
        "logs = cf.open_logs('logs')\n"
        "widget = logs['first'].widget\n"
        "print(widget.cell, widget.epoch, [one.name for one in widget.series])\n"
        "widget.cell, widget.epoch = ('ant', 'bee'), 0\n"
        "widget.series = [logs['second']['train']]\n"
        "print(widget.cell, widget.epoch, widget.series)\n"
    )
    assert said.splitlines() == [
        "None 0 ['train', 'test']",
        "('ant', 'bee') 0 [Series('second' 'train', 1 epochs 0 to 0, 2 classes)]",
    ]


def test_what_the_page_lists_and_what_is_chosen_there_can_be_read(
    kernel: Kernel, tmp_path: Path
) -> None:
    with cf.Run(tmp_path / "logs", "one", classes=["ant", "bee"]) as run:
        for epoch in range(3):
            run.log(epoch, "val", y_true=[0, 0, 1], y_pred=[1, epoch % 2, 1], ids=["x", "y", "z"])
    said = kernel.printed(
        "widget = cf.open_logs('logs').widget\n"
        "widget.cell = ('ant', 'bee')\n"
        "found = widget.instances\n"
        "print(*found['instance'], *(f'{share:.2f}' for share in found['share']))\n"
        "widget.view += '&instance=x%2Cy'\n"
        "print(widget.chosen)\n"
    )
    assert said.splitlines() == ["x y 1.00 0.33", "['x', 'y']"]


def test_a_log_directory_that_is_gone_is_said_to_be(
    kernel: Kernel, logs: cf.Logs, tmp_path: Path
) -> None:
    kernel.run("logs = cf.open_logs('logs')")
    (tmp_path / "logs").rename(tmp_path / "elsewhere")
    opened = kernel.show("logs")
    assert opened["content"]["data"]["state"]["_answers"] == {}
    kernel.send(opened, {"ask": "api/runs"})
    content, body = kernel.answer("api/runs")
    assert content["status"] == 404
    assert json.loads(body)["error"]["message"].startswith("There is no folder 'logs'.")


def test_without_anywidget_there_is_the_plain_text_and_how_to_get_the_page(
    kernel: Kernel, logs: cf.Logs
) -> None:
    kernel.run(
        "names = ('anywidget', 'confusionflow.hosts.widget')\n"
        "kept = {name: sys.modules.pop(name, None) for name in names}\n"
        "sys.modules['anywidget'] = None"
    )
    for shown in (
        "cf.open_logs('logs')",
        "cf.Run('logs', 'mine')",
        "cf.open_logs('logs')['first']",
    ):
        (result,) = (m for m in kernel.run(shown) if m["msg_type"] == "execute_result")
        assert set(result["content"]["data"]) == {"text/plain"}
        first, hint = result["content"]["data"]["text/plain"].split("\n")
        assert first.startswith(("Logs(", "Run(", "LoggedRun("))
        assert hint == (
            "The notebook widget needs anywidget, which is not installed. Run "
            "`pip install 'confusionflow[notebook]'`, and restart the kernel."
        )
    kernel.run(
        "del sys.modules['anywidget']\n"
        "sys.modules.update({name: module for name, module in kept.items() if module})"
    )


@pytest.mark.slow
def test_a_terminal_shows_the_plain_text(tmp_path: Path, logs: cf.Logs) -> None:
    from IPython.terminal.interactiveshell import TerminalInteractiveShell

    shell = TerminalInteractiveShell.instance()
    try:
        assert shell.display_formatter
        data, _ = shell.display_formatter.format(logs)  # type: ignore[no-untyped-call]
    finally:
        TerminalInteractiveShell.clear_instance()
    assert data == {"text/plain": "Logs(['first', 'second'])"}
