"""Write series.json: numbers that Python and the TypeScript client must both arrive at.

Everything is computed here in plain Python from the matrices below, without the package, so that
neither side checks itself. Run `python tests/golden/make_series.py` after a change.

`wire` has the columns of the series endpoint (docs/http-api.md); undefined values are null.
`expected` has, for each cell of `wire` and each epoch (cell-major, epochs innermost), its count
divided by the support of its actual class, by the total of its predicted class, and by all
instances of the epoch.
"""

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("series.json")

# Epochs have gaps. Rows are actual. No matrix is symmetric. Epoch 5 is empty. "Bird" has no
# instance at epoch 10, "Fox" is never there but predicted twice, "Yak" is in the list only.
CLASSES = ["Ship", "Truck", "Bird", "Fox", "Yak"]
MATRICES = {
    0: [[575, 527, 0, 0, 0], [10, 90, 3, 0, 0], [7, 0, 13, 0, 0], [0] * 5, [0] * 5],
    5: [[0] * 5, [0] * 5, [0] * 5, [0] * 5, [0] * 5],
    10: [[1001, 99, 0, 2, 0], [0, 102, 1, 0, 0], [0] * 5, [0] * 5, [0] * 5],
    12: [[1100, 2, 0, 0, 0], [33, 70, 0, 0, 0], [0, 0, 20, 0, 0], [0] * 5, [0] * 5],
}
LEFT_OUT = [0, 4, 0, 1]

Column = list[Any]


def ratio(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def series() -> dict[str, Any]:
    epochs = list(MATRICES)
    indices = range(len(CLASSES))
    at = [MATRICES[epoch] for epoch in epochs]
    cells = [(a, p) for a in indices for p in indices if any(m[a][p] for m in at)]
    support = [[sum(m[c]) for m in at] for c in indices]
    predicted = [[sum(row[c] for row in m) for m in at] for c in indices]
    hits = [[m[c][c] for m in at] for c in indices]
    total = [sum(map(sum, m)) for m in at]

    def by_class(value: Any) -> Column:
        return [value(c, e) for c in indices for e in range(len(epochs))]

    def by_cell(value: Any) -> Column:
        return [value(a, p, e) for a, p in cells for e in range(len(epochs))]

    return {
        "wire": {
            "epochs": epochs,
            "classes": CLASSES,
            "cell_actual": [a for a, _ in cells],
            "cell_predicted": [p for _, p in cells],
            "counts": by_cell(lambda a, p, e: at[e][a][p]),
            "support": by_class(lambda c, e: support[c][e]),
            "false_negatives": by_class(lambda c, e: support[c][e] - hits[c][e]),
            "false_positives": by_class(lambda c, e: predicted[c][e] - hits[c][e]),
            "predicted_total": by_class(lambda c, e: predicted[c][e]),
            "precision": by_class(lambda c, e: ratio(hits[c][e], predicted[c][e])),
            "recall": by_class(lambda c, e: ratio(hits[c][e], support[c][e])),
            "f1": by_class(lambda c, e: ratio(2 * hits[c][e], support[c][e] + predicted[c][e])),
            "false_negative_rate": by_class(
                lambda c, e: ratio(support[c][e] - hits[c][e], support[c][e])
            ),
            "false_discovery_rate": by_class(
                lambda c, e: ratio(predicted[c][e] - hits[c][e], predicted[c][e])
            ),
            "accuracy": [
                ratio(sum(hits[c][e] for c in indices), total[e]) for e in range(len(epochs))
            ],
            "total": total,
            "left_out": LEFT_OUT,
        },
        "expected": {
            "rate_by_actual": by_cell(lambda a, p, e: ratio(at[e][a][p], support[a][e])),
            "rate_by_predicted": by_cell(lambda a, p, e: ratio(at[e][a][p], predicted[p][e])),
            "rate_by_all": by_cell(lambda a, p, e: ratio(at[e][a][p], total[e])),
        },
    }


def text() -> str:
    """The file's text: one column a line, so that a change is a readable diff."""
    parts = []
    for part, columns in series().items():
        lines = (
            f"    {json.dumps(name)}: {json.dumps(column)}" for name, column in columns.items()
        )
        parts.append(f"  {json.dumps(part)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
