from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.integrations.digits import Digits, logged

import confusionflow as cf
from confusionflow.integrations.ultralytics import log_epochs

pytest.importorskip("ultralytics")

from tests.integrations.torchvision_without_operators import declare_operators

# Sorted, as Ultralytics sorts folders: not in the order of the digits.
NAMES = ["eight", "five", "four", "nine", "one", "seven", "six", "three", "two", "zero"]
FOLDERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
# A model of few layers, in the form of Ultralytics' own.
TINY = """
nc: 10
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 1, Conv, [64, 3, 2]]
head:
  - [-1, 1, Classify, [nc]]
"""


@pytest.fixture
def train(digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Train with a callback; returns what it says of each epoch: accuracy and matrix."""
    declare_operators()
    for split, x, y in (
        ("train", digits.train_x[:200], digits.train_y[:200]),
        ("val", digits.test_x[:100], digits.test_y[:100]),
    ):
        for number, (pixels, digit) in enumerate(zip(x, y, strict=True)):
            file = tmp_path / "images" / split / FOLDERS[digit] / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray((pixels.reshape(8, 8) * 255).astype(np.uint8))
            image.convert("RGB").resize((32, 32)).save(file)
    (tmp_path / "tiny-cls.yaml").write_text(TINY)
    monkeypatch.chdir(tmp_path)

    def train_with(run: cf.Run, options: Any = None, **arguments: Any) -> tuple[list[float], Any]:
        from ultralytics import YOLO

        accuracies: list[float] = []
        matrices: list[Any] = []

        def note(trainer: Any) -> None:
            accuracies.append(trainer.metrics["metrics/accuracy_top1"])
            if trainer.validator.pred:
                matrices.append(trainer.validator.confusion_matrix.matrix.T)

        model = YOLO("tiny-cls.yaml")
        log_epochs(model, run, **options or {})
        model.add_callback("on_fit_epoch_end", note)
        model.train(
            data=str(tmp_path / "images"),
            epochs=3,
            imgsz=32,
            batch=32,
            device="cpu",
            workers=0,
            plots=False,
            verbose=False,
            **{"project": str(tmp_path / "out"), **arguments},
        )
        return accuracies, matrices

    return train_with


def test_each_validation_is_logged_and_that_of_the_best_weights_is_none(
    run: cf.Run, train: Any, tmp_path: Path
) -> None:
    accuracies, matrices = train(run, {"split": "test"})
    series = logged(tmp_path)
    assert series.epochs.tolist() == [0, 1, 2]
    assert series.classes == tuple(NAMES)
    np.testing.assert_allclose(series.accuracy(), accuracies[:3], rtol=1e-6)
    np.testing.assert_array_equal(series.confusion(), matrices[:3])


def test_some_epochs_and_instances_are_the_same_each_time(
    run: cf.Run, train: Any, tmp_path: Path
) -> None:
    train(run, {"every": 2, "subset": 30})
    series = logged(tmp_path, "val")
    assert series.epochs.tolist() == [0, 2]
    support = series.support()
    assert (support[0] == support[1]).all()
    assert support[0].sum() == pytest.approx(30, abs=4)


def test_epochs_that_are_not_validated_are_not_logged(
    run: cf.Run, train: Any, tmp_path: Path
) -> None:
    train(run, val=False)
    assert logged(tmp_path, "val").epochs.tolist() == [2]


def test_the_images_that_are_validated_are_shown(run: cf.Run, train: Any, tmp_path: Path) -> None:
    train(run, {"subset": 30, "samples": True})
    series = logged(tmp_path, "val")
    looks = series.samples().set_index("instance")
    assert len(looks) == 100
    read = series.predictions()
    assert len(read.ids) == pytest.approx(30, abs=4)
    for instance, actual in zip(read.ids, read.actual, strict=True):
        path = Path(looks.loc[instance, "path"])
        assert path.is_file()
        assert path.parent.name == NAMES[actual]
