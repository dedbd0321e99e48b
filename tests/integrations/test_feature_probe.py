"""Features of a layer, logged from a plain training loop in PyTorch."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import Digits
from tests.integrations.feature_tables import epochs, images, read

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowError, ConfusionFlowWarning

torch = pytest.importorskip("torch")

from tests.integrations.digits_cnn import (  # noqa: E402
    ACCIDENT,
    LAYER,
    Network,
    loader,
    trained,
)
from tests.integrations.test_synthetic import within  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from confusionflow.integrations.torch import FeatureProbe  # noqa: E402
from confusionflow.integrations.torch.attribution import attribution  # noqa: E402
from confusionflow.integrations.torch.layers import find_layer  # noqa: E402


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    """Of a network that confuses some digits."""
    from tests.integrations.digits import load

    *_, (_, model) = trained(load(), epochs=2)
    kept: dict[str, Any] = model.state_dict()
    return kept


@pytest.fixture
def model(weights: dict[str, Any]) -> Network:
    network = Network()
    network.load_state_dict(weights)
    network.eval()
    return network


@pytest.fixture
def run(tmp_path: Path, digits: Digits) -> cf.Run:
    """A run with predictions, without which features are not shown."""
    run = cf.Run(tmp_path, "run", classes=range(10))
    for epoch in range(3):
        run.log(epoch, "test", y_true=digits.test_y, y_pred=digits.test_y)
    return run


@pytest.fixture
def test_loader(digits: Digits) -> DataLoader:
    return loader(digits.test_x, digits.test_y)


def tensors(digits: Digits) -> Any:
    return torch.as_tensor(digits.test_x).reshape(-1, 1, 8, 8)


def expected_of(model: Network, digits: Digits) -> tuple[np.ndarray, np.ndarray]:
    """Pooled activations and predictions of all instances."""
    with torch.no_grad():
        hidden = model.features(tensors(digits)).mean((2, 3)).numpy()
        return hidden, model(tensors(digits)).argmax(1).numpy()


def test_class_means_are_those_of_all_instances(
    run: cf.Run, model: Network, digits: Digits, test_loader: DataLoader, tmp_path: Path
) -> None:
    FeatureProbe(run, model, LAYER, {"test": test_loader}, instances=100).log(0)
    found = read(tmp_path, LAYER, 0)
    hidden, predicted = expected_of(model, digits)
    for actual in range(10):
        rows = digits.test_y == actual
        np.testing.assert_allclose(found.means[actual, None], hidden[rows].mean(0), rtol=1e-4)
        assert found.counts[actual, None] == rows.sum()
    cells = [pair for pair in found.means if pair[1] is not None and pair[0] != pair[1]]
    assert cells
    for actual, other in cells:
        rows = (digits.test_y == actual) & (predicted == other)
        np.testing.assert_allclose(found.means[actual, other], hidden[rows].mean(0), rtol=1e-4)
    assert len(found.probe) == 100
    np.testing.assert_array_equal(np.bincount(digits.test_y[found.probe]), [10] * 10)
    best = np.sort(hidden, axis=0)[::-1][:9]
    rows = np.take_along_axis(hidden, found.exemplars.T, axis=0)
    np.testing.assert_allclose(np.sort(rows, axis=0)[::-1], best, rtol=1e-4)


def pushed_by(model: Network, digits: Digits, row: int, predicted: np.ndarray) -> np.ndarray:
    """The attribution of one instance alone."""
    x, actual = tensors(digits)[[row]], digits.test_y[[row]]
    pushed = attribution(lambda: model(x), find_layer(model, LAYER), actual, predicted[[row]])
    return np.asarray(pushed[0])


def test_attribution_is_summed_over_the_wrong_instances_of_the_probe(
    run: cf.Run, model: Network, digits: Digits, test_loader: DataLoader, tmp_path: Path
) -> None:
    probe = FeatureProbe(run, model, LAYER, {"test": test_loader}, instances=200)
    probe.log(0)
    probe.log(1)
    found = read(tmp_path, LAYER, 1)
    _, predicted = expected_of(model, digits)
    actual = digits.test_y
    of_probe = np.isin(np.arange(len(actual)), found.probe)
    wrong = {(a, p) for a, p in zip(actual[of_probe], predicted[of_probe], strict=True) if a != p}
    assert set(found.pushes) == wrong
    for a, p in wrong:
        rows = np.flatnonzero(of_probe & (actual == a) & (predicted == p))
        one_by_one = [pushed_by(model, digits, row, predicted) for row in rows.tolist()]
        expected = np.sum(one_by_one, axis=0)
        np.testing.assert_allclose(found.pushes[a, p], expected, rtol=1e-3, atol=1e-4)
        assert found.pushed[a, p] == len(rows)


def test_loaders_that_shuffle_log_the_same_by_their_ids(
    run: cf.Run, model: Network, digits: Digits, test_loader: DataLoader, tmp_path: Path
) -> None:
    ids = torch.arange(len(digits.test_y)) + 1000
    data = TensorDataset(tensors(digits), torch.as_tensor(digits.test_y), ids)
    shuffled = DataLoader(data, 50, shuffle=True)
    unpack = lambda batch: (batch[0], batch[1], batch[2])  # noqa: E731
    probe = FeatureProbe(run, model, LAYER, {"test": shuffled}, instances=50, unpack=unpack)
    probe.log(0)
    probe.log(1)
    first, second = read(tmp_path, LAYER, 0), read(tmp_path, LAYER, 1)
    assert sorted(first.probe) == sorted(second.probe)
    assert min(first.probe) >= 1000
    hidden, _ = expected_of(model, digits)
    for actual in range(10):
        expected = hidden[digits.test_y == actual].mean(0)
        np.testing.assert_allclose(second.means[actual, None], expected, rtol=1e-4)


def test_a_shuffled_loader_without_ids_is_refused(
    run: cf.Run, model: Network, digits: Digits
) -> None:
    shuffled = loader(digits.test_x, digits.test_y, shuffle=True)
    with pytest.raises(ArgumentError, match=r"split 'test' shuffles.*unpack="):
        FeatureProbe(run, model, LAYER, {"test": shuffled})


def random_numbers(device: str = "cpu") -> tuple[Any, ...]:
    return torch.rand(2).tolist(), np.random.rand(2).tolist(), random.random()


def seed() -> None:
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)


def augmented(instances: list[Any]) -> Any:
    """A batch whose making draws random numbers of all kinds."""
    random_numbers()
    return torch.utils.data.default_collate(instances)


def test_a_training_goes_on_as_if_nothing_had_been_logged(
    run: cf.Run, model: Network, digits: Digits, test_loader: DataLoader
) -> None:
    seed()
    undisturbed = random_numbers()
    generator = torch.Generator().manual_seed(4)
    data = TensorDataset(tensors(digits), torch.as_tensor(digits.test_y))
    own = DataLoader(data, 64, generator=generator, collate_fn=augmented)
    before = generator.get_state()
    model.train()
    model.features[1].eval()
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    seed()
    probe = FeatureProbe(run, model, LAYER, {"test": test_loader, "own": own})
    probe.log(0)
    probe.visualise(0, [1], steps=2)
    assert random_numbers() == undisturbed
    assert torch.equal(generator.get_state(), before)
    modes = [module.training for module in model.features]
    assert modes == [True, False, True, True, True, True, True, True]
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    hooks = [m for m in model.modules() if m._forward_hooks or m._forward_pre_hooks]
    assert hooks == []


def evaluate(model: nn.Module, batches: DataLoader) -> None:
    with torch.inference_mode():
        for x, _ in batches:
            model(x)


def broken(batches: DataLoader) -> Iterator[Any]:
    yield from batches
    raise ZeroDivisionError


def test_an_evaluation_of_ones_own_is_watched(
    run: cf.Run, model: Network, test_loader: DataLoader, tmp_path: Path
) -> None:
    probe = FeatureProbe(run, model, LAYER, {"test": test_loader}, instances=100)
    probe.log(0)
    seed()
    with probe.watch(1):
        before = random_numbers()  # the labels were read from the loader meanwhile
        evaluate(model, test_loader)
    seed()
    assert random_numbers() == before
    logged, watched = read(tmp_path, LAYER, 0), read(tmp_path, LAYER, 1)
    assert watched.probe == logged.probe
    for pair, mean in logged.means.items():
        np.testing.assert_allclose(watched.means[pair], mean, rtol=1e-5)
    assert watched.pushes
    # The first epoch does not know the probe yet.
    assert sum(watched.pushed.values()) <= sum(logged.pushed.values())
    assert not model.features._forward_hooks
    assert not model._forward_hooks


def test_what_was_not_evaluated_as_a_whole_is_told_and_not_logged(
    run: cf.Run, model: Network, test_loader: DataLoader, tmp_path: Path
) -> None:
    probe = FeatureProbe(run, model, LAYER, {"test": test_loader})
    too_few = r"64 instances went through the model, and.*540"
    with pytest.warns(ConfusionFlowWarning, match=too_few), probe.watch(0):
        model(next(iter(test_loader))[0])
    probe = FeatureProbe(run, model, LAYER, {"test": test_loader})
    model.train()
    in_training = r"in training mode.*model.eval\(\)"
    with pytest.warns(ConfusionFlowWarning, match=in_training), probe.watch(0):
        evaluate(model, test_loader)
    model.eval()
    probe = FeatureProbe(run, model, LAYER, {"test": test_loader})
    with pytest.raises(ZeroDivisionError), probe.watch(0):
        evaluate(model, broken(test_loader))
    probe.log(2)
    assert epochs(tmp_path, LAYER) == [2]


def test_a_model_that_is_compiled_or_copied_is_run_from_within(
    run: cf.Run, model: Network, digits: Digits, test_loader: DataLoader, tmp_path: Path
) -> None:
    compiled = torch.compile(model, backend="eager")
    compiled(tensors(digits)[:64])  # compiled without hooks
    for epoch, wrapped in enumerate([compiled, nn.DataParallel(model)]):
        name = next(n for n, m in wrapped.named_modules() if m is model.features)
        probe = FeatureProbe(run, wrapped, name, {"test": test_loader})
        probe.log(epoch)
        found = read(tmp_path, name, epoch)
        hidden, _ = expected_of(model, digits)
        expected = hidden[digits.test_y == 3].mean(0)
        np.testing.assert_allclose(found.means[3, None], expected, rtol=1e-4)
    probe = FeatureProbe(run, compiled, LAYER, {"test": test_loader})
    with pytest.raises(ArgumentError, match=r"compiled.*probe.log\(epoch\)"), probe.watch(0):
        pass


def test_wrong_calls_are_told_at_the_call(
    run: cf.Run, model: Network, test_loader: DataLoader, tmp_path: Path
) -> None:
    data = {"test": test_loader}
    with pytest.raises(ArgumentError, match=r"no layer 'layer4'"):
        FeatureProbe(run, model, "layer4", data)
    with pytest.raises(ArgumentError, match="used up after one epoch"):
        FeatureProbe(run, model, LAYER, {"test": iter(test_loader)})
    with pytest.raises(ArgumentError, match=re.escape("Run(..., classes=[…])")):
        FeatureProbe(cf.Run(tmp_path / "other", "run"), model, LAYER, data)
    unused = Network()
    unused.spare = nn.Linear(2, 2)
    with pytest.raises(ArgumentError, match=r"'spare' took no part"):
        FeatureProbe(run, unused, "spare", data)
    with pytest.raises(ConfusionFlowError, match=r"Pass unpack="):
        FeatureProbe(run, model, LAYER, {"test": [(torch.zeros(1, 1, 8, 8), 0, 1)]})
    probe = FeatureProbe(run, model, LAYER, data)
    with (
        pytest.raises(ArgumentError, match=r"no data for split 'val'.*'test'"),
        probe.watch(0, "val"),
    ):
        pass
    with pytest.raises(ArgumentError, match=r"32 units, but 32 is"):
        probe.visualise(0, [3, 32])
    with pytest.raises(ArgumentError, match=r'or "auto"'):
        probe.visualise(0, "best")  # type: ignore[arg-type]


def test_a_layer_that_breaks_later_ends_the_logging_and_not_the_training(
    run: cf.Run, model: Network, test_loader: DataLoader, tmp_path: Path
) -> None:
    probe = FeatureProbe(run, model, LAYER, {"test": test_loader})
    probe.log(0)
    model.head = nn.Linear(5, 10)
    with pytest.warns(ConfusionFlowWarning, match="logging stopped at epoch 1"):
        probe.log(1)
    probe.log(2)
    assert epochs(tmp_path, LAYER) == [0]


@pytest.fixture(scope="module")
def accident(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training with an accident, its features, and images before and after it."""
    from tests.integrations.digits import load

    digits, folder = load(), tmp_path_factory.mktemp("accident")
    batches = loader(digits.test_x, digits.test_y)
    probe = None
    with cf.Run(folder, "run", classes=range(10)) as run:
        for epoch, model in trained(digits):
            probe = probe or FeatureProbe(run, model, LAYER, {"test": batches})
            probe.log(epoch)
            y_pred = model.eval()(tensors(digits)).argmax(1)
            run.log(epoch, "test", y_true=digits.test_y, y_pred=y_pred)
            if epoch in (0, ACCIDENT):
                probe.visualise(epoch, steps=128, most=3)
    return folder


