"""Warn of errors while a training runs, and let the training go on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning, LogWriteError


class Guard:
    """Keeps errors in logging away from a training: the first one warns and ends the logging.

    Arguments:
        name: Name of the run, for the warning.

    Attributes:
        has_stopped: Whether logging has ended.

    Examples:
        >>> guard = Guard("resnet")
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     with guard("epoch 3"):
        ...         raise ValueError("no labels")
        >>> str(caught[0].message)
        "Run 'resnet': logging stopped at epoch 3. ValueError: no labels. The training goes on."
        >>> guard.has_stopped
        True
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.has_stopped = False

    @contextmanager
    def __call__(self, where: str) -> Iterator[None]:
        """Run the code inside; if it fails, warn and stop.

        Arguments:
            where: Where the training is, for the warning: "epoch 3".

        Raises:
            LogWriteError: an epoch could not be written, and the run is strict.
        """
        try:
            yield
        except LogWriteError:
            raise
        except Exception as error:
            is_ours = isinstance(error, ConfusionFlowError)
            self.stop(where, str(error) if is_ours else f"{type(error).__name__}: {error}.")

    def stop(self, where: str, reason: str) -> None:
        """Warn that nothing is logged from now on, and why."""
        self.has_stopped = True
        warnings.warn(
            f"Run {self._name!r}: logging stopped at {where}. {reason} The training goes on.",
            ConfusionFlowWarning,
            stacklevel=5,
        )

    def stop_second_training(self, advice: str = "") -> None:
        """Warn that a second training is not logged into the run of the first.

        Arguments:
            advice: A sentence about what else can be done.
        """
        self.stop(
            "the start of a second training",
            "This callback has logged a training already, whose epochs would be overwritten. "
            f"Make a Run and a ConfusionFlow for each training. {advice}".rstrip(),
        )
