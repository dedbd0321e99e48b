"""How often the tests of findings err, what their intervals cover, and what they can see.

All is simulated: an instance has a propensity of its own to be confused, so its epochs are alike,
as in real logs. Nothing is timed; the numbers do not depend on the machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence.events import find_events
from confusionflow.analysis.evidence.exact import exact_p, rounded_towards
from confusionflow.analysis.evidence.falls import find_falls
from confusionflow.analysis.evidence.followed import STRONG, follow
from confusionflow.analysis.evidence.gap import find_gaps
from confusionflow.analysis.evidence.intervals import newcombe, paired_mover
from confusionflow.analysis.evidence.membership import by_membership
from confusionflow.analysis.evidence.permutation import (
    ENOUGH_HITS,
    membership_hits,
    normal_p,
    sign_flip_p,
)
from confusionflow.analysis.evidence.shares import shares
from confusionflow.analysis.evidence.shift import from_counts, shift
from confusionflow.analysis.evidence.window import window

Float = NDArray[np.float64]
Test = Callable[[Float, Float], float]

EPOCHS = 50
RATES = (0.005, 0.02, 0.05, 0.1)
SUPPORTS = ((50, 50), (200, 1000), (1000, 1000), (5000, 5000))
# How alike the epochs of an instance are: the smaller, the more.
STEADINESS = 0.3
DRAWS = 1000


def shares_of(rng: np.random.Generator, n: int, rate: float) -> Float:
    """Share of the window's epochs in which each of n instances is confused."""
    propensity = rng.beta(rate * STEADINESS, (1 - rate) * STEADINESS, n)
    drawn: Float = rng.binomial(EPOCHS, propensity) / EPOCHS
    return drawn


def counts_only(a: Float, b: Float) -> float:
    k, m = rounded_towards(a.sum(), len(a), b.sum(), len(b))
    return float(exact_p(k, len(a), m, len(b)))


def permuted(a: Float, b: Float) -> float:
    p = counts_only(a, b)
    if min(p, normal_p(a, b)) >= 0.1:
        return p
    hits, drawn = membership_hits(a, b, draws=DRAWS)
    return (1 + hits) / (1 + drawn) if hits >= ENOUGH_HITS else p


def one_epoch(a: Float, b: Float) -> float:
    """Fisher's test at one epoch: right, and blind to all others."""
    rng = np.random.default_rng(int(1e9 * (a.sum() + b.sum())) % 2**32)
    k, m = (rng.random(len(q)) < q for q in (a, b))
    return float(exact_p(k.sum(), len(a), m.sum(), len(b)))


def naive(a: Float, b: Float) -> float:
    """Every epoch of every instance as a sample of its own."""
    n, m = len(a) * EPOCHS, len(b) * EPOCHS
    return float(stats.chi2_contingency(table(a.sum() * EPOCHS, n, b.sum() * EPOCHS, m))[1])


def welch(a: Float, b: Float) -> float:
    p = stats.ttest_ind(a, b, equal_var=False).pvalue
    return 1.0 if np.isnan(p) else float(p)


def table(k: float, n: int, m: float, of: int) -> Float:
    # Half a count more than none, so that there always is a test.
    return np.array([[k + 0.5, n - k + 0.5], [m + 0.5, of - m + 0.5]])


TESTS: dict[str, Test] = {
    "counts only": counts_only,
    "instances permuted": permuted,
    "one epoch, exact": one_epoch,
    "Welch on shares": welch,
    "epochs as samples": naive,
}


def rejections(times: int, change: float, seed: int) -> dict[tuple[float, int, int], list[float]]:
    """Share of simulations in which each test rejects at 5 %."""
    rng = np.random.default_rng(seed)
    found = {}
    for rate in RATES:
        for n, m in SUPPORTS:
            pairs = [
                (shares_of(rng, n, rate), shares_of(rng, m, rate + change)) for _ in range(times)
            ]
            found[rate, n, m] = [
                float(np.mean([test(a, b) <= 0.05 for a, b in pairs])) for test in TESTS.values()
            ]
    return found


def coverage(times: int, seed: int) -> dict[tuple[float, int, int], list[float]]:
    """Share of simulations in which 95 % intervals hold the true difference of 2 points."""
    rng = np.random.default_rng(seed)
    found = {}
    for rate in RATES:
        for n, m in SUPPORTS:
            hits = np.zeros(3)
            for _ in range(times):
                a, b = shares_of(rng, n, rate), shares_of(rng, m, rate + 0.02)
                low, high = newcombe(a.sum(), n, b.sum(), m)
                hits[0] += low <= 0.02 <= high
                few = [
                    max(1.0, q.mean() * (1 - q.mean()) / q.var(ddof=1)) if q.var() else 1.0
                    for q in (a, b)
                ]
                size = (n * few[0], m * few[1])
                low, high = newcombe(a.mean() * size[0], size[0], b.mean() * size[1], size[1])
                hits[1] += low <= 0.02 <= high
                d = shares_of(rng, n, rate + 0.02) - shares_of(rng, n, rate)
                low, high = paired_mover(np.maximum(d, 0).mean(), np.maximum(-d, 0).mean(), n)
                hits[2] += low <= 0.02 <= high
            found[rate, n, m] = [float(x) for x in hits / times]
    return found


