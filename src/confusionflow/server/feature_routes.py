"""The routes of features: how much a layer changed, its points, and its units."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Response
from numpy.typing import NDArray

from confusionflow.errors import EpochNotFoundError, NoFeaturesError
from confusionflow.reading.feature_points import Points
from confusionflow.reading.features import Features
from confusionflow.reading.run import Series
from confusionflow.server.feature_models import (
    FeatureCell,
    FeatureLayer,
    FeaturePoints,
    FeatureUnit,
    UnitExemplar,
    UnitRow,
    UnitTable,
)
from confusionflow.server.known_features import KnownFeatures

# Epochs whose points are sent; of more, as many that are spread evenly.
MOST_EPOCHS = 256
MOST_UNITS = 64
MOST_LISTED = 2000
MOST_CELLS = 12
BASE = "/runs/{run_id}/splits/{split_id}/features"
PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}

RunId = Annotated[str, Path(description="Id of the run")]
SplitId = Annotated[str, Path(description="Id of the split")]
Layer = Annotated[
    str | None, Query(max_length=1000, description="Name of the layer; the first if left out")
]
Actual = Annotated[str, Query(max_length=10_000, description="Actual class")]
Predicted = Annotated[str, Query(max_length=10_000, description="Predicted class")]
EpochOf = Annotated[int, Query(ge=0, le=2**53, description="The epoch")]


def add_feature_routes(router: APIRouter, find: Callable[[str, str], Series]) -> None:
    """Add the routes to those of the API.

    Arguments:
        router: The API's.
        find: Finds a series by the ids of its run and its split.
    """
    known = KnownFeatures()

    @router.get(BASE)
    def layer(run_id: RunId, split_id: SplitId, layer: Layer = None) -> FeatureLayer:
        """How much a layer changed from epoch to epoch."""
        series = find(run_id, split_id)
        try:
            return known.answer(series, layer, FeatureLayer, _layer)
        except NoFeaturesError as error:
            if layer is not None and series.stored.features.layers:
                raise
            return FeatureLayer(
                reason=str(error),
                version="",
                layers=[],
                layer="",
                epochs=[],
                before=[],
                last=[],
                nearest=[],
                image_epochs=[],
            )

    @router.get(f"{BASE}/cell")
    def cell(
        run_id: RunId, split_id: SplitId, actual: Actual, predicted: Predicted, layer: Layer = None
    ) -> FeatureCell:
        """How far the two classes of a cell lie apart, by epoch."""
        series = find(run_id, split_id)

        def answer(features: Features) -> FeatureCell:
            return FeatureCell(
                epochs=features.epochs.tolist(),
                separation=_numbers(features.separation(actual, predicted)),
                nearest=_numbers(features.nearest(actual)),
                nearest_in_cell=_numbers(features.nearest(actual, predicted)),
            )

        return known.answer(series, layer, FeatureCell, answer, actual, predicted)

    @router.get(f"{BASE}/points")
    def points(
        run_id: RunId,
        split_id: SplitId,
        layer: Layer = None,
        actual: Annotated[str | None, Query(description="Actual class of a cell's plane")] = None,
        predicted: Annotated[str | None, Query(description="Its predicted class")] = None,
    ) -> FeaturePoints:
        """The probe's points: in the plane of a cell, or all of them where none is named."""
        series = find(run_id, split_id)
        cell = None if actual is None or predicted is None else (actual, predicted)

        def answer(features: Features) -> FeaturePoints:
            epochs = _some(features.epochs.tolist())
            points = features.plane(*cell, epochs) if cell else features.map(epochs)
            return _points(features, points)

        return known.answer(series, layer, FeaturePoints, answer, cell)

    @router.get(f"{BASE}/units")
    def units(
        run_id: RunId,
        split_id: SplitId,
        epoch: EpochOf,
        cell: Annotated[
            list[str],
            Query(
                min_length=2,
                max_length=2 * MOST_CELLS,
                description="Actual and predicted class of each cell, one after the other",
            ),
        ],
        layer: Layer = None,
        most: Annotated[int, Query(ge=1, le=MOST_UNITS, description="Units at most")] = 24,
        instances: Annotated[int, Query(ge=0, le=50, description="Instances as rows")] = 0,
        listed: Annotated[
            list[str] | None,
            Query(max_length=MOST_LISTED, description="Ids of instances that are one row"),
        ] = None,
    ) -> UnitTable:
        """Which units tell cells from the right ones of their class, the first cell's first."""
        series = find(run_id, split_id)
        cells = list(zip(cell[::2], cell[1::2], strict=False))
        with known.lock:
            features = known.of(series, layer)
            table = features.units(epoch, cells, most=most, instances=instances, listed=listed)
            chosen = table.units.tolist()
            history = features.units_over_time(*cells[0], chosen)
            exemplars = features.exemplars(epoch)
            pushed = features.attribution(epoch, *cells[0])
            pictured = {e: set(features.images(e)) for e in features.image_epochs[-8:]}
        named = [
            FeatureUnit(
                unit=unit,
                history=_numbers(history[:, at]),
                attribution=None if pushed is None else _number(pushed[unit]),
                exemplars=[
                    UnitExemplar(instance=str(name), activation=float(value))
                    for name, value in zip(
                        exemplars.exemplars[:, unit], exemplars.activations[:, unit], strict=True
                    )
                ],
                images=[e for e, pictures in pictured.items() if unit in pictures],
            )
            for at, unit in enumerate(chosen)
        ]
        rows = [
            _row(row, int(count), values)
            for row, count, values in zip(table.rows, table.count, table.values, strict=True)
        ]
        return UnitTable(epoch=epoch, epochs=features.epochs.tolist(), units=named, rows=rows)

    @router.get(f"{BASE}/image", response_class=Response, responses=PNG)
    def image(
        run_id: RunId,
        split_id: SplitId,
        epoch: EpochOf,
        unit: Annotated[int, Query(ge=0, le=2**31, description="Index of the unit")],
        layer: Layer = None,
    ) -> Response:
        """A synthetic image of a unit."""
        series = find(run_id, split_id)
        with known.lock:
            features = known.of(series, layer)
            found = features.images(epoch).get(unit)
        if found is None:
            raise EpochNotFoundError(f"Epoch {epoch} has no image of unit {unit}.")
        headers = {"Cache-Control": "no-cache"}
        return Response(found, media_type="image/png", headers=headers)


