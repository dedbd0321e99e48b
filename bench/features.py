"""Logging what a layer does, beside keeping all its activations, and beside the forward pass.

Run `python -m bench.features`; in an environment with torch it prints the second table too.
Contestants take turns. Processor time is printed beside the median, since others may be using the
machine.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
from bench.log_epoch import size_of, synced
from numpy.typing import NDArray

import confusionflow as cf

UNITS = 512
CLASSES = 10
EPOCHS = 12

Floats = NDArray[np.float32]


def activations(instances: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Activations of a layer, actual and predicted classes; every tenth prediction is wrong."""
    random = np.random.default_rng(0)
    actual = random.integers(0, CLASSES, instances)
    predicted = np.where(random.random(instances) < 0.9, actual, (actual + 1) % CLASSES)
    centers = random.normal(size=(CLASSES, UNITS))
    hidden = centers[actual] + random.normal(size=(instances, UNITS))
    return np.maximum(hidden, 0).astype(np.float32), actual, predicted


def in_turns(
    contestants: dict[str, Callable[[int], Any]], folder: Path | None = None, epochs: int = EPOCHS
) -> None:
    """Print a row for each contestant; the first is what the others are compared with."""
    took: dict[str, list[float]] = {name: [] for name in contestants}
    worked: dict[str, list[float]] = {name: [] for name in contestants}
    sizes = dict.fromkeys(contestants, 0)
    for epoch in range(epochs + 2):
        for name, do in contestants.items():
            before = size_of(folder) if folder else 0
            start, start_cpu = perf_counter(), process_time()
            do(epoch)
            if epoch > 1:  # before that, modules are loaded and the probe is found
                took[name].append((perf_counter() - start) * 1e3)
                worked[name].append((process_time() - start_cpu) * 1e3)
            sizes[name] = (size_of(folder) if folder else 0) - before
    print(f"{'':>28}{'median ms':>11}{'CPU ms':>9}{'ratio':>8}{'kB':>10}")
    base = median(next(iter(worked.values())))
    for name in contestants:
        middle, cpu = median(took[name]), median(worked[name])
        size = f"{sizes[name] / 1e3:10,.0f}" if folder else ""
        print(f"{name:>28}{middle:11.1f}{cpu:9.1f}{cpu / base:7.1f}x{size}")


def logging(instances: int, folder: Path) -> None:
    """Class means and the probe, beside all activations in half precision."""
    hidden, actual, predicted = activations(instances)
    run = cf.Run(folder / "logs", "bench", classes=range(CLASSES))

    def ours(epoch: int) -> None:
        run.log_features(epoch, "test", hidden, y_true=actual, y_pred=predicted)

    def save(epoch: int) -> None:
        path = folder / f"{epoch}.npy"
        np.save(path, hidden.astype(np.float16))
        synced(path)

    def compressed(epoch: int) -> None:
        path = folder / f"{epoch}.npz"
        np.savez_compressed(path, hidden.astype(np.float16))
        synced(path)

    print(f"\n{instances:,} instances, {UNITS} units, {CLASSES} classes")
    in_turns({"log_features": ours, "np.save": save, "np.savez_compressed": compressed}, folder)


def beside_the_forward_pass(folder: Path) -> None:
    """A small residual network on 2,000 images of 32 by 32 pixels."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    from confusionflow.integrations.torch import FeatureProbe

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 32, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(32, 128, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(128, UNITS, 3, 2, 1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(UNITS, CLASSES),
    ).eval()
    images = torch.rand(2000, 3, 32, 32)
    with torch.inference_mode():
        labels = model(images).argmax(1)
    labels = labels.clone()
    labels[::10] = (labels[::10] + 1) % CLASSES
    batches = DataLoader(TensorDataset(images, labels), 250)
    run = cf.Run(folder, "bench", classes=range(CLASSES))
    logs, watches = (FeatureProbe(run, model, "5", {s: batches}) for s in ("logged", "watched"))

    def forward(epoch: int) -> None:
        with torch.inference_mode():
            for x, _ in batches:
                model(x)

    def watch(epoch: int) -> None:
        with watches.watch(epoch):
            forward(epoch)

    print(f"\n2,000 images, {UNITS} channels, 200 wrong predictions")
    in_turns({"forward pass alone": forward, "watched": watch, "FeatureProbe.log": logs.log})


def main() -> None:
    for instances in (2_000, 10_000, 50_000):
        with tempfile.TemporaryDirectory() as folder:
            logging(instances, Path(folder))
    try:
        with tempfile.TemporaryDirectory() as folder:
            beside_the_forward_pass(Path(folder))
    except ModuleNotFoundError:
        print("\ntorch is not installed: the forward pass is left out")


if __name__ == "__main__":
    main()
