"""Models of what the API says about instances."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

PassageName = Literal["never", "passed", "left", "came", "stayed"]


class Sample(BaseModel):
    """What an instance looks like."""

    text: str | None = Field(description="Its text; in a list at most 200 characters of it")
    group: str | None = Field(description="What it belongs to, such as a patient")
    values: dict[str, str | bool | float | None] = Field(
        description="Its further columns, as `columns` of the list's series names them"
    )
    width: int | None = Field(description="Of the thumbnail, pixels")
    height: int | None
    thumbnail: str | None = Field(
        description="Address of its thumbnail, relative to the page's; its content never changes"
    )
    image: str | None = Field(
        description="Address of the full-size image; null unless `serve --samples` shows it"
    )


class SampleColumn(BaseModel):
    """A column that was logged with samples."""

    name: str
    kind: Literal["number", "text", "boolean"]
    choices: list[str] | None = Field(
        default=None, description="Of text: its distinct values, sorted; null if they are over 50"
    )
    least: float | None = Field(default=None, description="Of numbers: the smallest")
    greatest: float | None = Field(default=None, description="Of numbers: the largest")


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
    has_images: bool = Field(default=False, description="Whether there are thumbnails")
    has_text: bool = Field(default=False, description="Whether there are texts")
    columns: list[SampleColumn] = Field(
        default=[], description="Columns of its samples, the group first"
    )
    samples_problem: str | None = Field(
        default=None, description="A file of samples that can't be read, and why; else null"
    )


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
    sample: Sample | None = Field(default=None, description="What it looks like, if it was logged")


class InstanceList(BaseModel):
    """A page of instances of some cells."""

    series: list[InstanceSeries]
    scores: list[str] = Field(description="Names of the scores")
    found: int = Field(description="How many instances of all series fit; this is one page of them")
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
    sample: Sample | None = Field(
        default=None, description="As in a row of the list, with the whole text"
    )


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
        description="For each class that is wrongly predicted, its instances at each epoch"
    )
    predicted: list[int] = Field(description="Indices of these classes")


class InstanceFlow(BaseModel):
    """How the instances of some classes were predicted, epoch by epoch."""

    series: list[SeriesFlow]


class ColumnContrast(BaseModel):
    """A column in which listed instances differ from the right ones of their classes."""

    column: str = Field(description='Name of a column of samples, "confidence" or "margin"')
    value: str | None = Field(description="Which of its values; null for a column of numbers")
    listed: float = Field(description="Mean of the listed ones, or their share with the value")
    right: float = Field(description="The same of the right ones, with the same mix of classes")
    effect: float = Field(
        description="How far they are apart: in standard deviations, or as Cohen's h"
    )


class InstanceContrasts(BaseModel):
    """What sets the listed instances apart from the right ones of their classes."""

    listed: int = Field(description="Instances that are listed")
    right: int = Field(
        description="Other instances of their classes that are right in half of the epochs or more"
    )
    contrasts: list[ColumnContrast] = Field(description="The greatest effects first")
