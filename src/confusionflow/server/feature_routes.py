"""The routes of features: how much a layer changed, its points, and its units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from confusionflow.errors import EpochNotFoundError, NoFeaturesError
from confusionflow.reading.feature_points import thinned
from confusionflow.reading.features import Features
from confusionflow.reading.run import Series
from confusionflow.server.feature_answers import (
    exemplars_answer,
    history_answer,
    layer_answer,
    number,
    numbers,
    points_answer,
)
from confusionflow.server.feature_models import (
    FeatureCell,
    FeatureLayer,
    FeaturePoints,
    FeatureUnit,
    UnitRow,
    UnitTable,
)
from confusionflow.server.known_features import KnownFeatures
from confusionflow.server.known_samples import KnownSamples
from confusionflow.server.listed_instances import (
    Asked,
    AskedQuery,
    ListedInstances,
    Without,
)
from confusionflow.server.query import Last, ref_of

MOST_UNITS = 64
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


def add_feature_routes(
    router: APIRouter,
    find: Callable[[str, str], Series],
    samples: KnownSamples,
    found: ListedInstances,
    known: KnownFeatures,
) -> None:
    """Add the routes to those of the API.

    Arguments:
        router: The API's.
        find: Finds a series by the ids of its run and its split.
        samples: Says what instances look like.
        found: Finds what is listed.
        known: Keeps tables of features.
    """

    @router.get(BASE)
    def layer(run_id: RunId, split_id: SplitId, layer: Layer = None) -> FeatureLayer:
        """How much a layer changed from epoch to epoch."""
        series = find(run_id, split_id)
        try:
            return known.answer(series, layer, FeatureLayer, layer_answer)
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
                separation=numbers(features.separation(actual, predicted)),
                nearest=numbers(features.nearest(actual)),
                nearest_in_cell=numbers(features.nearest(actual, predicted)),
            )

        return known.answer(series, layer, FeatureCell, answer, actual, predicted)

    @router.get(f"{BASE}/points")
    def points(
        run_id: RunId,
        split_id: SplitId,
        layer: Layer = None,
        actual: Annotated[str | None, Query(description="Actual class of a cell's plane")] = None,
        predicted: Annotated[str | None, Query(description="Its predicted class")] = None,
        last: Last = None,
    ) -> FeaturePoints:
        """The probe's points: in the plane of a cell, or all of them if no cell is named."""
        series = find(run_id, split_id)
        cell = None if actual is None or predicted is None else (actual, predicted)

        def answer(features: Features) -> FeaturePoints:
            known_epochs = features.epochs.tolist()
            epochs = thinned([each for each in known_epochs if last is None or each <= last])
            points = features.plane(*cell, epochs) if cell else features.map(epochs)
            return points_answer(features, points)

        return known.answer(series, layer, FeaturePoints, answer, cell, last)

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
        query: AskedQuery,
        layer: Layer = None,
        most: Annotated[int, Query(ge=1, le=MOST_UNITS, description="Units at most")] = 24,
        instances: Annotated[
            int, Query(ge=0, le=50, description="How many instances of the first cell are rows")
        ] = 0,
        classes: Annotated[
            list[str] | None,
            Query(max_length=MOST_CELLS, description="Classes that have a row each"),
        ] = None,
        chosen: Annotated[
            list[str] | None,
            Query(max_length=50, description="Ids of instances that are rows instead"),
        ] = None,
        listed: Annotated[
            bool,
            Query(
                description="Whether the instances that the other parameters list are also a row"
            ),
        ] = False,
        without: Without = None,
    ) -> UnitTable:
        """Which units distinguish cells from the right ones of their class.

        The first cell decides which units come first.
        """
        series = find(run_id, split_id)
        cells = list(zip(cell[::2], cell[1::2], strict=False))
        refs = (run_id, split_id), ref_of(without) if without else None
        ids = found.of(Asked(query, refs[:1], refs[1])).ids() if listed else None
        with known.of(series, layer) as features:
            table = features.units(
                epoch,
                cells,
                most=most,
                classes=classes or (),
                instances=chosen or instances,
                listed=ids,
            )
            units = table.units.tolist()
            rows = list(zip(table.rows, table.count.tolist(), table.values, strict=True))
            histories = [
                history_answer(features, about, cells[0][0], units) for about, _, _ in rows
            ]
            exemplars = features.exemplars(epoch)
            pushed = features.attribution(epoch, *cells[0])
            pictured = {e: set(features.images(e)) for e in features.image_epochs[-8:]}
        names = {str(name) for name in exemplars.exemplars[:, units].ravel().tolist()}
        names |= {about.instance for about in table.rows if about.instance is not None}
        looks = samples.looks_of(series, sorted(names))
        return UnitTable(
            epoch=epoch,
            epochs=features.epochs.tolist(),
            units=[
                FeatureUnit(
                    unit=unit,
                    attribution=None if pushed is None else number(pushed[unit]),
                    exemplars=exemplars_answer(exemplars, unit, looks),
                    images=[e for e, pictures in pictured.items() if unit in pictures],
                )
                for unit in units
            ],
            rows=[
                UnitRow(
                    **vars(about),
                    count=count,
                    values=numbers(values),
                    history=history,
                    sample=looks.get(about.instance or ""),
                )
                for (about, count, values), history in zip(rows, histories, strict=True)
            ],
        )

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
        with known.of(series, layer) as features:
            found = features.images(epoch).get(unit)
        if found is None:
            raise EpochNotFoundError(f"Epoch {epoch} has no image of unit {unit}.")
        headers = {"Cache-Control": "no-cache"}
        return Response(found, media_type="image/png", headers=headers)
