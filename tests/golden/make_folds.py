"""Write folds.json: folded and differing numbers that Python and the client must both arrive at.

Everything is computed here in plain Python, without the package. Run `python
tests/golden/make_folds.py` after a change. A member lacks epochs that others have, a number is
undefined where its class has no instance, and an epoch has one member only.

`members` are matrices by epoch of series of two classes. `folded` has, for the cell from the first
class to the second, of each epoch that a member has: the mean of the members' rates, both bands,
and how many members have a rate. `difference` has the second member's rate less the first's at the
epochs that both have. Undefined values are null.
"""

import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

PATH = Path(__file__).with_name("folds.json")

CLASSES = ["Ship", "Truck"]
MEMBERS = [
    {0: [[8, 2], [1, 9]], 1: [[9, 1], [3, 7]], 2: [[10, 0], [0, 10]], 9: [[7, 3], [0, 10]]},
    {0: [[30, 10], [2, 18]], 2: [[0, 0], [4, 16]], 4: [[39, 1], [0, 20]], 9: [[10, 30], [1, 19]]},
    {0: [[3, 2], [0, 5]], 1: [[4, 1], [5, 0]], 4: [[1, 4], [2, 3]]},
]


def rate(matrix: list[list[int]]) -> float | None:
    return matrix[0][1] / sum(matrix[0]) if sum(matrix[0]) else None


def folds() -> dict[str, Any]:
    epochs = sorted({epoch for member in MEMBERS for epoch in member})
    rates = [{epoch: rate(matrix) for epoch, matrix in member.items()} for member in MEMBERS]
    found: list[list[float]] = [[r for of in rates if (r := of.get(e)) is not None] for e in epochs]
    first, second = rates[:2]
    both = sorted(first.keys() & second.keys())
    less: list[float | None] = []
    for epoch in both:
        a, b = first[epoch], second[epoch]
        less.append(None if a is None or b is None else b - a)
    return {
        "classes": CLASSES,
        "members": [
            {"epochs": list(member), "matrices": list(member.values())} for member in MEMBERS
        ],
        "folded": {
            "epochs": epochs,
            "mean": [mean(x) if x else None for x in found],
            "least": [min(x) if x else None for x in found],
            "greatest": [max(x) if x else None for x in found],
            "below": [mean(x) - stdev(x) if len(x) > 1 else None for x in found],
            "above": [mean(x) + stdev(x) if len(x) > 1 else None for x in found],
            "count": [len(x) for x in found],
        },
        "difference": {"epochs": both, "values": less},
    }


def text() -> str:
    return json.dumps(folds(), indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
