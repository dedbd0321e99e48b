"""Import confusion that trainings wrote into TensorBoard's event files as numbers.

Each folder with event files is a run. Two kinds of tags are read, others are ignored:

    confusion/SPLIT/ACTUAL/PREDICTED    scalars: the count of a cell, at each step
    confusion/SPLIT                     tensors: (classes, classes) at each step,
                                        or one of (classes, classes, epochs); rows are actual
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from confusionflow.errors import ImportSourceError, did_you_mean
from confusionflow.importers.helpers.events import PREFIX, Value, Values, read_events, wrong
from confusionflow.importers.helpers.names import refuse_known_name
from confusionflow.importers.helpers.splits import (
    ImportedRun,
    Split,
    check_classes,
    check_name,
    write_runs,
)
from confusionflow.importers.helpers.steps import Progress, step_counter

EVENT_FILE = "*tfevents*"


def import_tensorboard(
    source: str | os.PathLike[str],
    log_dir: str | os.PathLike[str],
    *,
    classes: Sequence[str] | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[str]:
    """Import all runs below a folder that have tags of confusion, each under its folder's name.

    Everything is read and checked before anything is written.

    Arguments:
        source: The folder that TensorBoard is given as `--logdir`.
        log_dir: The log directory to write into; it is made if it is missing.
        classes: Class names in order. None: those of the scalars' tags in the order of the tags,
            and numbers for tensors.
        progress: Called with (done, total); each event file is read and each run written.
        tell: Called with a sentence for each step that was left out.

    Returns:
        The ids of the new runs, in the order of their folders.

    Raises:
        ImportSourceError: something is not as described; names file, tag and step.
        ConfusionFlowError: the log directory already has a run of one of the names.
    """
    root = Path(source)
    folders: dict[Path, list[Path]] = {}
    for file in sorted(root.rglob(EVENT_FILE)):
        folders.setdefault(file.parent, []).append(file)
    if not folders:
        raise ImportSourceError(
            "There are no event files in it. Pass the folder that TensorBoard gets as --logdir.",
            file=str(root),
        )
    step = step_counter(progress, sum(map(len, folders.values())) + len(folders))
    runs: dict[str, ImportedRun] = {}
    for folder, files in folders.items():
        values: Values = {}
        for file in files:
            read_events(values, file)
            step()
        name = folder.relative_to(root).as_posix() if folder != root else root.resolve().name
        if values:
            check_name(name, folder)
            refuse_known_name(log_dir, name)
            runs[name] = ImportedRun(dict(_splits(values, classes, tell or (lambda _: None))))
        else:
            step()  # there is nothing to write
    if not runs:
        raise ImportSourceError(
            f"No tag in it begins with {PREFIX}/. Scalars named {PREFIX}/SPLIT/ACTUAL/PREDICTED "
            f"and tensors named {PREFIX}/SPLIT can be imported; pictures of matrices can't.",
            file=str(root),
        )
    return write_runs(runs, log_dir, step)


def _splits(
    values: Values, classes: Sequence[str] | None, tell: Callable[[str], None]
) -> Iterator[tuple[str, Split]]:
    """Make the splits of a run, in the order of their first tags."""
    for split in dict.fromkeys(tag.split("/")[1] for tag in values):
        cells = {
            (tag.split("/")[2], tag.split("/")[3]): steps
            for tag, steps in values.items()
            if tag.startswith(f"{PREFIX}/{split}/")
        }
        tensors = values.get(f"{PREFIX}/{split}")
        some = next(iter((tensors or next(iter(cells.values()))).values()))
        if tensors and cells:
            raise ImportSourceError(
                f"Split {split!r} has both a tensor and scalars. Keep one of them.",
                file=str(some.file),
            )
        check_name(split, some.file)
        found = _of_tensors(split, tensors) if tensors else _of_cells(split, cells, classes, tell)
        names = found.classes if classes is None else tuple(classes)
        if len(names) != len(found.classes):
            raise ImportSourceError(
                f"Split {split!r} has {len(found.classes)} classes, and {len(names)} were named.",
                file=str(some.file),
            )
        check_classes(names, some.file)
        yield split, Split(names, found.epochs)


def _of_tensors(split: str, steps: dict[int, Value]) -> Split:
    first_step, first = next(iter(steps.items()))
    tag = f"{PREFIX}/{split}"
    for step, value in steps.items():
        if value.array.ndim == 3 and len(steps) > 1:
            raise wrong(
                value.file,
                tag,
                step,
                f"It holds many epochs, and there are {len(steps)} steps. Keep one step",
            )
        if value.array.shape != first.array.shape:
            raise wrong(
                value.file,
                tag,
                step,
                f"It has the shape {value.array.shape}, step {first_step} has {first.array.shape}. "
                "A split has the same classes throughout",
            )
    names = tuple(map(str, range(len(first.array))))
    if first.array.ndim == 3:
        return Split(names, dict(enumerate(np.moveaxis(first.array, 2, 0))))
    return Split(names, {step: value.array for step, value in steps.items()})


def _of_cells(
    split: str,
    cells: dict[tuple[str, str], dict[int, Value]],
    classes: Sequence[str] | None,
    tell: Callable[[str], None],
) -> Split:
    """Make a split of scalars; a cell without steps is empty throughout."""
    actual, predicted = zip(*cells, strict=True)
    names = tuple(classes or dict.fromkeys([*actual, *predicted]))
    index = {name: at for at, name in enumerate(names)}
    all_steps = sorted({step for steps in cells.values() for step in steps})
    epochs = {step: np.zeros((len(names), len(names)), np.int64) for step in all_steps}
    for pair, steps in cells.items():
        tag = "/".join((PREFIX, split, *pair))
        first_step, first = next(iter(steps.items()))
        for name in pair:
            if name not in index:
                hint = did_you_mean(name, names).rstrip(".")
                raise wrong(first.file, tag, first_step, f"No class {name!r} was named. {hint}")
        lacking = [step for step in all_steps if step not in steps]
        if lacking and (lacking != all_steps[-1:] or lacking == all_steps):
            raise wrong(
                first.file,
                tag,
                lacking[0],
                "It lacks this step, which other cells have. Log each cell at each step, "
                "even if it is 0",
            )
        if lacking and epochs.pop(lacking[0], None) is not None:
            tell(
                f"Step {lacking[0]} of {split!r} lacks cells and was left out: the training ended."
            )
        for step in epochs.keys() & steps.keys():
            epochs[step][index[pair[0]], index[pair[1]]] = steps[step].array
    return Split(names, epochs)