def test_at_an_accident_the_layer_moves_and_the_head_falls_further(accident: Path) -> None:
    series = cf.open_logs(accident)["run"]["test"]
    features = series.features(LAYER)
    assert features.epochs.tolist() == list(range(14))
    change = features.change().before
    quiet = [epoch for epoch in range(5, 14) if epoch not in (ACCIDENT, ACCIDENT + 1)]
    assert change[ACCIDENT] < change[quiet].min() - 0.05
    at = [ACCIDENT - 1, ACCIDENT]
    head, nearest = series.accuracy()[at], features.nearest()[at]
    assert head[0] > 0.9
    assert nearest[0] > 0.9
    assert head[1] < head[0] - 0.05
    assert nearest[1] - nearest[0] > head[1] - head[0]
    actual, predicted = most_confused(series, ACCIDENT)
    plane = features.plane(actual, predicted, epochs=at)
    assert plane.points.shape[0] == 2


def most_confused(series: cf.Series, epoch: int) -> tuple[str, str]:
    counts = series.confusion()[epoch].copy()
    np.fill_diagonal(counts, 0)
    actual, predicted = np.unravel_index(counts.argmax(), counts.shape)
    return series.classes[actual], series.classes[predicted]


def test_what_pushes_a_cell_of_the_accident_is_told_by_unit(accident: Path) -> None:
    series = cf.open_logs(accident)["run"]["test"]
    features = series.features(LAYER)
    pushes = features.attribution(ACCIDENT, *most_confused(series, ACCIDENT))
    assert pushes is not None
    assert pushes.shape == (32,)
    # Pushes add up to how much larger the wrong logit is, but for the difference of two biases.
    assert pushes.sum() > 0