def _layer(features: Features) -> FeatureLayer:
    change = features.change()
    nearest = features.nearest()[np.isin(features.epochs, change.epochs)]
    return FeatureLayer(
        reason=None,
        version=features.version,
        layers=list(features.layers),
        layer=features.layer,
        epochs=change.epochs.tolist(),
        before=_numbers(change.before),
        last=_numbers(change.last),
        nearest=_numbers(nearest),
        image_epochs=list(features.image_epochs),
    )


def _points(features: Features, found: Points) -> FeaturePoints:
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
        explained=[(_number(x), _number(y)) for x, y in found.explained],
        rest=_numbers(found.rest),
        step=_numbers(found.step),
    )


def _row(row: tuple[str, str] | str, count: int, values: NDArray[np.floating]) -> UnitRow:
    is_cell = isinstance(row, tuple)
    is_listed = row == "listed"
    return UnitRow(
        kind="cell" if is_cell else "listed" if is_listed else "instance",
        actual=row[0] if is_cell else None,
        predicted=row[1] if is_cell else None,
        instance=None if is_cell or is_listed else str(row),
        count=count,
        values=_numbers(values),
    )


def _some(epochs: list[int]) -> list[int]:
    """All epochs, or as many as are sent, the first and the last among them."""
    if len(epochs) <= MOST_EPOCHS:
        return epochs
    places = np.linspace(0, len(epochs) - 1, MOST_EPOCHS).round().astype(int)
    return [epochs[place] for place in places.tolist()]


def _text(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _numbers(values: Iterable[Any]) -> list[float | None]:
    return [_number(value) for value in values]
