"""Pure functions from arrays to arrays: no path, clock, request or global."""

from confusionflow.analysis.align import Alignment, align
from confusionflow.analysis.confusion import confusion
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.cut import Cut, aggregate
from confusionflow.analysis.fold import Folded, difference, fold
from confusionflow.analysis.found_tree import find_tree
from confusionflow.analysis.metrics import (
    accuracy,
    cell_rates,
    f1,
    false_discovery_rate,
    false_negative_rate,
    false_negatives,
    false_positives,
    precision,
    predicted_total,
    recall,
    support,
    total,
    true_positives,
)
from confusionflow.analysis.normalize import Normalization, normalize
from confusionflow.analysis.order import Order, common_order, order
from confusionflow.analysis.tree import Tree

__all__ = [
    "Alignment",
    "Cube",
    "Cut",
    "Folded",
    "Normalization",
    "Order",
    "Tree",
    "accuracy",
    "aggregate",
    "align",
    "cell_rates",
    "common_order",
    "confusion",
    "difference",
    "f1",
    "false_discovery_rate",
    "false_negative_rate",
    "false_negatives",
    "false_positives",
    "find_tree",
    "fold",
    "normalize",
    "order",
    "precision",
    "predicted_total",
    "recall",
    "support",
    "total",
    "true_positives",
]
