"""Reading what a layer says: the strip, the map and the units of a large layer.

At last, not timed, a small network is trained on digits, and the rank correlation of the separation
of two classes with how often they are confused is printed.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from tests.digits_cnn import train

import confusionflow as cf


def log(folder: Path, epochs: int, instances: int, units: int) -> None:
    """Log made-up features of ten classes."""
    rng = np.random.default_rng(0)
    actual = np.arange(instances) % 10
    centers = rng.normal(size=(10, units)).astype(np.float32)
    with cf.Run(folder, "run", classes=[f"{i}" for i in range(10)]) as run:
        for epoch in range(epochs):
            predicted = np.where(rng.random(instances) < 0.2, (actual + 1) % 10, actual)
            features = centers[actual] + rng.normal(size=(instances, units)).astype(np.float32)
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
            run.log_features(epoch, "test", features)


def timed(name: str, call: Callable[[], object], aim_ms: int) -> None:
    """Print the first and the least of some times."""
    times = []
    for _ in range(5):
        began_s = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - began_s))
    print(f"{name:<44} {times[0]:>9.0f} {min(times[1:]):>9.1f} {aim_ms:>7}")


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    print(f"{'milliseconds':<44} {'first':>9} {'again':>9} {'aim':>7}")
    with tempfile.TemporaryDirectory() as folder:
        log(Path(folder), epochs=100, instances=2000, units=512)
        layer = cf.open_logs(folder)["run"]["test"].features()
        timed("strip, 100 epochs, 2,000 by 512", layer.change, 100)
        timed("map of all classes", layer.map, 100)
        timed("plane of a cell", lambda: layer.plane(0, 1), 100)
    with tempfile.TemporaryDirectory() as folder:
        log(Path(folder), epochs=10, instances=2000, units=2048)
        layer = cf.open_logs(folder)["run"]["test"].features()
        timed("units by subsets, 2,048 units", lambda: layer.units(5, [(0, 1)], instances=6), 50)
        layer.units_over_time(0, 1, [0])
        timed("their history", lambda: layer.units_over_time(0, 1, range(16)), 50)
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder))
        series = cf.open_logs(folder)["digits"]["test"]
        layer, rates = series.features(), series.confusion("actual")
        apart, wrong = [], []
        for one in range(10):
            for other in range(one):
                apart.append(layer.separation(one, other))
                wrong.append(rates[:, one, other] + rates[:, other, one])
        both = [
            spearmanr(a, w).statistic
            for a, w in zip(np.array(apart).T, np.array(wrong).T, strict=True)
        ]
        known = np.array(both)[np.isfinite(both)]
        low, high = np.quantile(known, [0.1, 0.9])
        print(f"\nrank correlation of separation and confusion over pairs, {len(known)} epochs:")
        print(f"median {np.median(known):.2f}, 80 % of epochs {low:.2f} to {high:.2f}")


if __name__ == "__main__":
    main()
