"""Check what a caller passed, and turn it into what a run keeps."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import (
    ArgumentError,
    ClassesError,
    DistributedError,
    EpochError,
    LabelError,
    NameTextError,
    ShapeError,
)
from confusionflow.log.arrays import to_array
from confusionflow.log.classes import ClassList
from confusionflow.store.format.text import storable

# Instances of a probe.
MOST_PROBE = 2000


def instances_of(ids: Any, size: int) -> NDArray[Any] | pa.Array | None:
    """Check the ids of instances; None means that their positions identify them."""
    if ids is None:
        return None
    array = to_array(ids, "ids").ravel()
    if array.size != size:
        raise ShapeError(f"ids has {array.size:,} values and y_true {size:,}. Pass one for each.")
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind in "UO" and all(isinstance(value, str) for value in array.tolist()):
        texts = array.tolist()
        try:
            return pa.array(texts, pa.string())
        except UnicodeEncodeError:
            return pa.array([storable(text) for text in texts], pa.string())
    raise LabelError(f"ids holds {array.dtype} values. Pass integers or text.")


def labels_to_ignore(ignore_index: Any) -> frozenset[int | str]:
    """Collect the labels to ignore: one, or several."""
    if ignore_index is None:
        return frozenset()
    several = isinstance(ignore_index, (list, tuple, set, frozenset, range, np.ndarray))
    return frozenset(map(_one_label, ignore_index if several else [ignore_index]))


def _one_label(label: Any) -> int | str:
    if isinstance(label, str):
        return str(label)
    try:
        return operator.index(label)
    except TypeError:
        raise LabelError(
            f"ignore_index is {label!r:.60}, a {type(label).__name__}. "
            "Pass a label, a whole number or text, or a list of them."
        ) from None


def ranks_of(rank: Any, world_size: Any, run_id: Any) -> tuple[int, int]:
    """Check rank and world size, and return them as integers."""
    try:
        own, size = operator.index(rank), operator.index(world_size)
    except TypeError:
        own, size = -1, 0
    if not 0 <= own < size or isinstance(rank, bool) or isinstance(world_size, bool):
        raise DistributedError(
            f"rank is {rank!r:.60} and world_size {world_size!r:.60}. Pass integers, a rank from 0 "
            "to world_size - 1, such as torch.distributed.get_rank() and get_world_size()."
        )
    if size > 1 and run_id is None:
        raise DistributedError(
            f"world_size is {size}, and there is no id by which the ranks find their run. Pass the "
            'same id= in every rank, such as a job\'s: Run(..., id=os.environ["SLURM_JOB_ID"]).'
        )
    return own, size


def parse_epoch(epoch: Any) -> int:
    """Turn any kind of integer into an epoch.

    Raises:
        EpochError: it is not an integer, or negative.
    """
    try:
        if isinstance(epoch, (bool, np.bool_)):
            raise TypeError
        at = operator.index(epoch.item() if hasattr(epoch, "item") else epoch)
    except (TypeError, ValueError, RuntimeError):
        raise EpochError(
            f"The epoch is {epoch!r:.60}, a {type(epoch).__name__}. Pass an integer from 0 on."
        ) from None
    if not 0 <= at < 2**53:
        raise EpochError(f"The epoch is {at}. Pass an integer from 0 to 2**53 - 1.")
    return at


def parse_number(value: Any, name: str) -> float:
    """Turn a number of Python, numpy or a tensor into a float. NaN and infinity are numbers.

    Raises:
        ArgumentError: it is not a number.
    """
    try:
        plain = value.item() if hasattr(value, "item") else value
        if isinstance(plain, (bool, str, bytes)):
            raise TypeError
        return float(plain)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ArgumentError(
            f"The value of {name!r} is {value!r:.60}, a {type(value).__name__}. Pass one number."
        ) from None


def probe_size(instances: Any, world_size: int) -> int:
    """Work out how many instances of a probe each rank has.

    Raises:
        ArgumentError: it is not a number from 1 to 2,000.
    """
    is_whole = isinstance(instances, (int, np.integer)) and not isinstance(instances, bool)
    if not is_whole or not 1 <= instances <= MOST_PROBE:
        raise ArgumentError(
            f"instances is {instances!r:.60}. Pass a whole number from 1 to {MOST_PROBE:,}."
        )
    return max(1, int(instances) // world_size)


def parse_name(text: Any, name: str) -> str:
    """Check that a name is text, is not empty and can be written as UTF-8."""
    if not isinstance(text, str) or not text:
        raise NameTextError(f"{name} is {text!r:.60}. Pass text that is not empty.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NameTextError(f"{name} is {text!r:.60}, which is not valid Unicode text.") from None
    return text


def background_of(background: Any, declared: ClassList | None) -> str | None:
    """Check the name of the class that means "no object"; None if there is no such class.

    Raises:
        NameTextError: it is not text.
        ClassesError: classes are declared, and it is not among them.
    """
    if background is None:
        return None
    name = parse_name(background, "background")
    if declared is not None and name not in declared.names:
        raise ClassesError(
            f"background is {name!r}, which is not among the declared classes. Add it to them, "
            f"last: Run(..., classes=[*names, {name!r}], background={name!r})."
        )
    return name
