"""What findings read of a run and its splits.

`LoggedRun` and `Series` are of these shapes. They offer findings, so findings cannot import them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube
from confusionflow.reading.features import Features
from confusionflow.reading.predictions import Predictions


class Run(Protocol):
    """A run, a mapping of splits by name."""

    @property
    def id(self) -> str:
        """Unique id."""
        ...

    @property
    def name(self) -> str:
        """What the run was called."""
        ...

    @property
    def state(self) -> str:
        """One of "running", "finished" and "stopped"."""
        ...

    @property
    def time_unit(self) -> str:
        """What the time axis counts."""
        ...

    @property
    def stored(self) -> Any:
        """The run as the store reads it."""
        ...

    def __getitem__(self, split: str) -> Split: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, split: object) -> bool: ...


class Split(Protocol):
    """One split of one run."""

    @property
    def id(self) -> str:
        """Id of the split."""
        ...

    @property
    def name(self) -> str:
        """Name of the split."""
        ...

    @property
    def run(self) -> Run:
        """The run that it belongs to."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of rows and columns."""
        ...

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Logged epochs in increasing order."""
        ...

    @property
    def partial(self) -> NDArray[np.bool_]:
        """Epochs of which a rank's part is missing."""
        ...

    def predictions(self) -> Predictions:
        """The predictions of every instance at every epoch."""
        ...

    def sample_groups(self, ids: NDArray[Any]) -> NDArray[Any] | None:
        """The group of each instance in the samples that were logged; None without groups."""
        ...

    def features(self, layer: str | None = None) -> Features:
        """What a layer of the model says of the instances."""
        ...

    def cube(self) -> Cube:
        """The counts without their zeros."""
        ...
