"""Which score finds wrong labels: planted ones in scikit-learn's digits, score by score.

Run `python -m bench.label_errors`. A tenth of the labels is changed, to any other class or to the
next one; a small network trains on one half and is evaluated on both. The table has the average
precision of each score, its mean over three seeds, beside that of the last epoch alone.
"""

import argparse
import tempfile
import warnings
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score
from sklearn.neural_network import MLPClassifier

import confusionflow as cf
from confusionflow.reading.instances import LABEL_SCORES, LOW_IS_SUSPICIOUS

EPOCHS = 40
SHARE = 0.1


def planted(
    labels: NDArray[np.int64], flips: str, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Labels of which a tenth is wrong, and which these are."""
    is_wrong = rng.random(len(labels)) < SHARE
    by = rng.integers(1, 10, len(labels)) if flips == "uniform" else 1
    return np.where(is_wrong, (labels + by) % 10, labels), is_wrong


def train(folder: Path, flips: str, seed: int) -> dict[str, NDArray[np.bool_]]:
    """Log a training; return which labels are wrong, by split."""
    rng = np.random.default_rng(seed)
    x, y = load_digits(return_X_y=True)
    order = rng.permutation(len(y))
    parts = {"train": order[: len(y) // 2], "validation": order[len(y) // 2 :]}
    labels, wrong = planted(y, flips, rng)
    model = MLPClassifier((64,), learning_rate_init=0.002, batch_size=32, random_state=seed)
    with cf.Run(folder, f"{flips}-{seed}", classes=range(10)) as run:
        for epoch in range(EPOCHS):
            mine = parts["train"]
            model.partial_fit(x[mine], labels[mine], classes=range(10))
            for split, places in parts.items():
                p = model.predict_proba(x[places])
                run.log(epoch, split, y_true=labels[places], y_prob=p, ids=places)
    return {split: wrong[places] for split, places in parts.items()}


def precisions(series: cf.Series, is_wrong: dict[int, bool]) -> dict[str, float]:
    """Average precision of each score."""
    last = int(series.epochs[-1])
    found = {}
    for name, by, epochs in (
        *((score, score, None) for score in LABEL_SCORES),
        ("suspicious_label, last epoch", "suspicious_label", (last, last)),
        ("self_confidence, last epoch", "self_confidence", (last, last)),
    ):
        table = series.possible_label_errors(by=by, epochs=epochs, backend="pyarrow")
        score = dict(zip(table["instance"].to_pylist(), table["score"].to_pylist(), strict=True))
        sign = -1 if by in LOW_IS_SUSPICIOUS else 1
        lowest = min(sign * value for value in score.values()) - 1
        ranked = [sign * score[i] if i in score else lowest for i in is_wrong]
        found[name] = float(average_precision_score(list(is_wrong.values()), ranked))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    warnings.simplefilter("ignore")
    columns: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for flips in ("uniform", "pairs"):
            wrong = [train(Path(folder), flips, seed) for seed in seeds]
            logs = cf.open_logs(folder)
            for split in ("train", "validation"):
                runs = []
                for seed in seeds:
                    series = logs[f"{flips}-{seed}"][split]
                    order = np.random.default_rng(seed).permutation(1797)
                    places = order[:898] if split == "train" else order[898:]
                    is_wrong = dict(zip(places.tolist(), wrong[seed][split].tolist(), strict=True))
                    runs.append(precisions(series, is_wrong))
                columns[f"{flips} {split}"] = {
                    name: fmean(run[name] for run in runs) for name in runs[0]
                }
    print(f"{'':>30}" + "".join(f"{name:>20}" for name in columns))
    for name in next(iter(columns.values())):
        print(f"{name:>30}" + "".join(f"{column[name]:20.2f}" for column in columns.values()))


if __name__ == "__main__":
    main()
