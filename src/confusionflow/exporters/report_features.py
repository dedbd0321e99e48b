"""Collect what a one-file report holds about the layers of its series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confusionflow.errors import ClassNotFoundError, NoFeaturesError
from confusionflow.hosts import link
from confusionflow.reading.feature_points import thinned
from confusionflow.reading.features import Features
from confusionflow.server.arrow_series import SeriesPart
from confusionflow.server.feature_answers import layer_answer, points_answer
from confusionflow.server.feature_models import FeatureLayer

# For all maps of a report, because its text is read as a whole.
MOST_BYTES = 4 << 20


def held_features(
    view: str,
    parts: Sequence[SeriesPart],
    epochs: tuple[int, int] | None,
    *,
    with_points: bool,
) -> dict[str, dict[str, Any]]:
    """Collect the answers to the page's requests for features, by "run id/split id".

    Arguments:
        view: The fragment of the link that the report begins with. For each series, the report
            holds the layer that the view shows, or else the first.
        parts: The series of the report.
        epochs: First and last epoch that it holds; None for all.
        with_points: Whether to include maps, which show single instances: that of all classes and
            that of the view's cell, if there is room.

    Returns:
        `layer`: what the API says about the layer; `maps`: points by `cell`, null for all classes.
    """
    held = {}
    left = MOST_BYTES
    for part in parts:
        features = _features(part, link.read_text(view, "layer"))
        if features is None:
            continue
        kept = [
            epoch
            for epoch in features.epochs.tolist()
            if epochs is None or epochs[0] <= epoch <= epochs[1]
        ]
        maps: list[dict[str, Any]] = []
        for cell in _cells(view) if with_points and kept else []:
            try:
                points = (
                    features.plane(*cell, thinned(kept)) if cell else features.map(thinned(kept))
                )
            except ClassNotFoundError:
                continue
            answer = points_answer(features, points).model_dump(mode="json")
            size = len(answer["points"]) + len(answer["predicted"])
            if size <= left:
                left -= size
                maps.append({"cell": cell, "points": answer})
        ref = f"{part.series.run.stored.api_id}/{part.series.id}"
        layer = _within(layer_answer(features), set(kept))
        held[ref] = {"layer": layer.model_dump(mode="json"), "maps": maps}
    return held


def _features(part: SeriesPart, layer: str) -> Features | None:
    for name in dict.fromkeys([layer or None, None]):
        try:
            return Features(part.series.stored, name)
        except NoFeaturesError:
            continue
    return None


def _cells(view: str) -> list[tuple[str, str] | None]:
    """The cell of the view, if one is selected, then all classes."""
    kind, *names = link.read_selection(view)
    return [(names[0], names[1]), None] if kind == "cell" else [None]


def _within(layer: FeatureLayer, kept: set[int]) -> FeatureLayer:
    """Keep only the epochs that the report holds, and no other layer."""
    rows = [at for at, epoch in enumerate(layer.epochs) if epoch in kept]
    columns = ("epochs", "before", "last", "nearest")
    cut = {name: [getattr(layer, name)[at] for at in rows] for name in columns}
    return layer.model_copy(update={**cut, "layers": [layer.layer], "image_epochs": []})
