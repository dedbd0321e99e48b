"""Detections of Ultralytics: objects may be missed, and detections may match none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.integrations.digits import logged

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning
from confusionflow.integrations.ultralytics import log_epochs

pytest.importorskip("ultralytics")

from tests.integrations.torchvision_without_operators import declare_operators

NAMES = ["square", "circle"]
# A model of few layers, in the form of Ultralytics' own.
TINY = """
nc: 2
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 1, Conv, [64, 3, 2]]
head:
  - [[2], 1, Detect, [nc]]
"""
IMAGES = {"train": 40, "val": 16}

Train = Callable[..., list[Any]]


def draw(file: Path, rng: np.random.Generator) -> list[int]:
    """Draw a square, a circle or nothing; returns the classes of what was drawn.

    Objects are large, as the first guesses of a model that has learnt for seconds are.
    """
    image = Image.new("RGB", (64, 64), "white")
    pen = ImageDraw.Draw(image)
    lines, classes = [], []
    for kind in rng.integers(2, size=rng.integers(2)).tolist():
        half = int(rng.integers(22, 30))
        box = [32 - half, 32 - half, 32 + half, 32 + half]
        if kind:
            pen.ellipse(box, "red")
        else:
            pen.rectangle(box, "blue")
        lines.append(f"{kind} 0.5 0.5 {half / 32} {half / 32}")
        classes.append(kind)
    file.parent.mkdir(parents=True, exist_ok=True)
    image.save(file)
    label = Path(str(file).replace("images", "labels")).with_suffix(".txt")
    label.parent.mkdir(parents=True, exist_ok=True)
    label.write_text("\n".join(lines))
    return classes


@pytest.fixture
def objects(tmp_path: Path) -> list[int]:
    """A data set; returns how many squares and circles are validated."""
    rng = np.random.default_rng(0)
    classes: dict[str, list[int]] = {"train": [], "val": []}
    for split, size in IMAGES.items():
        for number in range(size):
            file = tmp_path / "data" / "images" / split / f"{number}.png"
            classes[split] += draw(file, rng)
    (tmp_path / "data.yaml").write_text(
        f"path: {tmp_path / 'data'}\ntrain: images/train\nval: images/val\nnames: {NAMES}\n"
    )
    (tmp_path / "tiny.yaml").write_text(TINY)
    return [classes["val"].count(kind) for kind in (0, 1)]


@pytest.fixture
def train(objects: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Train with a run; returns Ultralytics' own matrix of each epoch, rows actual."""
    declare_operators()
    monkeypatch.chdir(tmp_path)

    def train_with(run: cf.Run, **options: Any) -> list[Any]:
        from ultralytics import YOLO

        matrices: list[Any] = []

        def note(trainer: Any) -> None:
            if trainer.validator.training:
                matrices.append(trainer.validator.confusion_matrix.matrix.T)

        model = YOLO("tiny.yaml")
        log_epochs(model, run, **options)
        model.add_callback("on_fit_epoch_end", note)
        # By itself, Ultralytics fills its matrix for the last validation only.
        model.add_callback("on_val_start", lambda validator: setattr(validator.args, "plots", True))
        model.train(
            data=str(tmp_path / "data.yaml"),
            epochs=3,
            imgsz=64,
            batch=8,
            optimizer="Adam",
            lr0=0.01,
            warmup_epochs=0,
            # So low that a model of seconds detects something.
            conf=0.0001,
            device="cpu",
            workers=0,
            plots=True,
            verbose=False,
            project=str(tmp_path / "out"),
        )
        return matrices

    return train_with


def test_each_validation_is_logged_as_ultralytics_counts_it(
    train: Train, objects: list[int], tmp_path: Path
) -> None:
    run = cf.Run(tmp_path, "run", background="background")
    matrices = train(run, confidence=0.0001)
    series = logged(tmp_path, "val")
    assert series.epochs.tolist() == [0, 1, 2]
    assert series.classes == ("square", "circle", "background")
    counts = series.confusion()
    np.testing.assert_array_equal(counts, matrices)
    # Each object is in its row once, found or missed; there is no background that was found.
    assert counts[:, :2].sum(2).tolist() == [objects] * 3
    assert (counts[:, 2, 2] == 0).all()
    assert counts[:, 2].sum() > 0
    assert counts[:, :, 2].sum() > 0
    assert cf.open_logs(tmp_path)["run"].background == "background"


def test_a_run_without_background_is_told_before_the_training(train: Train, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"task is 'detect'.*background=\"background\""):
        train(cf.Run(tmp_path, "run"))
    with pytest.raises(ArgumentError, match="of another name than"):
        train(cf.Run(tmp_path, "run", background="circle"))
    assert not list((tmp_path / "out").rglob("*.pt"))


def test_trouble_while_training_warns_and_the_training_goes_on(
    train: Train, tmp_path: Path
) -> None:
    run = cf.Run(tmp_path, "run", background="background")
    run.close()
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at epoch 0.*goes on"):
        assert len(train(run)) == 3
