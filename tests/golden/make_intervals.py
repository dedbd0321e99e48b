"""Write intervals.json: intervals that Python and the client must both arrive at.

Everything is computed here in plain Python, without the package. Run `python
tests/golden/make_intervals.py` after a change. Counts may be means over epochs, so they need not
be whole.
"""

import json
from itertools import pairwise
from math import exp, lgamma, pi, sqrt
from pathlib import Path
from statistics import NormalDist, fmean, stdev, variance

PATH = Path(__file__).with_name("intervals.json")

CASES = [(0, 10), (10, 10), (5, 10), (1, 200), (26.18, 200), (24.12, 1000), (0.5, 3), (3, 50_000)]

F1_CASES = [(0, 3, 2), (5, 0, 0), (40, 12, 7), (873.5, 90.25, 40.5), (3, 400, 9)]
PAIRS = [(24.12, 1000, 26.18, 200), (0, 10, 10, 10), (5, 50, 4, 60)]
RUNS = [[0.11, 0.13], [0.11, 0.13, 0.17], [0.2, 0.25, 0.19, 0.22, 0.24], [0.3] * 3 + [0.31] * 20]


def wilson(k: float, n: float) -> tuple[float, float]:
    """Solve (p - k/n)² = z² p (1 - p) / n for p, of which the interval is the two roots."""
    z = NormalDist().inv_cdf(0.975)
    a, b, c = 1 + z * z / n, -(2 * k / n + z * z / n), (k / n) ** 2
    root = sqrt(b * b - 4 * a * c)
    low, high = (-b - root) / (2 * a), (-b + root) / (2 * a)
    return (0.0 if k == 0 else low), (1.0 if k == n else high)


def f1(tp: float, fp: float, fn: float) -> tuple[float, float]:
    """Turn Wilson's interval of TP / (TP + FP + FN) into one of F1 = 2 TP / (2 TP + FP + FN)."""
    low, high = wilson(tp, tp + fp + fn)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def t_quantile(freedom: float) -> float:
    """Halve to where a t distribution reaches 97.5 %; Simpson's rule sums its density."""
    scale: float = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * pi)

    def mass(t: float, steps: int = 400) -> float:
        h = t / steps
        heights = [(1 + (i * h) ** 2 / freedom) ** (-(freedom + 1) / 2) for i in range(steps + 1)]
        odd, even = sum(heights[1:-1:2]), sum(heights[2:-1:2])
        area: float = scale * h / 3 * (heights[0] + 4 * odd + 2 * even + heights[-1])
        return area

    low, high = 0.0, 20.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if mass(middle) < 0.475 else (low, middle)
    return low


def mean(runs: list[float]) -> tuple[float, float]:
    """Return Student's interval of the mean of runs."""
    half = t_quantile(len(runs) - 1) * stdev(runs) / sqrt(len(runs))
    return fmean(runs) - half, fmean(runs) + half


def welch(a: list[float], b: list[float]) -> tuple[float, float]:
    """Return Welch's interval of mean(b) - mean(a)."""
    va, vb = variance(a) / len(a), variance(b) / len(b)
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = t_quantile(freedom) * sqrt(va + vb)
    return fmean(b) - fmean(a) - half, fmean(b) - fmean(a) + half


def newcombe(k_a: float, n_a: int, k_b: float, n_b: int) -> tuple[float, float]:
    """Return Newcombe's interval of k_b / n_b - k_a / n_a."""
    (low_a, high_a), (low_b, high_b) = wilson(k_a, n_a), wilson(k_b, n_b)
    a, b = k_a / n_a, k_b / n_b
    below = sqrt((b - low_b) ** 2 + (high_a - a) ** 2)
    return b - a - below, b - a + sqrt((high_b - b) ** 2 + (a - low_a) ** 2)


if __name__ == "__main__":
    table: dict[str, list[dict[str, object]]] = {
        "wilson": [{"k": k, "n": n, "interval": wilson(k, n)} for k, n in CASES],
        "f1": [{"tp": c[0], "fp": c[1], "fn": c[2], "interval": f1(*c)} for c in F1_CASES],
        "newcombe": [{"counts": c, "interval": newcombe(*c)} for c in PAIRS],
        "mean": [{"runs": runs, "interval": mean(runs)} for runs in RUNS],
        "welch": [{"a": a, "b": b, "interval": welch(a, b)} for a, b in pairwise(RUNS)],
    }
    groups = [
        f"{json.dumps(name)}: [\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]"
        for name, rows in table.items()
    ]
    PATH.write_text("{\n" + ",\n".join(groups) + "\n}\n", encoding="utf-8")
