"""Train three run configurations on a real data set while somebody watches.

The data are scikit-learn's handwritten digits (1,797 images of 8 x 8 pixels). Each run logs three
splits: `train`, `test`, and `shifted`: test images that were moved, dimmed and made noisy, with
some rare classes: data that the model was not made for.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.log import Run

CLASSES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CONFIGS: dict[str, dict[str, Any]] = {
    "sgd-slow": {"optimizer": "sgd", "learning_rate": 0.001, "hidden": 32},
    "sgd-fast": {"optimizer": "sgd", "learning_rate": 0.1, "hidden": 32},
    "adam": {"optimizer": "adam", "learning_rate": 0.003, "hidden": 32},
}
# How long to wait for the epoch that is being trained when the demo is interrupted.
EPOCH_ENDS_S = 5.0
SHIFTED_SHARES = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.4, 0.25, 0.15]


@dataclass(frozen=True)
class Split:
    """Load images, shape (instances, 64), and their digits, shape (instances,)."""

    images: NDArray[np.float64]
    digits: NDArray[np.int64]


def demo(
    log_dir: str | os.PathLike[str] | None,
    *,
    host: str,
    port: int | None,
    allowed_hosts: Iterable[str],
    with_token: bool | None,
    epochs: int,
    pace_s: float,
    ready: Callable[[str, Path], None],
) -> None:
    """Train in the background and serve until interrupted.

    Arguments:
        log_dir: Where to log; None for a new temporary folder, which is kept.
        host: Address to listen on.
        port: Port to listen on; None for the first free one.
        allowed_hosts: Names under which the page is opened, as for `serve`.
        with_token: Whether a client must show a token, as for `serve`.
        epochs: Epochs to train.
        pace_s: Least seconds of an epoch of all runs, so that people can follow.
        ready: Called with the page's address and the log directory.
    """
    from confusionflow.server.serve import serve

    folder = Path(log_dir) if log_dir else Path(tempfile.mkdtemp(prefix="confusionflow-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    ended = threading.Event()
    training = threading.Thread(target=train, args=(folder, epochs, pace_s, ended), daemon=True)

    def announce(address: str) -> None:
        ready(address, folder)
        training.start()

    try:
        serve(
            folder,
            host=host,
            port=port,
            allowed_hosts=allowed_hosts,
            with_token=with_token,
            ready=announce,
        )
    finally:
        ended.set()
        if training.is_alive():
            training.join(EPOCH_ENDS_S)


def train(
    log_dir: str | os.PathLike[str],
    epochs: int,
    pace_s: float = 0.0,
    ended: threading.Event | None = None,
) -> None:
    """Train all run configurations side by side and log every epoch.

    Arguments:
        log_dir: Where to log.
        epochs: Epochs to train.
        pace_s: Least seconds of an epoch.
        ended: Stops the training early once it is set.
    """
    from sklearn.neural_network import MLPClassifier

    splits = make_splits()
    models = {
        name: MLPClassifier(
            hidden_layer_sizes=(config["hidden"],),
            solver=config["optimizer"],
            learning_rate_init=config["learning_rate"],
            batch_size=32,
            random_state=0,
        )
        for name, config in CONFIGS.items()
    }
    runs = {
        name: Run(log_dir, name=name, config=config, classes=CLASSES)
        for name, config in CONFIGS.items()
    }
    for epoch in range(epochs):
        began_s = time.monotonic()
        for name, model in models.items():
            known = splits["train"]
            model.partial_fit(known.images, known.digits, classes=range(10))
            for split, data in splits.items():
                probabilities = model.predict_proba(data.images)
                runs[name].log(epoch, split, y_true=data.digits, y_prob=probabilities)
        rest_s = max(0.0, pace_s - (time.monotonic() - began_s))
        if ended is not None and ended.wait(rest_s):
            return
    for run in runs.values():
        run.close()


def make_splits(seed: int = 0) -> dict[str, Split]:
    """The data sets: two thirds to train with, a third to test with, and that third shifted."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        digits.data / 16, digits.target, test_size=1 / 3, random_state=seed, stratify=digits.target
    )
    return {
        "train": Split(train_x, train_y),
        "test": Split(test_x, test_y),
        "shifted": _shift(Split(test_x, test_y), np.random.default_rng(seed)),
    }


def _shift(split: Split, rng: np.random.Generator) -> Split:
    """Move the images by up to a pixel, dim them, add noise, and make some digits rare."""
    kept = rng.random(len(split.digits)) < np.array(SHIFTED_SHARES)[split.digits]
    images = split.images[kept].reshape(-1, 8, 8)
    moved = np.stack([np.roll(image, rng.integers(-1, 2, 2), (0, 1)) for image in images])
    noisy = 0.8 * moved + rng.normal(0, 0.08, moved.shape)
    return Split(np.clip(noisy, 0, 1).reshape(-1, 64), split.digits[kept])
