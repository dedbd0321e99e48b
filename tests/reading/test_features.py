"""Features as a series gives them, of runs with ranks and of a network that was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cachetools import LRUCache
from tests.digits_cnn import ACCIDENT, EPOCHS, LAYER, train

import confusionflow as cf
from confusionflow.errors import ClassNotFoundError, EpochNotFoundError, NoFeaturesError
from confusionflow.reading.feature_reader import size_of
from confusionflow.reading.features import Features
from confusionflow.reading.findings.representation import changes
from confusionflow.reading.unit_rows import About

NAMES = ["cat", "dog", "fox"]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    train(folder)
    return folder


def data(seed: int, size: int = 90, units: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    actual = np.arange(size) % 3
    predicted = np.where(rng.random(size) < 0.5, (actual + 1) % 3, actual)
    features = rng.normal(size=(size, units)).astype(np.float32) * 0.5
    features[:, :3] += 3 * np.eye(3, dtype=np.float32)[actual]
    return actual, predicted, features


def log(folder: Path, ranks: int = 1, epochs: int = 2) -> Features:
    for rank in range(ranks):
        run = cf.Run(folder, "run", classes=NAMES, id="job", rank=rank, world_size=ranks)
        for epoch in range(epochs):
            actual, predicted, features = data(epoch)
            rows = np.arange(rank, len(actual), ranks)
            run.log(epoch, "test", y_true=actual[rows], y_pred=predicted[rows], ids=rows)
            run.log_features(
                epoch, "test", features[rows], ids=rows, attribution=2 * features[rows]
            )
        run.close()
    return cf.open_logs(folder)["run"]["test"].features()


def test_ranks_together_say_what_one_process_says(tmp_path: Path) -> None:
    one, three = log(tmp_path / "one"), log(tmp_path / "three", ranks=3)
    assert one.epochs.tolist() == three.epochs.tolist() == [0, 1]
    for epoch in (0, 1):
        a, b = one.means(epoch), three.means(epoch)
        assert a.subsets.keys() == b.subsets.keys()
        order = [b.subsets[subset] for subset in a.subsets]
        np.testing.assert_array_equal(a.moments.count, b.moments.count[order])
        np.testing.assert_allclose(a.moments.mean, b.moments.mean[order], atol=1e-4)
        np.testing.assert_allclose(a.moments.squares, b.moments.squares[order], rtol=1e-3)
        np.testing.assert_array_equal(
            one.exemplars(epoch).exemplars[:5], three.exemplars(epoch).exemplars[:5]
        )
        pushed = [each.attribution(epoch, "cat", "dog") for each in (one, three)]
        assert pushed[0] is not None
        assert pushed[1] is not None
        np.testing.assert_allclose(pushed[0], pushed[1], rtol=1e-5)
    np.testing.assert_allclose(
        one.separation("cat", "fox"), three.separation("cat", "fox"), rtol=1e-4
    )
    np.testing.assert_allclose(one.change().before, three.change().before, atol=1e-3)


@pytest.mark.parametrize("rows", [0, 100, 1 << 15], ids=["each alone", "two", "all"])
def test_packed_epochs_are_read_whatever_row_group_they_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("confusionflow.store.packed.GROUP_ROWS", rows)
        log(tmp_path / "packed", epochs=5)
    run = cf.Run(tmp_path / "loose", "run", classes=NAMES)
    for epoch in range(5):
        actual, predicted, features = data(epoch)
        ids = np.arange(len(actual))
        run.log(epoch, "test", y_true=actual, y_pred=predicted, ids=ids)
        run.log_features(epoch, "test", features, ids=ids)
    assert len(list((tmp_path / "packed").rglob("features-probe-*"))) == 1
    assert len(list((tmp_path / "loose").rglob("features-probe-*"))) == 5
    packed, loose = (
        cf.open_logs(tmp_path / name)["run"]["test"].features() for name in ("packed", "loose")
    )
    for epoch in (3, 0, 4, 1, 2):
        np.testing.assert_array_equal(
            packed.means(epoch).moments.mean, loose.means(epoch).moments.mean
        )
        np.testing.assert_array_equal(packed.probe(epoch).ids, loose.probe(epoch).ids)
        np.testing.assert_array_equal(
            packed.probe(epoch).coordinates, loose.probe(epoch).coordinates
        )
        np.testing.assert_array_equal(
            packed.exemplars(epoch).exemplars, loose.exemplars(epoch).exemplars
        )
    np.testing.assert_array_equal(
        packed.plane("cat", "dog").points, loose.plane("cat", "dog").points
    )


def test_change_and_map_need_no_table_of_units(tmp_path: Path) -> None:
    whole = log(tmp_path / "whole")
    log(tmp_path / "part")
    for file in (tmp_path / "part").rglob("features-units-*"):
        file.unlink()
    part = cf.open_logs(tmp_path / "part")["run"]["test"].features()
    np.testing.assert_array_equal(part.change().before, whole.change().before)
    np.testing.assert_array_equal(part.map().points, whole.map().points)
    assert not part.plane("cat", "dog").epochs.size


def test_units_that_tell_a_cell_are_found_with_their_distance(tmp_path: Path) -> None:
    actual, predicted, features = data(0)
    features[(actual == 0) & (predicted == 1), 7] += 5
    with cf.Run(tmp_path, "run", classes=NAMES) as run:
        run.log(0, "test", y_true=actual, y_pred=predicted)
        run.log_features(0, "test", features)
    found = cf.open_logs(tmp_path)["run"]["test"].features()
    rows = found.units(0, [("cat", "dog"), ("dog", "fox")], most=3, instances=4, listed=[0, 3, 1])
    assert rows.units[0] == 7
    first, second, listed, instance, *_ = rows.rows
    assert [first, second] == [About("cell", "cat", "dog"), About("cell", "dog", "fox")]
    assert (listed.kind, instance.kind) == ("listed", "instance")
    of_class = features[actual == 0].astype(np.float64)
    right = features[(actual == 0) & (predicted == 0), 7].mean()
    wrong = features[(actual == 0) & (predicted == 1), 7].mean()
    np.testing.assert_allclose(rows.values[0, 0], (wrong - right) / of_class[:, 7].std(), rtol=1e-3)
    # Instances are rebuilt from their coordinates, which are all there are units here.
    value = (features[int(instance.instance or -1), 7] - right) / of_class[:, 7].std()
    np.testing.assert_allclose(rows.values[3, 0], value, atol=0.02)
    chosen = found.units(0, [("cat", "dog")], instances=[9, "nobody", 4])
    assert [row.instance for row in chosen.rows[1:]] == ["9", "4"]
    assert rows.count[:3].tolist()[2] == 3
    np.testing.assert_allclose(
        found.units_over_time("cat", "dog", rows.units.tolist())[0], rows.values[0], rtol=1e-6
    )


def test_classes_are_rows_beside_the_right_ones_of_the_first_cell(tmp_path: Path) -> None:
    actual, predicted, features = data(0)
    found = log(tmp_path, epochs=1)
    rows = found.units(0, [("cat", "dog")], classes=["fox"], most=3)
    assert rows.rows[1] == About("class", "fox")
    cats = features[actual == 0].astype(np.float64)
    right = features[(actual == 0) & (predicted == 0)].mean(axis=0)
    expected = (features[actual == 2].mean(axis=0) - right) / cats.std(axis=0)
    np.testing.assert_allclose(rows.values[1], expected[rows.units], rtol=1e-3)
    over_time = found.units_over_time("fox", None, rows.units.tolist(), of="cat")
    np.testing.assert_allclose(over_time, rows.values[1:2], rtol=1e-6)


def test_points_of_a_cell_are_those_of_its_two_classes(tmp_path: Path) -> None:
    found = log(tmp_path)
    plane = found.plane("dog", "fox")
    assert set(plane.actual) == {1, 2}
    assert plane.points.shape == (2, 60, 2)
    np.testing.assert_allclose(plane.points[:, plane.actual == 1, 0].mean(axis=1), 0, atol=0.05)
    np.testing.assert_allclose(plane.points[:, plane.actual == 2, 0].mean(axis=1), 1, atol=0.05)
    _, predicted, _ = data(1)
    np.testing.assert_array_equal(plane.predicted[1], predicted[plane.ids])
    assert found.plane("dog", "fox", epochs=[1]).epochs.tolist() == [1]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    found = log(tmp_path)
    with pytest.raises(ClassNotFoundError, match="Did you mean 'cat'"):
        found.separation("cta", "dog")
    with pytest.raises(EpochNotFoundError, match="Epoch 7 has no features"):
        found.means(7)
    series = cf.open_logs(tmp_path)["run"]["test"]
    with pytest.raises(NoFeaturesError, match=r"no layer 'conv'\. It has: 'features'"):
        series.features("conv")
    with cf.Run(tmp_path / "other", "run", classes=NAMES) as run:
        run.log(0, "test", y_true=[0], y_pred=[0])
    with pytest.raises(NoFeaturesError, match=r"run\.log_features"):
        cf.open_logs(tmp_path / "other")["run"]["test"].features()


def test_tables_that_the_cache_cannot_hold_are_read_again(tmp_path: Path) -> None:
    kept = log(tmp_path)
    small = Features(cf.open_logs(tmp_path)["run"]["test"].stored, kept=LRUCache(9, size_of))
    for _ in range(2):
        pushed = [each.attribution(1, "cat", "dog") for each in (kept, small)]
        assert pushed[0] is not None
        assert pushed[1] is not None
        np.testing.assert_array_equal(pushed[0], pushed[1])
        np.testing.assert_array_equal(kept.change().before, small.change().before)


def test_a_layer_that_always_changes_has_no_events() -> None:
    rng = np.random.default_rng(0)
    assert not len(changes(np.concatenate([[np.nan], rng.uniform(0.5, 0.9, 40)])))


@pytest.mark.slow
def test_an_accident_shows_in_strip_map_and_sentence(digits: Path) -> None:
    series = cf.open_logs(digits)["digits"]["test"]
    features = series.features(LAYER)
    change = features.change()
    assert np.nanargmin(change.before) == ACCIDENT
    assert change.before[ACCIDENT] < 0.7
    assert np.median(change.before[1:]) > 0.99
    moved = features.map().step
    quiet = np.median(moved[10:ACCIDENT])
    assert quiet < 0.05
    assert moved[ACCIDENT] > 0.4
    accuracy, nearest = series.accuracy(), features.nearest()
    head = accuracy[ACCIDENT - 1] - accuracy[ACCIDENT]
    assert head > 0.2
    assert nearest[ACCIDENT - 1] - nearest[ACCIDENT] < 0.75 * head
    findings = list(series.findings().flat())
    (moved_at,) = [f for f in findings if f.kind == "event: representation"]
    assert moved_at.epochs is not None
    assert moved_at.epochs[0] == ACCIDENT
    told = [f for f in findings if "Features or head?" in f.sentence]
    assert told
    assert any(f"the layers after '{LAYER}' changed" in f.sentence for f in told)
    assert len(features.epochs) == EPOCHS


def test_a_unit_that_hardly_varies_says_nothing_of_single_instances(tmp_path: Path) -> None:
    actual, predicted, features = data(0, units=40)
    features[:, 5] = 1 + 1e-6 * np.arange(len(actual))
    with cf.Run(tmp_path, "run", classes=NAMES) as run:
        run.log(0, "test", y_true=actual, y_pred=predicted)
        run.log_features(0, "test", features)
    found = cf.open_logs(tmp_path)["run"]["test"].features()
    rows = found.units(0, [("cat", "dog")], listed=[0, 3, 6, 9], instances=2, only=[5, 6])
    assert np.isfinite(rows.values[0]).all()
    assert np.isnan(rows.values[1:, 0]).all()
    assert np.isfinite(rows.values[1:, 1]).all()
