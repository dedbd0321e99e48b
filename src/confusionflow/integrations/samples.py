"""Log what the evaluated instances look like, from the data set that holds them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError, ConfusionFlowWarning
from confusionflow.log import Run

# What `samples=` may be: whether to show what is evaluated, or for each split what to show.
SamplesOf = bool | Mapping[str, Any]

# Names of images and texts in data sets.
IMAGES = ("image", "images", "img", "pixel_values")
TEXTS = ("text", "sentence", "content", "question", "premise", "review", "document")


class SplitSamples:
    """Logs the samples of each split once. If that fails, it warns, and logging continues.

    Arguments:
        run: Where to log.
        samples: True for what is evaluated; or by split a data set, an array of images, a list of
            texts, or a dict of arguments of `Run.log_samples`, in which "data" may be one of these.
        careful: Makes a context in which data sets are read, such as one that keeps random numbers.

    Raises:
        ArgumentError: `samples` is something else.
    """

    def __init__(
        self,
        run: Run,
        samples: SamplesOf,
        careful: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        if not isinstance(samples, (bool, Mapping)):
            raise ArgumentError(
                f"samples is a {type(samples).__name__}. Pass True for what is evaluated, or a "
                'data set for each split: {"test": test_set}.'
            )
        self._run = run
        self._samples = samples
        self._careful = careful
        self._logged: set[str] = set()

    def log(
        self,
        split: str,
        evaluated: Any = None,
        *,
        count: int | None = None,
        kept: NDArray[np.intp] | None = None,
    ) -> None:
        """Log the samples of a split, if that was asked for and has not been done.

        Arguments:
            split: Name of the split.
            evaluated: The data that is evaluated; None if it is not known.
            count: How many instances these are; None if that is not known.
            kept: The positions of the evaluated instances, if only some of the split are evaluated
                and their positions among these identify them.
        """
        if self._samples is False or split in self._logged or self._run.rank != 0:
            return
        self._logged.add(split)
        given = evaluated if self._samples is True else dict(self._samples).get(split)
        if given is None:
            if self._samples is True:
                self._warn(split, 'pass the data set of the split: samples={"test": test_set}')
            return
        try:
            with self._careful():
                arguments = sample_arguments(given)
                if kept is not None and self._samples is not True:
                    arguments = {name: chosen(each, kept) for name, each in arguments.items()}
                sizes = {len(each) for each in values_of(arguments) if hasattr(each, "__len__")}
                if "ids" not in arguments and count is not None and sizes - {count}:
                    raise ArgumentError(
                        f"{min(sizes):,} samples and {count:,} instances do not match. "
                        "Pass ids= with the samples, or the data set that is evaluated"
                    )
                self._run.log_samples(split, **arguments)
        except Exception as error:
            self._warn(split, str(error))

    def _warn(self, split: str, reason: str) -> None:
        warnings.warn(
            f"Run {self._run.name!r}: what instances of split {split!r} look like is not logged: "
            f"{reason.rstrip('.')}. The training goes on.",
            ConfusionFlowWarning,
            stacklevel=3,
        )


def sample_arguments(data: Any) -> dict[str, Any]:
    """Make the arguments of `Run.log_samples` for a data set.

    Arguments:
        data: A data set of PyTorch, Keras or Hugging Face, an array of images, a list of texts, a
            data frame; or a dict of arguments of `Run.log_samples`, in which "data" may be one.

    Raises:
        ArgumentError: it has nothing to show.

    Examples:
        >>> sample_arguments(["It purrs.", "It barks."])
        {'text': ['It purrs.', 'It barks.']}
        >>> sample_arguments([("It purrs.", 0), ("It barks.", 1)])
        {'text': ['It purrs.', 'It barks.']}
        >>> sample_arguments({"data": ["It purrs."], "group": ["tom"]})
        {'text': ['It purrs.'], 'group': ['tom']}
    """
    if isinstance(data, Mapping):
        given = dict(data)
        if "data" in given:
            return sample_arguments(given.pop("data")) | given
        return given
    if hasattr(data, "column_names") and hasattr(data, "features"):
        return _of_columns(data)
    if hasattr(data, "iloc") and hasattr(data, "columns"):
        return {"columns": data}
    if isinstance(data, np.ndarray):
        return {"text": data.tolist()} if data.dtype.kind in "UO" else {"images": data}
    if not (hasattr(data, "__getitem__") and hasattr(data, "__len__")):
        raise ArgumentError(
            f"A {type(data).__name__} can't be read by index. Pass a data set that has a length, "
            "or a dict of arguments of run.log_samples"
        )
    if len(data) and isinstance(_shown(data[0]), str):
        return {"text": [_shown(data[at]) for at in range(len(data))]}
    return {"images": Shown(data)}


class Shown:
    """Find what an item of a data set shows: the first of a pair, the image of a dict."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, at: int) -> Any:
        return _shown(self._data[at])


def values_of(arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Select the arguments of `Run.log_samples` that have a value for each instance."""
    for name in ("images", "text", "group"):
        if name in arguments:
            yield arguments[name]
    columns = arguments.get("columns")
    if isinstance(columns, Mapping):
        yield from columns.values()
    elif columns is not None:
        yield columns


def chosen(values: Any, kept: NDArray[np.intp]) -> Any:
    """Take some of the values of an argument of `Run.log_samples`, if it has one for each."""
    if isinstance(values, (str, int)):
        return values
    if isinstance(values, Mapping):
        return {name: chosen(each, kept) for name, each in values.items()}
    if hasattr(values, "iloc"):
        return values.iloc[kept]
    if isinstance(values, np.ndarray):
        return values[kept]
    return [values[int(at)] for at in kept]


def _shown(item: Any) -> Any:
    if isinstance(item, Mapping):
        return next((item[name] for name in (*IMAGES, *TEXTS) if name in item), None)
    return item[0] if isinstance(item, (tuple, list)) and len(item) else item


def _of_columns(data: Any) -> dict[str, Any]:
    """Find what a data set of Hugging Face shows: its images, its texts and its plain columns."""
    kinds = {name: type(feature).__name__ for name, feature in data.features.items()}
    plain = {
        name: str(feature.dtype)
        for name, feature in data.features.items()
        if kinds[name] == "Value" and hasattr(feature, "dtype")
    }
    texts = [name for name in plain if plain[name] in ("string", "large_string")]
    named = [name for name in texts if name.rstrip("0123456789") in (*TEXTS, "hypothesis")]
    found: dict[str, Any] = {}
    image = next((name for name in data.column_names if kinds.get(name) == "Image"), None)
    if image is not None:
        found["images"] = data[image]
    if named:
        columns: Sequence[Any] = [list(data[name]) for name in named]
        found["text"] = ["\n".join(map(str, each)) for each in zip(*columns, strict=True)]
    rest = [name for name in plain if name not in named and name not in ("label", "labels")]
    if rest:
        found["columns"] = {name: list(data[name]) for name in rest[:16]}
    if not found:
        raise ArgumentError(
            f"The data set has neither images nor texts, but {', '.join(data.column_names)}. Pass "
            "the one from before it was tokenized"
        )
    return found