def paired_rejections(times: int, seed: int) -> dict[tuple[float, int], float]:
    """Share of null pairs of the same instances that sign flips call different at 5 %."""
    rng = np.random.default_rng(seed)
    found = {}
    for rate in RATES:
        for n in (50, 200, 1000):
            hits = 0
            for _ in range(times):
                propensity = rng.beta(rate * STEADINESS, (1 - rate) * STEADINESS, n)
                d = (rng.binomial(EPOCHS, propensity) - rng.binomial(EPOCHS, propensity)) / EPOCHS
                hits += sign_flip_p(d, unit=1 / EPOCHS) <= 0.05
            found[rate, n] = hits / times
    return found


def halves(times: int, seed: int, classes: int = 10, support: int = 200) -> tuple[float, float]:
    """Share of random halves of a test set with anything certain: by counts, by instances."""
    rng = np.random.default_rng(seed)
    actual = np.repeat(np.arange(classes), support)
    n = len(actual)
    wrong = rng.beta(0.1 * STEADINESS, 0.9 * STEADINESS, n)
    other = (actual + rng.integers(1, classes, n)) % classes
    predicted = np.where(rng.random((EPOCHS, n)) < wrong, other, actual)
    epochs = np.arange(EPOCHS)
    certain = np.zeros(2)
    for _ in range(times):
        side = rng.permutation(n) < n // 2
        sides = []
        for chosen in (side, ~side):
            key = actual[chosen] * classes + predicted[:, chosen]
            counts = [np.bincount(one, minlength=classes**2) for one in key]
            cube = Cube.from_dense(epochs, np.reshape(counts, (EPOCHS, classes, classes)))
            sides.append(
                (window(cube, epochs), shares(actual[chosen], predicted[:, chosen], classes))
            )
        (a, in_a), (b, in_b) = sides
        for i, refine in enumerate((from_counts, by_membership(in_a, in_b))):
            certain[i] += any("certain" in f.level for f in shift(a, b, refine).values())
    return float(certain[0] / times), float(certain[1] / times)


def null_events(series: int, seed: int, epochs: int = 200) -> dict[str, int]:
    """Count what is found in runs in which nothing happens."""
    rng = np.random.default_rng(seed)
    count = dict.fromkeys(("events", "corroborated", "gaps", "falls"), 0)
    for _ in range(series):
        rates = np.full((10, 10), 0.1 / 9)
        rates[range(10), range(10)] = 0.9
        cubes = []
        for support in (500, 100):
            dense = np.stack([rng.multinomial(support, rates) for _ in range(epochs)])
            cubes.append(Cube.from_dense(np.arange(epochs), dense))
        following = follow(["train", "test"], cubes)
        train, test = following.tracks
        found = find_events(following.splits, following.early)
        count["events"] += len(found)
        count["corroborated"] += sum(event.corroborated for event in found)
        count["gaps"] += len(find_gaps(train, test, following.early))
        for split, tracks in (("train", train), ("test", test)):
            falls = find_falls(split, tracks, following.early)
            count["falls"] += sum(fall.strength >= STRONG for fall in falls)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400, help="simulations of each row")
    times = parser.parse_args().times
    for title, change in (
        ("No difference: rejected at 5 %", 0.0),
        ("A difference of 5 points", 0.05),
    ):
        print(f"\n{title}\n")
        _print(["rate", "support", *TESTS], rejections(times, change, 1))
    print("\nWhat 95 % intervals cover, at a true difference of 2 points\n")
    _print(["rate", "support", "Newcombe, n = support", "effective n", "MOVER"], coverage(times, 2))
    print("\nThe same instances, no difference: sign flips reject at 5 %\n")
    print("| rate | support | rejected |\n| --- | --- | --- |")
    for (rate, n), share in paired_rejections(times, 3).items():
        print(f"| {rate:.1%} | {n:,} | {share:.1%} |")
    by_counts, by_instances = halves(min(times, 200), 4)
    print(f"\nHalves of one test set with anything certain: {by_counts:.1%} by counts, ", end="")
    print(f"{by_instances:.1%} by instances")
    found = ", ".join(f"{name} {n}" for name, n in null_events(min(times, 300), 5).items())
    print(f"\n{min(times, 300)} runs of 200 epochs in which nothing happens: {found}")


def _print(columns: list[str], rows: dict[tuple[float, int, int], list[float]]) -> None:
    print("| " + " | ".join(columns) + " |\n" + "| --- " * len(columns) + "|")
    for (rate, n, m), values in rows.items():
        print(f"| {rate:.1%} | {n:,} and {m:,} | " + " | ".join(f"{v:.1%}" for v in values) + " |")


if __name__ == "__main__":
    main()
