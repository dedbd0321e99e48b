"""What was logged of a layer, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from confusionflow.store import Store
from confusionflow.store.features import StoredFeatures

Pairs = dict[tuple[int, int | None], np.ndarray]


@dataclass(frozen=True)
class Logged:
    """The features of one split, layer and epoch.

    Attributes:
        means: By actual and predicted class, None for all of the actual one; shape (units,).
        counts: Instances, likewise.
        pushes: Sums of the attribution by cell, shape (units,).
        pushed: How many instances these are of.
        probe: Ids of the probe.
        exemplars: Ids of the instances that activate each unit most, shape (units, 9 or fewer).
    """

    means: Pairs
    counts: dict[tuple[int, int | None], int]
    pushes: Pairs
    pushed: dict[tuple[int, int | None], int]
    probe: list[Any]
    exemplars: np.ndarray


def stored(folder: Path, split: str = "test") -> StoredFeatures:
    store = Store(folder)
    return store.run(store.run_ids()[0]).splits[split].features


def epochs(folder: Path, layer: str, split: str = "test") -> list[int]:
    features = stored(folder, split)
    return list(features.epochs(features.layers[layer])) if layer in features.layers else []


def read(folder: Path, layer: str, epoch: int, split: str = "test") -> Logged:
    features = stored(folder, split)

    def table(kind: Any) -> pa.Table | None:
        found = features.tables(features.layers[layer], kind, [epoch]).get(epoch)
        return found[0].rows if found else None

    means, units, probe = map(table, ("features-means", "features-units", "features-probe"))
    assert means is not None
    assert units is not None
    assert probe is not None
    pushes = table("features-attribution")
    names = [name for name in units.column_names if name.startswith("exemplar_")]
    return Logged(
        by_pair(means, "mean"),
        {pair: int(values[0]) for pair, values in by_pair(means, "count").items()},
        {} if pushes is None else by_pair(pushes, "sum"),
        {}
        if pushes is None
        else {pair: int(values[0]) for pair, values in by_pair(pushes, "count").items()},
        probe["instance"].to_pylist(),
        np.stack([units[name].to_numpy() for name in names], 1),
    )


def by_pair(rows: pa.Table, column: str) -> Pairs:
    found: dict[tuple[int, int | None], list[float]] = {}
    columns = (rows[name].to_pylist() for name in ("actual", "predicted", column))
    for actual, predicted, value in zip(*columns, strict=True):
        found.setdefault((actual, predicted), []).append(value)
    return {pair: np.array(values) for pair, values in found.items()}


def images(folder: Path, layer: str, epoch: int, split: str = "test") -> dict[int, Any]:
    """The synthetic images of an epoch, as arrays of bytes, by unit."""
    import io

    from PIL import Image

    features = stored(folder, split)
    found = {}
    for table in features.images(features.layers[layer], epoch):
        columns = (table.rows[name].to_pylist() for name in ("unit", "png"))
        for unit, png in zip(*columns, strict=True):
            found[unit] = np.asarray(Image.open(io.BytesIO(png)))
    return found
