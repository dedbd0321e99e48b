"""Show an object on the last line of a notebook's cell as the page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from confusionflow.errors import MissingPackageError
from confusionflow.store.places.filesystem import FileSystem


class Shown(NamedTuple):
    """What a page shows first.

    Attributes:
        filesystem: The log directory.
        view: The view, as the fragment of a link.
    """

    filesystem: FileSystem
    view: str = ""


class Page(Protocol):
    """What its users need of the widget, `confusionflow.hosts.widget.Widget`.

    Attributes:
        view: The whole view, as the fragment of a link.
        height: Height in pixels.
        cell: Actual and predicted class of the selected cell.
        epoch: The epoch that the charts mark.
        series: The series that are shown.
        comm: The connection to the browser, None once it is closed.
    """

    view: str
    height: int
    cell: tuple[str, str] | None
    epoch: int | None
    series: list[Any]
    comm: Any

    def observe(self, handler: Callable[[Any], None], names: Any = ..., type: str = ...) -> None:  # noqa: A002
        """Call a function whenever an attribute changes."""

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """What Jupyter shows."""


_make_page: Callable[[Shown], Page] | None = None


def register_page(make: Callable[[Shown], Page]) -> None:
    """Set what makes the page of a notebook; importing `confusionflow` does so."""
    global _make_page
    _make_page = make


class InNotebook:
    """Something that a notebook shows as the page."""

    _page: Page | None = None

    @property
    def widget(self) -> Page:
        """The page in a notebook: a cell that ends in this object shows it.

        It follows what is logged, and `widget.cell`, `widget.epoch` and `widget.series` say what is
        selected on it.

        Raises:
            ConfusionFlowError: anywidget is not installed.
        """
        # One that was closed, as by ipywidgets' close_all(), can't be shown any more.
        if self._page is None or self._page.comm is None:
            assert _make_page, "importing confusionflow registers it"
            self._page = _make_page(self._shown())
        return self._page

    def _shown(self) -> Shown:
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """Show the page in Jupyter, VS Code or Colab."""
        if not _is_in_notebook():
            return {"text/plain": repr(self)}
        try:
            return self.widget._repr_mimebundle_()
        except MissingPackageError as error:
            return {"text/plain": f"{self!r}\n{error}"}

    def _display_(self) -> object:
        """Show the page in marimo."""
        try:
            return self.widget
        except MissingPackageError as error:
            return f"{self!r}\n{error}"


def _is_in_notebook() -> bool:
    """Whether there is a kernel; IPython in a terminal has none, and can't show a page."""
    if "IPython" not in sys.modules:
        return True
    shell = sys.modules["IPython"].get_ipython()
    return shell is None or hasattr(shell, "kernel")
