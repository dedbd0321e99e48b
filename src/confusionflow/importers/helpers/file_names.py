"""What the name of a file says about the predictions or the matrix in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

# At most 15 digits, so that the epoch is below 2**53.
TIME = re.compile(
    r"(epoch|step|round|iteration|iter|checkpoint|ckpt)s?[ _=.-]{0,2}([0-9]{1,15})(?![0-9])",
    re.IGNORECASE,
)
UNITS = {"epoch": "epoch", "round": "round", "step": "step"}
SPLITS = ("train", "training", "val", "valid", "validation", "dev", "test", "testing")


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
    splits = [word for word in words if word in SPLITS]
    split = splits[0] if len(splits) == 1 else None
    found = TIME.search(stem)
    if found is not None:
        unit = UNITS.get(found[1].lower(), "step")
        return FileName(int(found[2]), unit, split)
    number = re.fullmatch(r"[0-9]{1,15}", stem)
    return FileName(int(stem) if number else None, "epoch", split)
