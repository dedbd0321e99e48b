"""Read split and epoch from the name of a file of predictions or matrices."""

from __future__ import annotations

import re
from dataclasses import dataclass

# At most 15 digits, so that the epoch is below 2**53.
TIME = re.compile(
    r"(epoch|step|round|iteration|iter|checkpoint|ckpt)s?[ _=.-]{0,2}([0-9]{1,15})(?![0-9])",
    re.IGNORECASE,
)
UNITS = {"epoch": "epoch", "round": "round", "step": "step"}
# Words for splits; those in one row mean the same.
SPLITS = (("train", "training"), ("val", "valid", "validation", "dev"), ("test", "testing"))
SPLIT_WORDS = tuple(word for words in SPLITS for word in words)


@dataclass(frozen=True)
class FileName:
    """What a file's name says.

    Attributes:
        epoch: The epoch, or None.
        time_unit: What the epoch is: "epoch", "step", "round" or "iteration".
        split: The split, or None.
    """

    epoch: int | None = None
    time_unit: str = "epoch"
    split: str | None = None


def read_file_name(name: str) -> FileName:
    """Read epoch and split from a file's name.

    Arguments:
        name: The name without its folder.

    Examples:
        >>> read_file_name("train_conf_matrix_epoch_12.csv")
        FileName(epoch=12, time_unit='epoch', split='train')
        >>> read_file_name("step_500.csv")
        FileName(epoch=500, time_unit='step', split=None)
        >>> read_file_name("cifar10.csv")
        FileName(epoch=None, time_unit='epoch', split=None)
    """
    stem = name.split(".", 1)[0] if re.fullmatch(r"[^.]*\.[A-Za-z].*", name) else name
    words = re.split(r"[^a-z]+", stem.lower())
    splits = [word for word in words if word in SPLIT_WORDS]
    split = splits[0] if len(splits) == 1 else None
    found = TIME.search(stem)
    if found is not None:
        unit = UNITS.get(found[1].lower(), "step")
        return FileName(int(found[2]), unit, split)
    number = re.fullmatch(r"[0-9]{1,15}", stem)
    return FileName(int(stem) if number else None, "epoch", split)


def same_split(name: str, other: str) -> tuple[str, ...] | None:
    """Return the words for a split to which both names belong; None if there are none.

    Examples:
        >>> same_split("val", "Validation")
        ('val', 'valid', 'validation', 'dev')
        >>> same_split("train", "test"), same_split("cifar10.1", "cifar10.1")
        (None, None)
    """
    both = {name.lower(), other.lower()}
    return next((words for words in SPLITS if both <= set(words)), None)
