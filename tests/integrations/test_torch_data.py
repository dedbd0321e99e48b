"""What PyTorch models put out, and what is told when an Evaluator is made."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from tests.integrations.digits import logged

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning, LabelError

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, Dataset, TensorDataset  # noqa: E402

from confusionflow.integrations.torch import Evaluator  # noqa: E402

NAMES = ["cat", "dog", "fox"]
RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(50, 3)).astype(np.float32)
LABELS = RNG.integers(0, 3, 50)
# Of each of eight images, the logits of 4 by 6 pixels.
PIXELS = RNG.normal(size=(8, 3, 4, 6)).astype(np.float32)
MASKS = RNG.integers(0, 3, (8, 4, 6))


class Returns(nn.Module):  # type: ignore[misc]
    """Puts out what it is given, in a wrapping."""

    def __init__(self, wrap: Any = lambda logits: logits) -> None:
        super().__init__()
        self._wrap = wrap

    def forward(self, logits: Any) -> Any:
        return self._wrap(logits)


def loader(x: Any, y: Any) -> Any:
    return DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), 3)


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    return cf.Run(tmp_path, "run", classes=NAMES)


@dataclass
class Output:
    logits: Any
    hidden: Any = None


WRAPPINGS: dict[str, Any] = {
    "bare": lambda logits: logits,
    "out and aux": lambda logits: {"aux": -logits, "out": logits},
    "logits of an object": lambda logits: Output(logits, hidden=logits[:, :1]),
    "half precision": lambda logits: logits.to(torch.bfloat16),
}


@pytest.mark.parametrize("kind", WRAPPINGS)
@pytest.mark.parametrize("task", ["images", "pixels"])
def test_outputs_in_wrappings_are_found(run: cf.Run, tmp_path: Path, kind: str, task: str) -> None:
    x, y = (LOGITS, LABELS) if task == "images" else (PIXELS, MASKS)
    Evaluator(run, {"test": loader(x, y)}).log(0, Returns(WRAPPINGS[kind]))
    predicted = WRAPPINGS["half precision"](torch.tensor(x)).float() if "half" in kind else x
    expected = confusion_matrix(y.ravel(), np.asarray(predicted).argmax(1).ravel())
    assert logged(tmp_path).confusion()[0].tolist() == expected.tolist()


def test_a_hugging_face_output_is_found(run: cf.Run, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from transformers.modeling_outputs import SequenceClassifierOutput

    model = Returns(lambda logits: SequenceClassifierOutput(loss=logits.mean(), logits=logits))
    Evaluator(run, {"test": loader(LOGITS, LABELS)}).log(0, model)
    expected = confusion_matrix(LABELS, LOGITS.argmax(1))
    assert logged(tmp_path).confusion()[0].tolist() == expected.tolist()


def test_several_labels_of_pixels_are_ignored(tmp_path: Path) -> None:
    masks = MASKS.copy()
    masks[:, 0] = 255
    masks[:, :, 0] = 254
    run = cf.Run(tmp_path, "run", classes=NAMES, ignore_index=[255, 254])
    Evaluator(run, {"test": loader(PIXELS, masks)}).log(0, Returns(lambda x: {"out": x}))
    kept = masks < 3
    expected = confusion_matrix(masks[kept], PIXELS.argmax(1)[kept])
    assert logged(tmp_path).confusion()[0].tolist() == expected.tolist()
    assert logged(tmp_path).left_out.tolist() == [int((~kept).sum())]


def test_one_hot_labels_are_indices(run: cf.Run, tmp_path: Path) -> None:
    one_hot = np.eye(3, dtype=np.float32)[LABELS]
    Evaluator(run, {"test": loader(LOGITS, one_hot)}).log(0, Returns())
    expected = confusion_matrix(LABELS, LOGITS.argmax(1))
    assert logged(tmp_path).confusion()[0].tolist() == expected.tolist()


def test_several_labels_of_an_instance_are_refused_when_the_evaluator_is_made(
    run: cf.Run,
) -> None:
    several = np.eye(3, dtype=np.float32)[LABELS]
    several[:, 0] = 1
    several[0] = 1
    with pytest.raises(LabelError, match=r"any number of labels.*Log each label as a split"):
        Evaluator(run, {"test": loader(LOGITS, several)})


WRONG_LOADERS: dict[str, tuple[Any, str]] = {
    "an iterator": (lambda: iter(loader(LOGITS, LABELS)), "used up after one epoch"),
    "three tensors": (
        lambda: DataLoader(TensorDataset(*[torch.tensor(LABELS)] * 3), 3),
        r"not the pair.*unpack=",
    ),
}


@pytest.mark.parametrize("kind", WRONG_LOADERS)
def test_loaders_are_tried_when_the_evaluator_is_made(run: cf.Run, kind: str) -> None:
    make, words = WRONG_LOADERS[kind]
    with pytest.raises((ArgumentError, LabelError), match=words):
        Evaluator(run, {"test": make()})


class Augmented(Dataset):  # type: ignore[misc]
    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[Any, int]:
        return torch.rand(3) + random.random() + float(np.random.rand()), 0


def test_trying_a_loader_draws_no_random_numbers(run: cf.Run) -> None:
    def drawn() -> tuple[float, float, float]:
        return float(torch.rand(1)), random.random(), float(np.random.rand())

    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(0)
    expected = drawn()
    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(0)
    Evaluator(run, {"test": DataLoader(Augmented(), 2)})
    assert drawn() == expected


def test_trouble_while_training_warns_and_ends_the_logging(run: cf.Run, tmp_path: Path) -> None:
    evaluator = Evaluator(run, {"test": loader(LOGITS, LABELS)})
    evaluator.log(0, Returns())
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at epoch 1. The model outputs 2"):
        evaluator.log(1, Returns(lambda logits: logits[:, :2]))
    evaluator.log(2, Returns())
    assert logged(tmp_path).epochs.tolist() == [0]
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at epoch 0. RuntimeError: no memory"):
        Evaluator(run, {"test": loader(LOGITS, LABELS)}).log(0, Returns(_fail))


def _fail(logits: Any) -> Any:
    raise RuntimeError("no memory")
