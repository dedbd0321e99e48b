"""The page within a notebook."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import os
import threading
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from confusionflow.errors import (
    ClassesError,
    ConfusionFlowError,
    MissingPackageError,
    SelectionError,
    did_you_mean,
)
from confusionflow.hosts import link
from confusionflow.hosts.in_process import Answer, ask
from confusionflow.hosts.listed import listed_in
from confusionflow.hosts.picture import picture_of
from confusionflow.log.arguments import parse_epoch
from confusionflow.reading.frames import native
from confusionflow.reading.run import LoggedRun, Series
from confusionflow.server.app import STATIC, create_api
from confusionflow.server.live import Live
from confusionflow.server.models import FIRST_SPLITS
from confusionflow.server.routes import find_series
from confusionflow.server.series_cache import SeriesCache
from confusionflow.store import Store

try:
    import anywidget
    import traitlets
except ImportError:
    raise MissingPackageError(
        "anywidget", "notebook", "The notebook widget", ", and restart the kernel"
    ) from None

if TYPE_CHECKING:
    from confusionflow.store.places.filesystem import FileSystem

SCRIPT: Path = STATIC / "widget.js"
if not SCRIPT.is_file():
    raise ConfusionFlowError("The notebook widget was not built. Install the package again.")

LOGGER = logging.getLogger(__name__)

RUNS = "api/runs"
PASS_SERIES = 'Pass a list such as [logs["adam"]["test"]].'
# Seldom enough not to slow down a training in the same process.
POLL_S = 0.25
# A page that hears nothing for three times as long says so (client/src/source/comm.ts).
ALIVE_EVERY_S = 5.0
# Nothing tells when the browser has received what was sent, and its connection may be slow.
BYTES_PER_S = 4e6


class Widget(anywidget.AnyWidget):
    """The page of `confusionflow serve` in a notebook's cell, without a server.

    The selection can be read and set; `observe(function, "view")` calls a function when it
    changes. While a cell runs, the kernel reads nothing from the browser, so what is selected in
    the meantime is read afterwards.

    Arguments:
        log_dir: The log directory; it is only read.
        view: The view to begin with, as in `view` or as the fragment of a link.
        height: Height in pixels.
    """

    _esm = SCRIPT

    height = traitlets.Int(640, min=200, help="Height in pixels.").tag(sync=True)
    view = traitlets.Unicode(
        help="The whole view, as the fragment of a link; a report can begin with it."
    ).tag(sync=True)
    # What the page begins with, also when it is loaded again.
    _answers = traitlets.Any().tag(sync=True, to_json=lambda _, widget: widget._all_answers())

    def __init__(
        self, log_dir: str | os.PathLike[str] | FileSystem, *, view: str = "", height: int = 640
    ) -> None:
        self._store = Store(log_dir)
        self._live = Live(self._store, POLL_S)
        self._api = create_api(self._store, self._live, SeriesCache())
        self._runs: list[dict[str, Any]] = []
        self._held: dict[str, Answer] = {}
        self._looking = asyncio.Lock()
        self._views = 0
        self._following: Future[None] | None = None
        view = view.rpartition("#")[2]
        asyncio.run_coroutine_threadsafe(self._look(view), _loop()).result()
        super().__init__(view=view, height=height)
        self.on_msg(self._take)
        self._follow(True)

    def __repr__(self) -> str:
        return f"Widget({self._store.filesystem.root!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The page, and a picture of it for a notebook that is read without a kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        # A failed picture must not prevent the page from being shown.
        with contextlib.suppress(ConfusionFlowError, OSError):
            if picture := picture_of(self.series):
                data = bundle[0] if isinstance(bundle, tuple) else bundle
                if data is not None:
                    data["image/svg+xml"] = picture
        return bundle

    @property
    def series(self) -> list[Series]:
        """The series that are shown, each as it is now; assign others of the same log directory."""
        return [find_series(self._store, *ref) for ref in self._shown(self.view)]

    @series.setter
    def series(self, series: Iterable[Series]) -> None:
        series = self._check_series(series)
        shown = link.with_series(self.view, self._shown(self.view))
        self.view = link.with_series(shown, [(one.run.stored.api_id, one.id) for one in series])

    @property
    def cell(self) -> tuple[str, str] | None:
        """Actual and predicted class of the selected cell, or None; assign class names."""
        return link.read_cell(self.view)

    @cell.setter
    def cell(self, cell: tuple[str, str] | None) -> None:
        if cell is not None:
            if isinstance(cell, str) or not isinstance(cell, Sequence) or len(cell) != 2:
                raise SelectionError(
                    f"The cell is {cell!r:.60}, a {type(cell).__name__}. "
                    "Pass the names of two classes, (actual, predicted), or None."
                )
            cell = (cell[0], cell[1])
            known = dict.fromkeys(name for one in self.series for name in one.classes)
            for name in cell:
                if name not in known:
                    hint = did_you_mean(name, known)
                    raise ClassesError(f"No class {name!r} in the series shown. {hint}")
        self.view = link.with_cell(self.view, cell)

    @property
    def epoch(self) -> int | None:
        """The epoch that the charts mark, None if there is none yet; assign None for the newest."""
        epochs = [one.epochs for one in self.series if len(one.epochs)]
        if not epochs:
            return None
        # As the page does: client/src/state/session.svelte.ts.
        low, high = min(int(one[0]) for one in epochs), max(int(one[-1]) for one in epochs)
        first, last = link.read_range(self.view) or (low, high)
        if max(first, low) <= min(last, high):
            low, high = max(first, low), min(last, high)
        at = link.read_epoch(self.view)
        return high if at is None else min(high, max(low, at))

    @epoch.setter
    def epoch(self, epoch: int | None) -> None:
        self.view = link.with_epoch(self.view, None if epoch is None else parse_epoch(epoch))

    @property
    def instances(self) -> Any:
        """The instances that the page's tab lists, as a table of pandas; see `Series.instances`.

        Raises:
            NoPredictionsError: the series was logged as matrices.
            InstancesError: its instances can't be followed.
            SelectionError: the page shows no series.
        """
        found = listed_in(self.view, self.series)
        if found is None:
            raise SelectionError("The page shows no series. There are no instances to list.")
        return native(found.table(), "pandas")

    @property
    def chosen(self) -> list[str]:
        """Ids of the instances chosen on the page, as text; the last one is shown in detail."""
        return link.read_names(self.view, "instance")

    def close(self) -> None:
        """Take the page out of the notebook."""
        self._follow(False)
        super().close()

    # ---- what the page asks ------------------------------------------------------------------

    def _take(self, _: Any, message: dict[str, Any], __: Any) -> None:
        """Handle a message from the page: a request, or that the page appeared or disappeared."""
        if "ask" in message:
            _begin(self._answer(message["ask"], message.get("version")))
        elif "shown" in message:
            self._views = max(0, self._views + (1 if message["shown"] else -1))
            self._follow(self._views > 0)

    async def _answer(self, path: str, version: str | None) -> None:
        # Within the lock, or an older answer could come after a newer one.
        async with self._looking:
            answer = await ask(self._api, path, version)
            if answer.status != 304:
                self._hold(answer)
                self._say(answer)

    # ---- what the page is told ---------------------------------------------------------------

    def _follow(self, wanted: bool) -> None:
        """Start or stop sending what is new."""
        if wanted and (self._following is None or self._following.done()):
            self._following = _begin(self._tell_news())
        elif not wanted and self._following is not None:
            self._following.cancel()
            self._following = None

    async def _tell_news(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._live.watch())
            group.create_task(self._say_alive())
            async for _ in self._live.events(ending=anyio.Event()):
                await self._tell()

    async def _say_alive(self) -> None:
        while True:
            await asyncio.sleep(ALIVE_EVERY_S)
            self.send({"alive": True})

    async def _tell(self) -> None:
        """Send what changed, because the page can't ask while a cell runs."""
        for answer in await self._look(self.view):
            # While this slept, another look may have found and sent a newer one.
            if self._held.get(answer.path) is not (None if answer.version is None else answer):
                continue
            self._say(answer)
            await asyncio.sleep(len(answer.body) / BYTES_PER_S)

    async def _look(self, view: str) -> list[Answer]:
        """Find changes of runs and shown series; runs come last, as they refer to the rest."""
        async with self._looking:
            runs = await ask(self._api, RUNS, self._known(RUNS))
            if runs.status == 200:
                self._runs = json.loads(runs.text())["runs"]
            changed = []
            wanted = [f"api/runs/{run}/splits/{split}/series" for run, split in self._shown(view)]
            for path in self._held.keys() - {RUNS, *wanted}:
                del self._held[path]
                changed.append(Answer(path, 410, None, b""))
            for path in wanted:
                answer = await ask(self._api, path, self._known(path))
                if answer.status == 200:
                    changed.append(answer)
            if runs.status == 200:
                changed.append(runs)
            for answer in changed:
                self._hold(answer)
            return changed

    def _known(self, path: str) -> str | None:
        return self._held[path].version if path in self._held else None

    def _hold(self, answer: Answer) -> None:
        if answer.version is not None:
            self._held[answer.path] = answer
        else:
            self._held.pop(answer.path, None)

    def _say(self, answer: Answer) -> None:
        self.send(
            {"path": answer.path, "status": answer.status, "version": answer.version},
            buffers=[answer.body],
        )

    def _all_answers(self) -> dict[str, dict[str, Any]]:
        return {path: vars(answer) for path, answer in dict(self._held).items()}

    @traitlets.observe("view")
    def _on_view(self, change: Any) -> None:
        if self._shown(change.old) != self._shown(change.new):
            _begin(self._tell())

    def _check_series(self, series: Iterable[Series]) -> list[Series]:
        if isinstance(series, Series):
            raise SelectionError(f"series is {series!r}, a single series. Pass a list: [series].")
        if isinstance(series, LoggedRun):
            raise SelectionError(f"series is {series!r}, a run. Pass a list: [*run.values()].")
        if not isinstance(series, Iterable):
            raise SelectionError(f"series is {series!r:.60}. {PASS_SERIES}")
        series = list(series)
        root = self._store.filesystem.root
        for one in series:
            if not isinstance(one, Series):
                raise SelectionError(f"The list of series holds {one!r:.60}. {PASS_SERIES}")
            if one.run.stored.filesystem.root != root:
                raise SelectionError(
                    f"{one!r} is in the log directory {one.run.stored.filesystem.root!r}, but this "
                    f"page shows {root!r}. Show that one with cf.open_logs(…).widget."
                )
        return series

    def _shown(self, view: str) -> list[tuple[str, str]]:
        """Run and split ids of the series of a view."""
        chosen = link.read_series(view)
        if chosen is not None:
            return [(run, split) for run, split, _ in chosen]
        first = link.read_run(view)
        runs = [run for run in self._runs if run["splits"] and first in (None, run["id"])]
        return [
            (run["id"], split["id"]) for run in runs[-1:] for split in run["splits"][:FIRST_SPLITS]
        ]


def _begin(work: Coroutine[Any, Any, None]) -> Future[None]:
    """Run something in the background; nobody waits for it, so its error is logged."""
    future = asyncio.run_coroutine_threadsafe(work, _loop())
    future.add_done_callback(_log_error)
    return future


def _log_error(future: Future[None]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        LOGGER.error("An error occurred in the notebook widget.", exc_info=error)


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    """Start a loop beside the notebook's own, which stands still while a cell runs."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="confusionflow", daemon=True).start()
    return loop
