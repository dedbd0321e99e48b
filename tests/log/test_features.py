"""Features of a layer, logged beside the predictions of an epoch."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import confusionflow as cf
from confusionflow.errors import (
    ArgumentError,
    ClassesError,
    ConfusionFlowWarning,
    LabelError,
    RunClosedError,
    ShapeError,
)
from confusionflow.store import Store
from confusionflow.store.check import check_run
from confusionflow.store.compact import compact_run
from confusionflow.store.features import StoredFeatures
from confusionflow.store.format.file_names import Kind
from confusionflow.store.places.open import open_filesystem

NAMES = ["cat", "dog", "fox"]
IDS = np.arange(1000, 1060)


def new_run(folder: Path, **options: Any) -> cf.Run:
    return cf.Run(folder, "run", classes=NAMES, **options)


def epoch_of(seed: int, size: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    actual = np.arange(size) % 3
    predicted = np.where(rng.random(size) < 0.4, (actual + 1) % 3, actual)
    return actual, predicted, rng.normal(size=(size, 7)).astype(np.float32) + actual[:, None]


def log_epoch(run: cf.Run, epoch: int, seed: int = 0, **options: Any) -> None:
    actual, predicted, features = epoch_of(seed)
    run.log(epoch, "test", y_true=actual, y_pred=predicted, ids=IDS)
    run.log_features(epoch, "test", features, ids=IDS, layer="pool", **options)


def stored(folder: Path, attempt: int | None = None) -> StoredFeatures:
    store = Store(folder)
    return store.run(store.run_ids()[0], attempt).splits["test"].features


def table(folder: Path, kind: Any, epoch: int = 0, layer: str = "pool") -> pa.Table:
    features = stored(folder)
    (found,) = features.tables(features.layers[layer], kind, [epoch])[epoch]
    return found.rows


def subset(rows: pa.Table, actual: int, predicted: int | None) -> dict[str, np.ndarray]:
    chosen = [
        at
        for at, pair in enumerate(
            zip(rows["actual"].to_pylist(), rows["predicted"].to_pylist(), strict=True)
        )
        if pair == (actual, predicted)
    ]
    return {name: rows[name].take(chosen).to_numpy() for name in rows.column_names}


def test_means_and_spreads_are_those_of_the_instances(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        log_epoch(run, 0)
    actual, predicted, features = epoch_of(0)
    rows = table(tmp_path, "features-means")
    for a, p in [(0, None), (0, 0), (0, 1), (2, None), (2, 0)]:
        chosen = features[(actual == a) & (predicted == (predicted if p is None else p))]
        found = subset(rows, a, p)
        assert found["unit"].tolist() == list(range(7))
        assert set(found["count"]) == {len(chosen)}
        np.testing.assert_allclose(found["mean"], chosen.mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(found["squares"], chosen.var(axis=0) * len(chosen), rtol=1e-4)


def test_cells_of_fewer_than_five_instances_are_not_kept(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(0)
    predicted = actual.copy()
    predicted[np.flatnonzero(actual == 0)[:4]] = 1
    predicted[np.flatnonzero(actual == 1)[:5]] = 2
    with new_run(tmp_path) as run:
        run.log(0, "test", y_true=actual, y_pred=predicted)
        run.log_features(0, "test", features)
    rows = table(tmp_path, "features-means", layer="features")
    pairs = set(zip(rows["actual"].to_pylist(), rows["predicted"].to_pylist(), strict=True))
    assert (0, 1) not in pairs
    assert (1, 2) in pairs
    assert {(0, None), (1, None), (2, None)} < pairs


def test_nearest_means_are_counted_by_class_and_cell(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        log_epoch(run, 0)
    actual, predicted, features = epoch_of(0)
    means = np.stack([features[actual == c].mean(axis=0) for c in range(3)])
    nearest = np.linalg.norm(features[:, None] - means, axis=2).argmin(axis=1)
    rows = table(tmp_path, "features-means")
    for a, p in [(0, None), (1, None), (1, 2)]:
        chosen = (actual == a) & (predicted == (predicted if p is None else p))
        found = subset(rows, a, p)
        assert set(found["tried"]) == {chosen.sum()}
        assert set(found["nearest"]) == {(nearest[chosen] == a).sum()}


def test_the_probe_rebuilds_the_features_of_its_instances(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        log_epoch(run, 0)
    actual, predicted, features = epoch_of(0)
    probe, units = table(tmp_path, "features-probe"), table(tmp_path, "features-units")
    order = probe["instance"].to_numpy() - 1000
    assert sorted(order) == list(range(60))
    np.testing.assert_array_equal(probe["actual"], actual[order])
    np.testing.assert_array_equal(probe["predicted"], predicted[order])
    coordinates = np.stack([probe[f"coordinate_{k}"] for k in range(7)], axis=1)
    basis = np.stack([units[f"basis_{k}"] for k in range(7)], axis=1)
    rebuilt = units["center"].to_numpy() + coordinates @ basis.T
    np.testing.assert_allclose(rebuilt, features[order], atol=0.01)
    np.testing.assert_allclose(probe["rest"], 0, atol=0.01)


def test_exemplars_are_named_by_their_ids(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        log_epoch(run, 0)
    features = epoch_of(0)[2]
    units = table(tmp_path, "features-units")
    expected = IDS[np.argsort(-features, axis=0)]
    for rank in (0, 8):
        np.testing.assert_array_equal(units[f"exemplar_{rank}"], expected[rank])
    np.testing.assert_allclose(units["activation_0"], features.max(axis=0), rtol=1e-3)


def test_batches_give_what_one_call_gives(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(3)
    names = [f"image {at}" for at in range(60)]
    with new_run(tmp_path) as run:
        run.log_features(
            0, "test", features, layer="whole", ids=names, y_true=actual, y_pred=predicted
        )
        run.log(0, "test", y_true=actual, y_pred=predicted, ids=names)
        with run.feature_batches(0, "test", layer="batches") as batches:
            for rows in np.array_split(np.arange(60)[::-1], 7):
                batches.add(
                    features[rows],
                    ids=[names[row] for row in rows],
                    y_true=[NAMES[a] for a in actual[rows]],
                    y_pred=predicted[rows],
                )
        with run.feature_batches(0, "test", layer="logged labels") as batches:
            for rows in np.array_split(np.arange(60), 4):
                batches.add(features[rows], ids=[names[row] for row in rows])
    whole = table(tmp_path, "features-means", layer="whole")
    for layer in ("batches", "logged labels"):
        other = table(tmp_path, "features-means", layer=layer)
        for name in ("actual", "predicted", "unit", "count", "nearest"):
            assert other[name].equals(whole[name]), name
        for name in ("mean", "squares"):
            np.testing.assert_allclose(other[name], whole[name], rtol=1e-4, atol=1e-5)
        ids = [
            set(table(tmp_path, "features-probe", layer=x)["instance"].to_pylist())
            for x in ("whole", layer)
        ]
        assert ids[0] == ids[1]


def test_the_probe_stays_the_same_from_epoch_to_epoch(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        log_epoch(run, 0, seed=0, instances=12)
        with run.feature_batches(1, "test", layer="pool", instances=12) as batches:
            known = batches.in_probe(IDS)
            actual, predicted, features = epoch_of(1)
            order = np.random.default_rng(5).permutation(60)
            batches.add(
                features[order], ids=IDS[order], y_true=actual[order], y_pred=predicted[order]
            )
    first = table(tmp_path, "features-probe", 0)["instance"].to_pylist()
    assert sorted(first) == sorted(table(tmp_path, "features-probe", 1)["instance"].to_pylist())
    assert sorted(first) == IDS[known].tolist()
    assert np.bincount(np.array(first) % 3).tolist() == [4, 4, 4]


def test_attributions_are_summed_by_wrong_cell(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(0)
    pushed = features * 2
    pushed[np.flatnonzero(actual != predicted)[0]] = np.nan
    with new_run(tmp_path) as run:
        log_epoch(run, 0, attribution=pushed)
    rows = table(tmp_path, "features-attribution")
    chosen = (actual == 0) & (predicted == 1) & np.isfinite(pushed[:, 0])
    found = subset(rows, 0, 1)
    np.testing.assert_allclose(found["sum"], pushed[chosen].sum(axis=0), rtol=1e-5)
    assert set(found["count"]) == {chosen.sum()}
    assert not any(a == p for a, p in zip(rows["actual"], rows["predicted"], strict=True))


def test_units_that_set_wrong_cells_apart_come_first(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(0)
    features = np.random.default_rng(0).normal(size=features.shape).astype(np.float32)
    features[(actual == 0) & (predicted == 1), 4] += 9
    with new_run(tmp_path) as run:
        assert run.units_apart("test") == []
        run.log(0, "test", y_true=actual, y_pred=predicted)
        run.log_features(0, "test", features)
        assert run.units_apart("test", most=3)[0] == 4
        assert len(run.units_apart("test", most=3)) == 3


def test_images_of_units_are_kept_as_png(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.zeros((2, 4, 5, 3), np.uint8)
    pixels[1, :, 2] = (255, 128, 0)
    with new_run(tmp_path) as run:
        log_epoch(run, 0)
        run.log_unit_images(0, "test", pixels, units=[3, 6], layer="pool")
        run.log_unit_images(0, "test", pixels[:1, :, :, 0] / 255, units=[5], layer="pool")
    features = stored(tmp_path)
    tables = features.images(features.layers["pool"], 0)
    found = {row["unit"]: row["png"] for each in tables for row in each.rows.to_pylist()}
    assert sorted(found) == [3, 5, 6]
    np.testing.assert_array_equal(np.asarray(image.open(io.BytesIO(found[6]))), pixels[1])


def test_features_are_hidden_and_shown_as_epochs_are(tmp_path: Path) -> None:
    with new_run(tmp_path, id="job") as run:
        for epoch in range(4):
            log_epoch(run, epoch, seed=epoch)
    with new_run(tmp_path, id="job") as run:
        log_epoch(run, 2, seed=9)
    features = stored(tmp_path)
    layer = features.layers["pool"]
    assert features.epochs(layer) == (0, 1, 2)
    ((found,),) = features.tables(layer, "features-means", [2]).values()
    assert found.metadata.attempt == 1
    older = stored(tmp_path, attempt=0)
    assert older.epochs(layer) == (0, 1, 2, 3)
    assert older.version != features.version


def test_features_that_are_logged_again_replace_those_before(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        log_epoch(run, 0, seed=0)
        with pytest.warns(ConfusionFlowWarning, match="again"):
            log_epoch(run, 0, seed=1)
    features = epoch_of(1)[2]
    found = subset(table(tmp_path, "features-means"), 0, None)
    np.testing.assert_allclose(found["mean"], features[::3].mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("is_packed", [False, True])
def test_check_names_damaged_and_missing_features(tmp_path: Path, is_packed: bool) -> None:
    run = new_run(tmp_path)
    for epoch in range(3):
        log_epoch(run, epoch, seed=epoch)
    if is_packed:
        run.close()
    filesystem = open_filesystem(tmp_path)
    assert check_run(filesystem, run.id) == []
    probe = sorted(tmp_path.rglob("features-probe*"))
    assert len(probe) == (1 if is_packed else 3)
    data = probe[0].read_bytes()
    probe[0].write_bytes(data[:-40] + bytes(40))
    (problem,) = check_run(filesystem, run.id)
    assert problem.file.endswith(probe[0].name)
    features = stored(tmp_path)
    layer = features.layers["pool"]
    left = [] if is_packed else [1, 2]
    assert list(features.tables(layer, "features-probe", range(3))) == left
    assert list(features.tables(layer, "features-means", range(3))) == [0, 1, 2]
    probe[0].unlink()
    problems = check_run(filesystem, run.id)
    assert len(problems) == (3 if is_packed else 1)
    assert all("missing" in problem.reason for problem in problems)
    probe[0].write_bytes(data)
    assert check_run(filesystem, run.id) == []


def test_packing_changes_nothing_that_can_be_read(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    for epoch in range(5):
        log_epoch(run, epoch, seed=epoch, attribution=epoch_of(epoch)[2])

    def content() -> dict[Any, Any]:
        features = stored(tmp_path)
        layer = features.layers["pool"]
        kinds: tuple[Kind, ...] = (
            "features-means",
            "features-probe",
            "features-units",
            "features-attribution",
        )
        return {"version": features.version} | {
            kind: [
                (epoch, table.rows.to_pydict())
                for epoch, tables in features.tables(layer, kind, range(5)).items()
                for table in tables
            ]
            for kind in kinds
        }

    before = content()
    assert len(before["features-probe"]) == 5
    compact_run(open_filesystem(tmp_path), run.id)
    assert len(list(tmp_path.rglob("features-*"))) == 4
    assert str(content()) == str(before)
    assert check_run(open_filesystem(tmp_path), run.id) == []


def test_each_rank_keeps_its_own(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(0)
    for rank in range(2):
        run = new_run(tmp_path, id="job", rank=rank, world_size=2)
        rows = np.arange(rank, 60, 2)
        run.log(0, "test", y_true=actual[rows], y_pred=predicted[rows], ids=rows)
        run.log_features(0, "test", features[rows], ids=rows, layer="pool")
    stored_features = stored(tmp_path)
    found = stored_features.tables(stored_features.layers["pool"], "features-means", [0])[0]
    assert [table.metadata.rank for table in found] == [0, 1]
    counts = [set(subset(table.rows, 0, None)["count"]) for table in found]
    assert counts == [{10}, {10}]


def test_a_block_that_raises_writes_nothing(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(0)
    run = new_run(tmp_path)
    batches = run.feature_batches(0, "test")

    def evaluate() -> None:
        with batches:
            batches.add(features, y_true=actual, y_pred=predicted)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate()
    assert not list(tmp_path.rglob("features-*"))
    with pytest.raises(ArgumentError, match="closed"):
        batches.add(features, y_true=actual, y_pred=predicted)


def test_what_is_not_finite_or_no_class_is_left_out(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(0)
    features[0, 3] = np.inf
    features[3] = np.nan
    labels = [NAMES[a] for a in actual]
    labels[6] = "wolf"
    with new_run(tmp_path) as run:
        run.log_matrix(0, "test", np.eye(3, dtype=int))  # a split is shown once it has counts
        with pytest.warns(ConfusionFlowWarning, match="2 instances hold NaN or infinity"):
            run.log_features(0, "test", features, layer="pool", y_true=labels, y_pred=predicted)
    found = subset(table(tmp_path, "features-means"), 0, None)
    assert set(found["count"]) == {17}


def test_wrong_calls_say_what_to_do(tmp_path: Path) -> None:
    actual, predicted, features = epoch_of(0)
    run = new_run(tmp_path)

    def log(values: Any = features, epoch: int = 0, **options: Any) -> None:
        run.log_features(epoch, "test", values, **options)

    with pytest.raises(ArgumentError, match="Call log\\(\\) first"):
        log()
    with pytest.raises(LabelError, match="Pass both or neither"):
        log(y_true=actual)
    run.log(0, "test", y_true=actual, y_pred=predicted, ids=IDS)
    with pytest.raises(ArgumentError, match="60 instances have features and no predictions"):
        log()
    with pytest.raises(ArgumentError, match="some are text"):
        log(ids=[str(i) for i in IDS])
    with pytest.raises(ShapeError, match=r"\(60, 7, 1\).*average the pixels"):
        log(features[:, :, None], ids=IDS)
    with pytest.raises(ShapeError, match=r"60 rows.*59 labels"):
        log(y_true=actual[1:], y_pred=predicted[1:])
    with pytest.raises(LabelError, match="Pass numbers"):
        log(features.astype(str), ids=IDS)
    with pytest.raises(ShapeError, match="attribution has the shape"):
        log(ids=IDS, attribution=features[:, 1:])
    with pytest.raises(ArgumentError, match="epoch 1"):
        log(epoch=1, ids=IDS)
    batches = run.feature_batches(0, "test")
    batches.add(features, ids=IDS)
    with pytest.raises(ShapeError, match="6 units, and the batches before had 7"):
        batches.add(features[:, 1:], ids=IDS)
    with pytest.raises(LabelError, match="ids with all or none"):
        batches.add(features, y_true=actual, y_pred=predicted)
    assert not list(tmp_path.rglob("features-*"))
    undeclared = cf.Run(tmp_path / "other", "run")
    with pytest.raises(ClassesError, match="Declare them"):
        undeclared.log_features(0, "test", features, y_true=actual, y_pred=predicted)
    run.close()
    with pytest.raises(RunClosedError):
        log(ids=IDS)
    with pytest.raises(RunClosedError):
        batches.close()


def test_closing_names_splits_whose_features_no_page_shows(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["cat", "dog"])
    for split in ("seen", "unseen"):
        run.log_features(0, split, np.eye(2), y_true=[0, 1], y_pred=[0, 1])
    run.log(0, "seen", y_true=[0, 1], y_pred=[0, 1])
    with pytest.warns(ConfusionFlowWarning) as told:
        run.close()
    (warning,) = [str(each.message) for each in told]
    assert "features of split 'unseen'" in warning
    assert "log()" in warning
