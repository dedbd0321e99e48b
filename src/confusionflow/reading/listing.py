"""Which of the instances in some cells are listed, and in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError, did_you_mean
from confusionflow.reading.instances import Cells, Instances, Passing

Sign = Literal[">=", "<="]
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
    """A condition on a column of numbers, such as `forgotten>=2`.

    Attributes:
        column: "share", "first", "last" or a score.
        sign: Whether the value is the least or the greatest that passes.
        value: The value.
    """

    column: str
    sign: Sign
    value: float

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read a filter.

        Raises:
            ArgumentError: the text is no filter, or there is no such column.

        Examples:
            >>> Filter.parse("forgotten>=2")
            Filter(column='forgotten', sign='>=', value=2.0)
        """
        match = re.fullmatch(r"\s*(\w+)\s*(>=|<=)\s*([-+]?[0-9]*\.?[0-9]+)\s*", text, re.ASCII)
        if not match:
            raise ArgumentError(
                f"The filter is {text!r:.80}. Pass a column, >= or <=, and a number, such as "
                '"forgotten>=2".'
            )
        column, sign, value = match.groups()
        if column not in FILTERED:
            raise ArgumentError(
                f"There is no column {column!r} to filter by. {did_you_mean(column, FILTERED)}"
            )
        return cls(column, ">=" if sign == ">=" else "<=", float(value))


@dataclass(frozen=True)
class Listing:
    """What of a series is listed.

    Attributes:
        cells: The cells and the range of epochs.
        passing: How the instances pass through the cells.
        search: Text that the id has, whatever its case; "" for all.
        where: Conditions that all hold.
        sort: What the rows are sorted by; what is undefined comes last.
        descending: Whether the greatest comes first.
    """

    cells: Cells
    passing: Passing = "ever"
    search: str = ""
    where: tuple[Filter, ...] = ()
    sort: Sort = "share"
    descending: bool = True


def kept(found: Instances, listing: Listing, without: Instances | None = None) -> NDArray[np.intp]:
    """Find which of the instances are listed, shape (listed,), as they come.

    Arguments:
        found: The instances of the listing's cells.
        listing: What is listed.
        without: Those of the same cells in another series. Only instances that the other series
            knows, but does not have in the cells, are listed then.
    """
    keeps = np.ones(len(found), bool)
    for condition in listing.where:
        values = column_of(found, condition.column)
        with np.errstate(invalid="ignore"):
            keeps &= (
                values >= condition.value if condition.sign == ">=" else values <= condition.value
            )
        if condition.column == "last_forgotten":
            keeps &= values >= 0
    if without is not None:
        keeps &= _among(found.ids, without.predictions.ids) & ~_among(found.ids, without.ids)
    if listing.search:
        text = listing.search.casefold()
        for at in np.flatnonzero(keeps):
            keeps[at] = text in str(found.ids[at]).casefold()
    return np.flatnonzero(keeps)


def places(
    found: Instances, listing: Listing, without: Instances | None = None
) -> NDArray[np.intp]:
    """Find what is listed of one series, in order, shape (listed,); arguments as of `kept`."""
    unsorted = kept(found, listing, without)
    keys = [column_of(found, listing.sort)[unsorted]]
    return unsorted[ordered(keys, descending=listing.descending)]


def column_of(found: Instances, name: str) -> NDArray[Any]:
    """A column of the instances, by its name, shape (instances,)."""
    if name == "instance":
        return found.ids
    values: NDArray[Any] = getattr(
        found.passages if name in ("share", "first", "last") else found.scores, name
    )
    return values


def ordered(keys: Sequence[NDArray[Any]], *, descending: bool) -> NDArray[np.intp]:
    """Sort what several series list by a column of each; equal ones stay as they come.

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
    """Which ids are among others; numbers and text are compared as text."""
    if ids.dtype != object and others.dtype != object:
        return np.isin(ids, others)
    known = set(map(str, others.tolist()))
    return np.fromiter((str(each) in known for each in ids.tolist()), bool, len(ids))
