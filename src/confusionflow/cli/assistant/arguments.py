"""Arguments that several tools take, as an assistant reads of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

import confusionflow as cf
from confusionflow.cli.assistant.answers import MOST_ROWS
from confusionflow.cli.epochs import check_epochs
from confusionflow.errors import EpochError

ALL_EPOCHS = (0, sys.maxsize)
Run = Annotated[
    str, Field(description="Name or id of the run; of several runs of one name, the newest")
]
Split = Annotated[str, Field(description="Name of the split")]
First = Annotated[int | None, Field(ge=0, description="First epoch; all from the start")]
Last = Annotated[int | None, Field(ge=0, description="Last epoch, included; default: the end")]
Start = Annotated[int, Field(ge=0, description="Row to start with: next_start of the last answer")]
Limit = Annotated[
    int, Field(ge=1, le=MOST_ROWS, description="The most rows; long rows may leave fewer")
]
ClassName = Annotated[str | None, Field(description="Name of a class")]


def epochs_of(
    series: Sequence[cf.Series], first: int | None, last: int | None
) -> tuple[int, int] | None:
    """Make a range of epochs, with open ends filled in; None if both are open.

    Raises:
        ConfusionFlowError: the last is before the first, or none of the series has such an epoch.
    """
    if first is None and last is None:
        return None
    epochs = (first or 0, ALL_EPOCHS[1] if last is None else last)
    if epochs[0] > epochs[1]:
        raise EpochError(
            f"first is {first} and last is {last}. Pass a last epoch that is not before the first."
        )
    check_epochs(series, epochs)
    return epochs
