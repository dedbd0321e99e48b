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
from confusionflow.reading.features import Features


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


def timed(name: str, folder: str, call: Callable[[Features], object], aim_ms: int) -> None:
    """Print how long a call takes of which nothing was read before, and how long again."""
    cold: list[float] = []
    cold_cpu: list[float] = []
    again: list[float] = []
    for _ in range(5):
        layer = cf.open_logs(folder)["run"]["test"].features()
        for times, cpu in ((cold, cold_cpu), (again, [])):
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            call(layer)
            times.append(1e3 * (time.perf_counter() - began_s))
            cpu.append(1e3 * (time.process_time() - began_cpu_s))
    print(
        f"{name:<40} {min(cold):>7.0f} {min(cold_cpu):>9.0f} {min(again):>9.1f} {aim_ms:>7}",
        flush=True,
    )


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    print(f"{'milliseconds':<40} {'first':>7} {'first CPU':>9} {'again':>9} {'aim':>7}")
    with tempfile.TemporaryDirectory() as folder:
        log(Path(folder), epochs=100, instances=2000, units=512)
        timed("strip, 100 epochs, 2,000 by 512", folder, lambda layer: layer.change(), 100)
        timed("map of all classes", folder, lambda layer: layer.map(), 100)
        timed("plane of a cell", folder, lambda layer: layer.plane(0, 1), 100)
    with tempfile.TemporaryDirectory() as folder:
        log(Path(folder), epochs=10, instances=2000, units=2048)
        units = "units by subsets, 2,048 units"
        timed(units, folder, lambda layer: layer.units(5, [(0, 1)], instances=6), 50)
        timed("their history", folder, lambda layer: layer.units_over_time(0, 1, range(16)), 50)
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