def test_units_that_set_cells_apart_get_images_at_both_epochs(accident: Path) -> None:
    first, second = (images(accident, LAYER, epoch) for epoch in (0, ACCIDENT))
    assert len(first) == 3
    assert set(first) <= set(second)
    assert {image.shape for image in [*first.values(), *second.values()]} == {(8, 8)}
    assert all((first[unit] != second[unit]).any() for unit in first)


class Stripes(nn.Module):  # type: ignore[misc]
    """Two units that detect stripes of 4 pixels: those that run down, and those that run across."""

    def __init__(self) -> None:
        super().__init__()
        self.detect = nn.Conv2d(1, 2, 8, bias=False)
        wave = torch.tensor([1.0, 1, -1, -1, 1, 1, -1, -1])
        with torch.no_grad():
            self.detect.weight[0, 0], self.detect.weight[1, 0] = wave[None, :], wave[:, None]
        self.units = nn.ReLU()
        self.head = nn.Linear(2, 2)

    def forward(self, x: Any) -> Any:
        return self.head(self.units(self.detect(x)).mean((2, 3)))


def striped(kind: int, noise: Any) -> Any:
    """Images of kind 0 have stripes that run down, those of kind 1 that run across, others none."""
    wave = torch.sin(torch.arange(24.0) * torch.pi / 2 + 0.8)
    plain = torch.rand(24, 24, generator=noise)
    if kind == 0:
        return (plain + wave[None, :].expand(24, 24) + 1) / 3
    if kind == 1:
        return (plain + wave[:, None].expand(24, 24) + 1) / 3
    return plain


