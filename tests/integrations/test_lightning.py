from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import Digits, assert_ends_with, logged

import confusionflow as cf
from confusionflow.errors import LabelError
from confusionflow.reading.feature_tables import Subset

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from lightning.pytorch.callbacks import ModelCheckpoint  # noqa: E402
from tests.integrations.lightning_model import Model, Returning, loader, trainer  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402

from confusionflow.integrations.lightning import ConfusionFlow  # noqa: E402

CHILD = Path(__file__).parent / "lightning_on_two.py"


@pytest.fixture
def train(digits: Digits) -> DataLoader:
    return loader(digits.train_x, digits.train_y)


@pytest.fixture
def test(digits: Digits) -> DataLoader:
    return loader(digits.test_x, digits.test_y)


def predicted(model: Model, digits: Digits) -> Any:
    with torch.inference_mode():
        return model.eval()(torch.from_numpy(digits.test_x)).argmax(1)


def test_validations_are_logged_without_a_second_pass(
    run: cf.Run, digits: Digits, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    model, calls = Model(), []
    model.register_forward_hook(lambda *_: calls.append(model.training))
    trainer(tmp_path, ConfusionFlow(run)).fit(model, train, test)
    series = logged(tmp_path, "val")
    assert series.times_logged.tolist() == [1, 1, 1]
    assert_ends_with(tmp_path, [0, 1, 2], digits.test_y, predicted(model, digits), "val")
    assert series.support()[0].sum() == len(digits.test_y)
    assert series.accuracy()[-1] > 0.85
    # The two batches of the sanity check, three validations of nine batches, and this test's own.
    assert calls.count(False) == 2 + 3 * len(test) + 1
    assert len(model._forward_hooks) == 1


def test_several_loaders_have_names(
    run: cf.Run, train: DataLoader, test: DataLoader, digits: Digits, tmp_path: Path
) -> None:
    new = loader(digits.test_x[:50], digits.test_y[:50])
    trainer(tmp_path, ConfusionFlow(run), epochs=1).fit(Model(), train, {"old": test, "new": new})
    trainer(tmp_path, ConfusionFlow(run), epochs=1).test(Model(), [test, new], verbose=False)
    logged_run = cf.open_logs(tmp_path)["run"]
    sizes = {split: int(logged_run[split].support().sum()) for split in logged_run}
    assert sizes == {"old": 540, "new": 50, "test 0": 540, "test 1": 50}


def test_only_due_validations_are_logged(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    fitting = trainer(tmp_path, ConfusionFlow(run, every=2), epochs=7, check_val_every_n_epoch=2)
    fitting.fit(Model(), train, test)
    assert logged(tmp_path, "val").epochs.tolist() == [1, 5]


def test_a_test_is_logged_at_the_epoch_of_its_weights(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    best = ModelCheckpoint(tmp_path / "best", save_top_k=-1, filename="{epoch}")
    callback = ConfusionFlow(run)
    fitting = trainer(tmp_path, callback, best, enable_checkpointing=True)
    model = Model()
    fitting.fit(model, train, test)
    fitting.test(model, test, verbose=False)
    assert logged(tmp_path).epochs.tolist() == [2]
    fitting.test(
        model, test, ckpt_path=tmp_path / "best" / "epoch=1.ckpt", verbose=False, weights_only=False
    )
    assert logged(tmp_path).epochs.tolist() == [1, 2]
    both = logged(tmp_path), logged(tmp_path, "val")
    np.testing.assert_array_equal(both[0].confusion(), both[1].confusion()[1:])


def test_steps_are_the_time_where_the_run_says_so(
    train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    with cf.Run(tmp_path, "run", classes=range(10), time_unit="step") as run:
        fitting = trainer(tmp_path, ConfusionFlow(run), epochs=2, val_check_interval=0.5)
        fitting.fit(Model(), train, test)
    assert logged(tmp_path, "val").epochs.tolist() == [10, 20, 30, 40]


def test_a_subset_is_the_same_each_epoch_and_by_class(
    run: cf.Run, digits: Digits, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    trainer(tmp_path, ConfusionFlow(run, subset=100)).fit(Model(), train, test)
    support = logged(tmp_path, "val").support()
    assert (support == support[0]).all()
    shares = 100 * np.bincount(digits.test_y) / len(digits.test_y)
    np.testing.assert_allclose(support[0], shares, atol=0.51)


RETURNS: dict[str, Any] = {
    "logits": lambda logits, batch: {"loss": logits.mean(), "logits": logits},
    "labels and classes": lambda logits, batch: {"preds": logits.argmax(1), "y": batch[1]},
}


@pytest.mark.parametrize("case", RETURNS)
def test_what_the_step_returns_is_logged(
    run: cf.Run, digits: Digits, test: DataLoader, tmp_path: Path, case: str
) -> None:
    model = Returning(RETURNS[case])
    trainer(tmp_path, ConfusionFlow(run)).validate(model, test, verbose=False)
    assert_ends_with(tmp_path, [0], digits.test_y, predicted(model, digits), "val")


def test_a_function_takes_predictions_out_of_anything(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    batches = DataLoader(
        [{"x": x, "digit": y} for x, y in zip(digits.test_x, digits.test_y, strict=True)], 64
    )
    model = Returning(lambda logits, batch: logits)
    with pytest.raises(LabelError, match=r"a dict of 'x', 'digit'.*no predictions.*predictions="):
        trainer(tmp_path, ConfusionFlow(run)).validate(model, batches, verbose=False)
    assert not model._forward_hooks
    take = lambda outputs, batch: (batch["digit"], outputs)  # noqa: E731
    trainer(tmp_path, ConfusionFlow(run, predictions=take)).validate(model, batches, verbose=False)
    assert_ends_with(tmp_path, [0], digits.test_y, predicted(model, digits), "val")


@pytest.fixture(scope="module")
def on_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training that validates in two processes, as Lightning starts them."""
    folder = tmp_path_factory.mktemp("two")
    subprocess.run(
        [sys.executable, CHILD, folder],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        timeout=300,
    )
    return folder


def test_two_processes_count_as_one(on_two: Path, digits: Digits) -> None:
    run = cf.open_logs(on_two)["run"]
    series = run["val"]
    weights = torch.load(on_two / "weights.pt")
    model = Model()
    model.load_state_dict(weights)
    # 539 instances: each process has 270, one of them padded.
    actual = digits.test_y[:539]
    assert_ends_with(on_two, [0, 1], actual, predicted(model, digits)[:539], "val")
    assert (series.support().sum(1) == 539).all()
    assert run["subset"].support()[0].sum() == pytest.approx(100, abs=6)


def test_features_of_two_processes_are_pooled(on_two: Path, digits: Digits) -> None:
    features = cf.open_logs(on_two)["run"]["val"].features("layers.1")
    assert features.epochs.tolist() == [0, 1]
    model = Model()
    model.load_state_dict(torch.load(on_two / "weights.pt"))
    # DistributedSampler evaluates the first instance twice, to make the shares equal.
    rows = [*range(539), 0]
    x, actual = torch.from_numpy(digits.test_x[rows]), digits.test_y[rows]
    with torch.inference_mode():
        hidden = model.eval().layers[:2](x).numpy()
        wrong = model(x).argmax(1).numpy() != actual
    means = features.means(1)
    for digit in range(10):
        at = means.subsets[Subset(digit)]
        assert means.moments.count[at] == (actual == digit).sum()
        expected = hidden[actual == digit].mean(0)
        np.testing.assert_allclose(means.moments.mean[at], expected, rtol=1e-3, atol=1e-5)
    assert wrong.any()
    cell = next(
        (a, int(p))
        for a, p, is_wrong in zip(actual, model(x).argmax(1).tolist(), wrong.tolist(), strict=True)
        if is_wrong
    )
    assert features.attribution(1, *map(str, cell)) is not None


def test_a_run_of_one_process_is_refused_in_two(on_two: Path) -> None:
    words = (on_two / "refused.txt").read_text()
    assert words.startswith("2 processes evaluate together, and the run was made for 1.")
    assert "world_size=trainer.world_size" in words
