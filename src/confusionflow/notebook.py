"""What notebooks do with an object that is the last line of a cell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from confusionflow.errors import MissingPackageError

if TYPE_CHECKING:
    from confusionflow.widget import Widget


class InNotebook:
    """Something that a notebook shows as the page."""

    _widget: Widget | None = None

    @property
    def widget(self) -> Widget:
        """The page for a notebook: what a cell shows that ends in this object.

        It follows what is logged, and `widget.cell`, `widget.epoch` and `widget.series` say what is
        selected on it.

        Raises:
            ConfusionFlowError: anywidget is not installed.
        """
        # One that was closed, as by ipywidgets' close_all(), can't be shown any more.
        if self._widget is None or self._widget.comm is None:
            self._widget = self._make_widget()
        return self._widget

    def _make_widget(self) -> Widget:
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """Show the page, in what takes its output from here: Jupyter, VS Code, Colab."""
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
