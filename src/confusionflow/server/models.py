"""The JSON models of the API. The client's types are generated from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

# How many splits of a run the page shows if no series are chosen.
FIRST_SPLITS = 4


class Problem(BaseModel):
    """A file that could not be read."""

    file: str = Field(description="Path within the log directory")
    reason: str


class SplitSummary(BaseModel):
    """One split of a run, as the table of series lists it."""

    id: str
    name: str
    epoch_count: int
    first_epoch: int
    last_epoch: int
    last_accuracy: float | None = Field(description="At the last epoch; null if undefined")
    class_count: int
    version: str = Field(description="Changes if and only if the split's content does")


class DroppedEpochs(BaseModel):
    """Epochs of a split that could not be written while the training went on."""

    split: str = Field(description="Name of the split")
    epochs: list[int]


class RunSummary(BaseModel):
    """One run and its splits, in the order in which they were first logged."""

    id: str
    name: str
    config: dict[str, Any]
    state: Literal["running", "finished", "stopped"]
    time_unit: str
    created_at: datetime
    attempt: int | None = Field(
        description="For an older attempt of a resumed run, its number, which the id ends in after "
        "~; else null"
    )
    directory: str | None = Field(
        default=None, description="The log directory that holds it, if several are shown"
    )
    splits: list[SplitSummary]
    dropped: list[DroppedEpochs]
    problems: list[Problem]


class RunList(BaseModel):
    """All runs of the log directory, oldest first."""

    log_directory: str
    runs: list[RunSummary]
    first_splits: int = Field(
        default=FIRST_SPLITS,
        description="How many splits of a run the page shows if no series are chosen",
    )
    has_report: bool = Field(
        default=False, description="Whether `/api/report` makes reports of one file"
    )
    problems: list[Problem] = Field(
        default=[],
        description="Folders of runs that are not listed because the folders were renamed",
    )


class ScalarValues(BaseModel):
    """A number beside the epochs of a run, such as the learning rate."""

    name: str
    epochs: list[int] = Field(description="The epochs that have it, in increasing order")
    values: list[float | None] = Field(description="The number at each; null if it is not finite")


class ScalarList(BaseModel):
    """All numbers beside the epochs of a run, sorted by name."""

    scalars: list[ScalarValues]


class ClassOrder(BaseModel):
    """Class names in an order."""

    classes: list[str]


class ClassTree(BaseModel):
    """Classes in groups, and groups in groups."""

    classes: list[str] = Field(
        description="Class names; members of a group are in the order of their first classes"
    )
    groups: list[str] = Field(description="Names of groups, each after the one that it is in")
    parents: list[int] = Field(
        description="For each class, then for each group, the index of the group that it is in; "
        "-1 for none"
    )


class Finding(BaseModel):
    """One thing that was found, with its evidence; docs/findings.md says what the words mean."""

    kind: str
    level: Literal["certain", "likely", "corroborated", "noticed", "nothing found"]
    exploratory: bool
    sentence: str
    headline: str = Field(description="The first sentence")
    why: str
    actual: str | None
    predicted: str | None
    classes: list[str]
    splits: list[str]
    epochs: tuple[int, int] | None
    effect: float | None
    rates: tuple[float | None, float | None] | None
    interval: tuple[float | None, float | None] | None
    adjusted_interval: tuple[float | None, float | None] | None
    guaranteed: float = Field(description="Inner end of the adjusted interval, 0 if it includes 0")
    leads: bool = Field(description="A large fall that lasts, listed before all others")
    beyond: bool = Field(description="Shifts by more than all others do")
    general: bool = Field(description="Moves as accuracy does, whose card stands for it")
    p: float | None
    q: float | None
    q_bh: float | None
    test: str
    n: list[int]
    family_size: int
    link: str = Field(description="The view that shows it, a fragment of the page's address")
    under: list[Finding] = Field(description="Findings that stand under this one")


class FindingList(BaseModel):
    """Findings of a run, in the order of their evidence."""

    findings: list[Finding]


class CellMarks(BaseModel):
    """Which cells of a difference are more than noise."""

    classes: list[str]
    different: list[tuple[int, int]] = Field(
        description="Actual and predicted class, as indices, of cells with q_bh ≤ .05 over the "
        "shown cells"
    )
    untold: list[tuple[int, int]] = Field(
        description="The same for cells with too few instances to detect a difference of 5 points; "
        "empty if there are more than 60 classes"
    )


class ErrorText(BaseModel):
    """What went wrong, and the next step."""

    message: str
    hint: str | None = None


class ErrorAnswer(BaseModel):
    """The shape of every answer that reports an error."""

    error: ErrorText
