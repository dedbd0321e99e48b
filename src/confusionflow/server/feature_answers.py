"""Describe features for the API."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.reading.feature_points import Points
from confusionflow.reading.feature_tables import Units
from confusionflow.reading.features import Features
from confusionflow.reading.unit_rows import About
from confusionflow.server.feature_models import FeatureLayer, FeaturePoints, UnitExemplar
from confusionflow.server.instance_models import Sample


def layer_answer(features: Features) -> FeatureLayer:
    """How much the layer changed."""
    change = features.change()
    nearest = features.nearest()[np.isin(features.epochs, change.epochs)]
    return FeatureLayer(
        reason=None,
        version=features.version,
        layers=list(features.layers),
        layer=features.layer,
        epochs=change.epochs.tolist(),
        before=numbers(change.before),
        last=numbers(change.last),
        nearest=numbers(nearest),
        image_epochs=list(features.image_epochs),
    )


def points_answer(features: Features, found: Points) -> FeaturePoints:
    """Points of the layer, packed."""
    scale = float(np.nanmax(np.abs(found.points), initial=0.0)) / 32_000 or 1.0
    packed = np.nan_to_num(found.points / scale).round().astype("<i2")
    return FeaturePoints(
        classes=list(features.classes),
        epochs=found.epochs.tolist(),
        ids=[str(each) for each in found.ids.tolist()],
        actual=found.actual.tolist(),
        predicted=_text(found.predicted.astype("<i2")),
        points=_text(packed),
        scale=scale,
        explained=[(number(x), number(y)) for x, y in found.explained],
        rest=numbers(found.rest),
        step=numbers(found.step),
    )


def exemplars_answer(found: Units, unit: int, looks: Mapping[str, Sample]) -> list[UnitExemplar]:
    """Describe the instances that activate a unit most."""
    each = zip(found.exemplars[:, unit], found.activations[:, unit], strict=True)
    return [
        UnitExemplar(instance=str(name), activation=float(activation), sample=looks.get(str(name)))
        for name, activation in each
    ]


def history_answer(
    features: Features, about: About, of: str, units: list[int]
) -> list[list[float | None]] | None:
    """Return a row's values by unit and epoch; None for instances, whose means are not kept."""
    if about.kind == "cell":
        found = features.units_over_time(about.actual or "", about.predicted, units)
    elif about.kind == "class":
        found = features.units_over_time(about.actual or "", None, units, of=of)
    else:
        return None
    return [numbers(column) for column in found.T]


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def number(value: Any) -> float | None:
    """Return a number for JSON: None for NaN and infinity."""
    number = float(value)
    return number if math.isfinite(number) else None


def numbers(values: Iterable[Any]) -> list[float | None]:
    """Return numbers for JSON; see `number`."""
    return [number(value) for value in values]