def test_a_stripe_detector_gets_an_image_and_exemplars_with_its_stripe(
    tmp_path: Path,
) -> None:
    noise = torch.Generator().manual_seed(0)
    kinds = np.arange(60) % 3
    x = torch.stack([striped(int(kind), noise) for kind in kinds])[:, None]
    batches = DataLoader(TensorDataset(x, torch.as_tensor(kinds % 2)), 16)
    run = cf.Run(tmp_path / "stripes", "run", classes=["down", "across"])
    probe = FeatureProbe(run, Stripes(), "units", {"test": batches})
    run.log(0, "test", y_true=kinds % 2, y_pred=kinds % 2)
    probe.log(0)
    probe.visualise(0, [0, 1], steps=128)
    found = read(tmp_path / "stripes", "units", 0)
    drawn = images(tmp_path / "stripes", "units", 0)
    for unit in (0, 1):
        assert set(kinds[found.exemplars[unit]]) == {unit}
        shares = [within(drawn[unit].astype(float), angle, period=4) for angle in (0.0, 90.0)]
        assert shares[unit] > 0.1
        assert shares[unit] > 5 * shares[1 - unit]


def test_images_are_for_networks_of_images(run: cf.Run, digits: Digits) -> None:
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    flat = DataLoader(
        TensorDataset(torch.as_tensor(digits.test_x), torch.as_tensor(digits.test_y)), 64
    )
    probe = FeatureProbe(run, model, "1", {"test": flat})
    with pytest.raises(ArgumentError, match=r"shape \(2, 64\).*one channel or three"):
        probe.visualise(0, [0])


def test_the_loop_of_the_docs_logs_features_and_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "feature-probe.md"
    text = page.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```py\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, page, "exec"), {})
    assert epochs(tmp_path / "logs", "3") == [0, 1, 2, 3]
    assert len(read(tmp_path / "logs", "3", 3).probe) == 300
    assert images(tmp_path / "logs", "3", 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_model_on_a_gpu_logs_the_same(
    run: cf.Run, model: Network, test_loader: DataLoader, tmp_path: Path
) -> None:
    FeatureProbe(run, model, LAYER, {"test": test_loader}).log(0)
    probe = FeatureProbe(run, model.cuda(), LAYER, {"test": test_loader})
    probe.log(1)
    probe.visualise(1, [0], steps=2)
    cpu, gpu = read(tmp_path, LAYER, 0), read(tmp_path, LAYER, 1)
    for pair, mean in cpu.means.items():
        np.testing.assert_allclose(gpu.means[pair], mean, rtol=1e-2, atol=1e-3)
