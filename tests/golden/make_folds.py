"""Write folds.json: folded and differing numbers that Python and the client must both arrive at.

Everything is computed here in plain Python, without the package. Run `python
tests/golden/make_folds.py` after a change. A member lacks epochs that others have, a number is
undefined where its class has no instance, and an epoch has one member only.

`members` are matrices by epoch of series of two classes. `folded` has, for the cell from the first
class to the second, of each epoch that a member has: the mean of the members' rates, both bands,
and how many members have a rate. `difference` has the second member's rate less the first's at the
epochs that both have. Undefined values are null.

`alike` has configs of runs, keys to fold over, and which runs are folded into one: nested keys in
another order are the same config, and so are 1 and 1.0; `true`, "1", null, a key that is missing,
and a list in another order are not.
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
# Configs and the group that each is in, by the order of the groups' first runs.
OVER = ["seed", "fold"]
CONFIGS: list[tuple[int, dict[str, Any]]] = [
    (0, {"lr": 0.1, "opt": {"name": "sgd", "a": {"x": 1, "y": [2, {"p": 3, "q": 4}]}}, "seed": 0}),
    (1, {"lr": 1, "seed": 0}),
    (0, {"seed": 1, "opt": {"a": {"y": [2, {"q": 4, "p": 3}], "x": 1}, "name": "sgd"}, "lr": 0.1}),
    (2, {"lr": 0.1, "opt": {"name": "sgd", "a": {"x": 1, "y": [{"p": 3, "q": 4}, 2]}}, "seed": 0}),
    (1, {"fold": 3, "lr": 1.0}),
    (3, {"lr": True, "seed": 0}),
    (4, {"lr": "1", "seed": 0}),
    (5, {"lr": None, "seed": 0}),
    (6, {"seed": 1}),
    (6, {}),
    (7, {"a": "b,c", "b": [1]}),
    (8, {"a,b": "c", "b": [1]}),
    (7, {"b": [1.0], "a": "b,c", "seed": {"n": 1}}),
    (9, {"lr": 1e-05}),
    (9, {"lr": 0.00001, "seed": 3}),
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
        "alike": {
            "over": OVER,
            "configs": [config for _, config in CONFIGS],
            "groups": [
                [at for at, (group, _) in enumerate(CONFIGS) if group == wanted]
                for wanted in range(1 + max(group for group, _ in CONFIGS))
            ],
        },
    }


def text() -> str:
    return json.dumps(folds(), indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
