"""Keep samples of splits for all requests, and add them to answers about instances."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError, NoSamplesError
from confusionflow.reading.run import Series
from confusionflow.reading.samples import Samples, samples_of, samples_of_sets
from confusionflow.server.instance_models import (
    InstanceDetail,
    InstanceList,
    Sample,
    SampleColumn,
)
from confusionflow.server.once_per_key import OncePerKey
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.samples.read import SampleReader, find_sets

MOST_SETS = 8
# Characters of a text in a list; the answer about one instance has all of it.
MOST_CHARACTERS = 200
# A column with more distinct values than this is not offered as a list to choose from.
MOST_VALUES = 50


class KnownSamples:
    """Reads each set of samples once. Threads may share it.

    Arguments:
        filesystem: Holds the log directory.
        shown: Names of the splits whose images are served in full size.
    """

    def __init__(self, filesystem: FileSystem, shown: Sequence[str] = ()) -> None:
        self._filesystem = filesystem
        self._shown = frozenset(shown)
        self._reader = SampleReader(filesystem)
        self._kept = OncePerKey[Samples](MOST_SETS)
        self._columns = OncePerKey[list[SampleColumn]](MOST_SETS)

    def of(self, series: Series) -> Samples:
        """The samples of a series.

        Raises:
            NoSamplesError: none were logged, or the run was copied without them.
            DamagedFileError: there is more than memory should hold.
        """
        stored = series.stored
        return self._kept.get(stored.samples, lambda: samples_of(stored, self._reader))

    def readable(self, series: Series) -> Samples | None:
        """The samples of a series; None if there are none, or they can't be read."""
        try:
            return self.of(series)
        except (NoSamplesError, DamagedFileError):
            return None

    def of_content(self, content: str) -> Samples:
        """The set of samples with that digest.

        Raises:
            NoSamplesError: there is none.
        """
        named = next(iter(find_sets(self._filesystem, content)), None)
        if named is None:
            raise NoSamplesError(content, "there is no set with that digest. If it was removed,")
        sets = (named,)
        return self._kept.get(sets, lambda: samples_of_sets(content, sets, self._reader))

    def add_to_list(self, answer: InstanceList, series: Sequence[Series]) -> InstanceList:
        """Add the samples to a page of instances.

        Arguments:
            answer: The page, whose rows are of these series.
            series: The series, in the order of the answer's.
        """
        for index, (one, said) in enumerate(zip(series, answer.series, strict=True)):
            rows = [row for row in answer.rows if row.series == index]
            try:
                found = self.of(one)
            except (NoSamplesError, DamagedFileError) as error:
                said.samples_problem = str(error) if one.stored.samples else None
                continue
            if found.problems:
                first = found.problems[0]
                said.samples_problem = f"{first.file}: {first.reason}"
            said.has_images, said.has_text = found.has_images, found.has_text
            said.columns = self._columns_of(one, found)
            texts = np.array([row.instance for row in rows], object)
            for row, at in zip(rows, found.find(texts).tolist(), strict=True):
                row.sample = self._sample(one, found, at, MOST_CHARACTERS)
        return answer

    def looks_of(self, series: Series, ids: Sequence[str]) -> dict[str, Sample]:
        """Describe what some instances look like, by id; those without samples are left out."""
        found = self.readable(series)
        if found is None:
            return {}
        rows = found.find(np.array([*ids, ""], object)[:-1]).tolist()
        looks = (self._sample(series, found, row, MOST_CHARACTERS) for row in rows)
        return {name: each for name, each in zip(ids, looks, strict=True) if each}

    def add_to_detail(self, answer: InstanceDetail, series: Mapping[str, Series]) -> InstanceDetail:
        """Add the samples to an instance.

        Arguments:
            answer: The instance in several series.
            series: The series by `run_id/split_id`.
        """
        ids = np.array([answer.instance], object)
        for path in answer.paths:
            one = series[f"{path.run_id}/{path.split_id}"]
            try:
                found = self.of(one)
            except (NoSamplesError, DamagedFileError):
                continue
            path.sample = self._sample(one, found, int(found.find(ids)[0]), None)
        return answer

    def _sample(self, series: Series, found: Samples, row: int, most: int | None) -> Sample | None:
        if row < 0:
            return None
        values = found.row(row)
        instance = str(values["instance"])
        thumbnail = image = None
        if values.get("width"):
            thumbnail = (
                f"api/samples/{found.content_of(row)}/thumbnail?instance={_quoted(instance)}"
            )
        if values.get("file") and series.name in self._shown:
            image = (
                f"api/runs/{series.run.stored.api_id}/splits/{series.id}/image"
                f"?instance={_quoted(instance)}&file={values['file']}"
            )
        return Sample(
            text=_cut(values.get("text"), most),
            group=_cut(values.get("group"), most),
            values={name: _plain(values[name], most) for name in found.columns},
            width=values.get("width"),
            height=values.get("height"),
            thumbnail=thumbnail,
            image=image,
        )

    def _columns_of(self, series: Series, found: Samples) -> list[SampleColumn]:
        return self._columns.get(
            series.stored.samples,
            lambda: [_column(name, found.table[name]) for name in found.filtered],
        )


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _cut(text: str | None, most: int | None) -> str | None:
    if text is None or most is None or len(text) <= most:
        return text
    return f"{text[: most - 1]}…"


def _plain(value: Any, most: int | None) -> str | float | bool | None:
    """Convert a value to one that JSON can hold."""
    if isinstance(value, str):
        return _cut(value, most)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    # A browser can't tell larger ones apart.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    plain: str | float | bool | None = value
    return plain


def _column(name: str, column: pa.ChunkedArray) -> SampleColumn:
    import pyarrow.compute as pc  # loading it takes longer than reading a small log

    kind = column.type
    if pa.types.is_boolean(kind):
        return SampleColumn(name=name, kind="boolean")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
        values = values[np.isfinite(values)]
        ends = (float(values.min()), float(values.max())) if len(values) else (None, None)
        return SampleColumn(name=name, kind="number", least=ends[0], greatest=ends[1])
    distinct = pc.unique(column.drop_null())
    few = sorted(distinct.to_pylist()) if len(distinct) <= MOST_VALUES else None
    if few is not None and any(len(value) > MOST_CHARACTERS for value in few):
        few = None
    return SampleColumn(name=name, kind="text", choices=few)
