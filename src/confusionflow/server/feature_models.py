"""Models of what the API says about features."""

from __future__ import annotations

from pydantic import BaseModel, Field

from confusionflow.reading.unit_rows import Kind
from confusionflow.server.instance_models import Sample

Number = float | None


class FeatureLayer(BaseModel):
    """What is known of a layer in a series, and how much it changed."""

    reason: str | None = Field(
        description="Why there are no features, and the next step; else null"
    )
    version: str = Field(description="Changes if and only if the features do")
    layers: list[str] = Field(description="Names of the layers")
    layer: str = Field(description="The layer that this is about")
    epochs: list[int] = Field(description="Epochs that have features of it")
    before: list[Number] = Field(description="Linear CKA with the epoch before, by epoch")
    last: list[Number] = Field(description="Linear CKA with the last epoch, by epoch")
    nearest: list[Number] = Field(
        description="Share of instances nearest to the mean of their class, by epoch"
    )
    image_epochs: list[int] = Field(description="Epochs that have synthetic images of units")


class FeatureCell(BaseModel):
    """How far the two classes of a cell lie apart, by epoch."""

    epochs: list[int]
    separation: list[Number] = Field(
        description="Distance of their means in units of the spread within both"
    )
    nearest: list[Number] = Field(
        description="Share of the actual class's instances nearest to its mean"
    )
    nearest_in_cell: list[Number] = Field(description="The same for the cell's instances")


class FeaturePoints(BaseModel):
    """Instances of the probe in a plane, by epoch. Arrays are little-endian, as base64."""

    classes: list[str]
    epochs: list[int] = Field(
        description="The epochs in this answer; some of them if there are very many"
    )
    ids: list[str] = Field(description="Ids of the instances, as text")
    actual: list[int] = Field(description="Index of the actual class of each")
    predicted: str = Field(
        description="int16, epochs by instances: index of the predicted class; -1 for no point"
    )
    points: str = Field(description="int16, epochs by instances by 2: in units of `scale`")
    scale: float
    explained: list[tuple[Number, Number]] = Field(
        description="Share of the variance along each axis, by epoch"
    )
    rest: list[Number] = Field(description="Share of the variance outside the plane, by epoch")
    step: list[Number] = Field(
        description="How far points moved since the epoch before, in units of their spread"
    )


class UnitExemplar(BaseModel):
    """An instance that activates a unit."""

    instance: str
    activation: float
    sample: Sample | None = Field(description="What it looks like, if it was logged")


class FeatureUnit(BaseModel):
    """A unit of a layer, one column of the matrix."""

    unit: int
    attribution: Number = Field(
        description="How much it pushes the decision of the first cell, on average; null: unknown"
    )
    exemplars: list[UnitExemplar] = Field(description="Those that activate it most")
    images: list[int] = Field(description="Epochs that have a synthetic image of it")


class UnitRow(BaseModel):
    """A subset of the instances, or one of them: one row of the matrix."""

    kind: Kind = Field(description="cell, class, listed or instance")
    actual: str | None = Field(description="Of a cell, or the class")
    predicted: str | None
    instance: str | None
    count: int
    values: list[Number] = Field(description="By unit, in standard deviations of the class")
    history: list[list[Number]] | None = Field(
        description="The values of a cell or a class at all epochs, by unit; else null"
    )
    sample: Sample | None = Field(description="What an instance looks like, if it was logged")


class UnitTable(BaseModel):
    """Which units distinguish subsets from the right ones of their class."""

    epoch: int
    epochs: list[int] = Field(description="Epochs of the histories")
    units: list[FeatureUnit]
    rows: list[UnitRow]
