"""Reads and writes log directories. docs/format.md describes the format.

`Store` reads, `RunWriter` writes; neither knows about metrics or the training.
"""

from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.problem import Problem
from confusionflow.store.read import Store
from confusionflow.store.run import StoredRun
from confusionflow.store.split import CountRows, StoredSplit
from confusionflow.store.write import RunWriter

__all__ = [
    "CountRows",
    "EpochRows",
    "Problem",
    "RunWriter",
    "Store",
    "StoredRun",
    "StoredSplit",
]
