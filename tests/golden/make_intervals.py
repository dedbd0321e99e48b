"""Write intervals.json: Wilson's intervals that Python and the client must both arrive at.

Everything is computed here in plain Python, without the package. Run `python
tests/golden/make_intervals.py` after a change. Counts may be means over epochs, so they need not
be whole.
"""

import json
from math import sqrt
from pathlib import Path
from statistics import NormalDist

PATH = Path(__file__).with_name("intervals.json")

CASES = [(0, 10), (10, 10), (5, 10), (1, 200), (26.18, 200), (24.12, 1000), (0.5, 3), (3, 50_000)]


def wilson(k: float, n: int) -> tuple[float, float]:
    """Solve (p - k/n)² = z² p (1 - p) / n for p, of which the interval is the two roots."""
    z = NormalDist().inv_cdf(0.975)
    a, b, c = 1 + z * z / n, -(2 * k / n + z * z / n), (k / n) ** 2
    root = sqrt(b * b - 4 * a * c)
    low, high = (-b - root) / (2 * a), (-b + root) / (2 * a)
    return (0.0 if k == 0 else low), (1.0 if k == n else high)


if __name__ == "__main__":
    rows = [{"k": k, "n": n, "interval": wilson(k, n)} for k, n in CASES]
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    PATH.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
