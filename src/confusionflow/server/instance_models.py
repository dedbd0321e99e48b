"""What the API says of instances in JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

PassageName = Literal["never", "passed", "left", "came", "stayed"]


class InstanceSeries(BaseModel):
    """A series whose instances are listed."""

    run_id: str
    split_id: str
    reason: str | None = Field(
        description="Why its instances are unknown, and the next step; else null"
    )
    classes: list[str] = Field(description="Class names; indices refer to them")
    epochs: list[int] = Field(description="Epochs of the strips, those with predictions")
    total: int = Field(description="Instances of the series")
    ever: int = Field(description="Instances that are in the cells at an epoch of the range")
    half: int = Field(description="In half of the epochs in which they have a prediction, or more")
    came: int = Field(description="At their last prediction in the range, not at their first")
    stayed: int = Field(description="At their first and their last prediction in the range")
    left: int = Field(description="At their first prediction in the range, not at their last")
    passed: int = Field(description="At neither, but in between")


class InstanceRow(BaseModel):
    """One instance in one series."""

    series: int = Field(description="Index of its series")
    instance: str = Field(description="Its id or position, as text")
    is_number: bool = Field(description="Whether its id is an integer")
    actual: int = Field(description="Index of its actual class")
    share: float | None = Field(
        description="Share of the range's epochs in which it is in the cells"
    )
    first: int = Field(description="First epoch of the range in which it is; -1 for none")
    last: int = Field(description="Last epoch of the range in which it is; -1 for none")
    passage: PassageName
    scores: list[float | None] = Field(description="In the order of `scores` of the list")
    strip: list[int] = Field(
        description="Its predictions over all epochs as runs: class, epochs, class, epochs, …; "
        "class -1 for no prediction"
    )


class InstanceList(BaseModel):
    """A page of instances of some cells."""

    series: list[InstanceSeries]
    scores: list[str] = Field(description="Names of the scores")
    found: int = Field(description="Instances of all series that fit, of which this is a page")
    rows: list[InstanceRow]


class InstanceIds(BaseModel):
    """Ids of instances."""

    ids: list[str]


class InstancePath(BaseModel):
    """One instance in one series, epoch by epoch."""

    run_id: str
    split_id: str
    classes: list[str]
    epochs: list[int]
    actual: int
    strip: list[int] = Field(description="As of a row of a list")
    confidence: list[float | None] | None = Field(
        description="Probability of the predicted class at each epoch; null if none was logged"
    )
    actual_probability: list[float | None] | None = Field(
        description="Probability of the actual class at each epoch, where it can be told"
    )
    scores: list[float | None]


class InstanceDetail(BaseModel):
    """One instance in every series that knows its id."""

    instance: str
    scores: list[str] = Field(description="Names of the scores, which are over the range")
    paths: list[InstancePath]


class SeriesFlow(BaseModel):
    """How the instances of some classes were predicted in one series."""

    run_id: str
    split_id: str
    reason: str | None = Field(description="As of a list's series")
    classes: list[str]
    epochs: list[int]
    right: list[int] = Field(description="Instances that are right at each epoch")
    counts: list[list[int]] = Field(
        description="For each class that is wrongly predicted its instances at each epoch"
    )
    predicted: list[int] = Field(description="Indices of these classes")


class InstanceFlow(BaseModel):
    """How the instances of some classes were predicted, epoch by epoch."""

    series: list[SeriesFlow]
