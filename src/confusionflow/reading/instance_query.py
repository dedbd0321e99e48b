"""Find which of the instances in some cells are listed, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError, did_you_mean
from confusionflow.reading.instances import Cells, Instances, Passing
from confusionflow.reading.lasso import Lasso
from confusionflow.reading.samples import Samples

Sign = Literal[">=", "<=", "="]
Score = Literal[
    "hard",
    "forgotten",
    "last_forgotten",
    "never_learned",
    "unsteady",
    "suspicious_label",
    "outlier",
    "aum",
    "confidence_mean",
    "confidence_sd",
]
Sort = Literal["share", "instance", "first", "last"] | Score
FILTERED = ("share", "first", "last", *get_args(Score))


@dataclass(frozen=True)
class Filter:
    """A condition on a column, such as `forgotten>=2` or `source=web`.

    Attributes:
        column: "share", "first", "last", a score, or a column of samples.
        sign: ">=", "<=" or "=": the value is the least, the greatest or the only one that passes.
        value: The value.
    """

    column: str
    sign: Sign
    value: float | str

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read a filter.

        Raises:
            ArgumentError: the text is not a filter.

        Examples:
            >>> Filter.parse("forgotten>=2")
            Filter(column='forgotten', sign='>=', value=2.0)
            >>> Filter.parse("source=web")
            Filter(column='source', sign='=', value='web')
        """
        match = re.fullmatch(r"\s*([^=<>]*[^=<>\s])\s*(>=|<=|=)\s*(.*?)\s*", text, re.DOTALL)
        column, sign, value = match.groups() if match else ("", "", "")
        is_number = re.fullmatch(r"[-+]?[0-9]*\.?[0-9]+", value, re.ASCII)
        if sign == "=":
            return cls(column, "=", value)
        if sign and is_number:
            return cls(column, ">=" if sign == ">=" else "<=", float(value))
        raise ArgumentError(
            f"The filter is {text!r:.80}. Pass a column, >=, <= or =, and a number, such as "
            '"forgotten>=2"; or a column of samples and its value, such as "source=web".'
        )

    def fits(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which values pass: numbers, NaN for unknown; or texts and truth values."""
        if values.dtype == object:
            wanted = str(self.value).casefold()
            texts = (each is not None and str(each).casefold() for each in values.tolist())
            return np.fromiter((text == wanted for text in texts), bool, len(values))
        try:
            value = float(self.value)
        except ValueError:
            return np.zeros(len(values), bool)
        with np.errstate(invalid="ignore"):
            if self.sign == "=":
                return np.asarray(values == value)
            return np.asarray(values >= value if self.sign == ">=" else values <= value)


@dataclass(frozen=True)
class InstanceQuery:
    """Which instances of a series are listed, and in which order.

    Attributes:
        cells: The cells and the range of epochs.
        passing: How the instances pass through the cells.
        search: Text that the id or the sample's text contains, ignoring case; "" for all.
        where: Conditions, all of which must hold.
        lasso: A polygon on the map of a layer that they must be in; None for all.
        sort: What the rows are sorted by; undefined values come last.
        descending: Whether the greatest comes first.
    """

    cells: Cells
    passing: Passing = "ever"
    search: str = ""
    where: tuple[Filter, ...] = ()
    lasso: Lasso | None = None
    sort: Sort = "share"
    descending: bool = True

    def check(self, samples: Iterable[Samples | None] = ()) -> None:
        """Check that there are columns to filter by.

        Arguments:
            samples: What instances look like, of all series that are listed.

        Raises:
            ArgumentError: there is no such column.
        """
        known = dict.fromkeys(FILTERED)
        for one in samples:
            known |= dict.fromkeys(one.filtered if one else ())
        for condition in self.where:
            if condition.column not in known:
                raise ArgumentError(
                    f"There is no column {condition.column!r} to filter by. "
                    f"{did_you_mean(condition.column, known)}"
                )


def listed(
    found: Sequence[Instances | None],
    query: InstanceQuery,
    without: Instances | None,
    samples: Sequence[Samples | None],
    held: Sequence[frozenset[str] | None],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find which instances of some series are listed, in order.

    Arguments:
        found: The instances of the query's cells in each series; None for a series without listed
            instances.
        query: What is listed.
        without: The same cells in another series. Then only instances that the other series knows,
            but does not have in the cells, are listed.
        samples: What the instances of each series look like, for filters by columns and a search in
            texts.
        held: Ids of each series inside the lasso, as text; None if there is no lasso.

    Returns:
        The index of the series of each, and its position there, each shape (listed,).
    """
    series, positions, keys = [np.empty(0, np.intp)], [np.empty(0, np.intp)], []
    for index, (each, look, of_lasso) in enumerate(zip(found, samples, held, strict=True)):
        if each is not None:
            kept = _kept(each, query, without, look)
            if of_lasso is not None:
                ids = map(str, each.ids[kept].tolist())
                kept = kept[np.fromiter((one in of_lasso for one in ids), bool, len(kept))]
            series.append(np.full(len(kept), index))
            positions.append(kept)
            keys.append(column_of(each, query.sort)[kept])
    order = ordered(keys, descending=query.descending)
    return np.concatenate(series)[order], np.concatenate(positions)[order]


def _kept(
    found: Instances, query: InstanceQuery, without: Instances | None, samples: Samples | None
) -> NDArray[np.intp]:
    """Find the positions of the instances that are listed, shape (listed,), in their own order."""
    keeps = np.ones(len(found), bool)
    needs_rows = samples and (
        query.search or any(each.column not in FILTERED for each in query.where)
    )
    rows = samples.find(found.ids) if samples and needs_rows else np.full(len(found), -1)
    for condition in query.where:
        if condition.column in FILTERED:
            values = column_of(found, condition.column)
            keeps &= condition.fits(values)
            if condition.column == "last_forgotten":
                keeps &= values >= 0
        elif samples and condition.column in samples.filtered:
            keeps &= condition.fits(samples.values(condition.column, rows))
        else:
            keeps[:] = False
    if without is not None:
        keeps &= _among(found.ids, without.predictions.ids) & ~_among(found.ids, without.ids)
    if query.search:
        text = query.search.casefold()
        by_text = samples.with_text(text, rows) if samples else np.zeros(len(found), bool)
        for at in np.flatnonzero(keeps & ~by_text):
            keeps[at] = text in str(found.ids[at]).casefold()
    return np.flatnonzero(keeps)


def column_of(found: Instances, name: str) -> NDArray[Any]:
    """A column of the instances, by its name, shape (instances,)."""
    if name == "instance":
        return found.ids
    values: NDArray[Any] = getattr(
        found.passages if name in ("share", "first", "last") else found.scores, name
    )
    return values


def ordered(keys: Sequence[NDArray[Any]], *, descending: bool) -> NDArray[np.intp]:
    """Sort the listed instances of several series by a column; equal ones keep their order.

    Examples:
        >>> ordered([np.array([0.5, np.nan]), np.array([0.9, 0.5])], descending=True)
        array([2, 0, 3, 1])
    """
    if not keys:
        return np.empty(0, np.intp)
    if any(key.dtype == object for key in keys):
        texts = [str(each) for key in keys for each in key]
        order = sorted(range(len(texts)), key=texts.__getitem__, reverse=descending)
        return np.array(order, np.intp)
    joined = np.concatenate(keys).astype(np.float64 if keys[0].dtype.kind in "fb" else np.int64)
    return np.argsort(-joined if descending else joined, kind="stable")


def _among(ids: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which ids are among others; numbers and text are compared as text."""
    if ids.dtype != object and others.dtype != object:
        return np.isin(ids, others)
    known = set(map(str, others.tolist()))
    return np.fromiter((str(each) in known for each in ids.tolist()), bool, len(ids))
