from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.integrations.digits import Digits, assert_ends_with, logged

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from confusionflow.integrations.torch import Evaluator, predict  # noqa: E402


@pytest.fixture
def loader(digits: Digits) -> DataLoader:
    return DataLoader(
        TensorDataset(torch.from_numpy(digits.test_x), torch.from_numpy(digits.test_y)), 64
    )


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10)
    )


def step(model: nn.Module, digits: Digits) -> None:
    optimizer = torch.optim.SGD(model.parameters(), 0.5)
    for _ in range(20):
        loss = nn.functional.cross_entropy(
            model(torch.from_numpy(digits.train_x)), torch.from_numpy(digits.train_y)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_a_loop_logs_what_the_model_predicts(
    run: cf.Run, digits: Digits, loader: DataLoader, model: nn.Module, tmp_path: Path
) -> None:
    evaluator = Evaluator(run, {"test": loader}, every=2)
    for epoch in range(5):
        step(model, digits)
        evaluator.log(epoch, model)
    model.eval()
    expected = model(torch.from_numpy(digits.test_x)).argmax(1)
    assert_ends_with(tmp_path, [0, 2, 4], digits.test_y, expected)
    assert logged(tmp_path).accuracy()[-1] > 0.8


def test_each_module_is_in_its_mode_again(loader: DataLoader, model: nn.Module) -> None:
    model.train()
    model[1].eval()  # frozen, as in fine-tuning
    before = model[1].running_mean.clone()
    predict(model, loader)
    assert [module.training for module in model] == [True, False, True, True, True]
    assert torch.equal(model[1].running_mean, before)
    broken = DataLoader([(torch.zeros(3), 0)])
    with pytest.raises(RuntimeError):
        predict(model, broken)
    assert model.training


def test_predictions_do_not_depend_on_dropout_or_keep_gradients(
    loader: DataLoader, model: nn.Module
) -> None:
    first, second = predict(model, loader), predict(model, loader)
    np.testing.assert_array_equal(first[1], second[1])
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_subset_is_the_same_each_epoch(
    run: cf.Run, loader: DataLoader, model: nn.Module, tmp_path: Path
) -> None:
    evaluator = Evaluator(run, {"test": loader}, subset=0.2)
    for epoch in range(3):
        evaluator.log(epoch, model)
    counts = logged(tmp_path).confusion()
    assert (counts == counts[0]).all()
    assert counts[0].sum() == pytest.approx(0.2 * 540, abs=5)
    with pytest.raises(ConfusionFlowError, match=r"subset needs a torch DataLoader.*a list"):
        Evaluator(run, {"test": [(torch.zeros(1, 64), [0])]}, subset=10).log(3, model)


def test_batches_of_another_form_are_unpacked(
    run: cf.Run, digits: Digits, model: nn.Module, tmp_path: Path
) -> None:
    batches = [{"image": torch.from_numpy(digits.test_x), "label": digits.test_y, "meta": None}]
    with pytest.raises(ConfusionFlowError, match=r"A batch is a dict.*unpack="):
        Evaluator(run, {"test": batches}).log(0, model)
    unpack = lambda batch: (batch["image"], batch["label"])  # noqa: E731
    Evaluator(run, {"test": batches}, unpack=unpack).log(0, model)
    assert logged(tmp_path).support().sum() == len(digits.test_y)


def test_tensors_are_logged_as_they_come(run: cf.Run, tmp_path: Path) -> None:
    actual = torch.tensor([0, 1, 2, 9])
    logits = torch.eye(10)[[0, 2, 2, 9]].requires_grad_().to(torch.bfloat16)
    run.log(0, "test", y_true=actual, y_prob=logits.softmax(1))
    run.log(torch.tensor(1), "test", y_true=actual.int(), y_pred=logits.argmax(1))
    counts = logged(tmp_path).confusion()
    assert (counts[0] == counts[1]).all()
    assert counts[0, 1, 2] == 1


def test_the_plain_loop_of_the_docs_logs_its_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to.md"
    text = page.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```py\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, page, "exec"), {})
    series = cf.open_logs("torch-logs")["linear"]["train"]
    assert series.epochs.tolist() == [0, 1, 2]
    assert (series.support().sum(1) == 200).all()
