"""Tables of instances against loops over what was logged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ArgumentError, ClassesError, InstancesError

CLASSES = ["cat", "dog", "owl"]
EPOCHS = (0, 2, 3, 7)
N = 40


def log_run(log_dir: Path, name: str = "run", seed: int = 0, *, with_prob: bool = True) -> Any:
    """A run of known labels and probabilities; returns those of `predicted` (epochs, instances)."""
    rng = np.random.default_rng(seed)
    actual = np.random.default_rng(9).integers(0, 3, N)
    probabilities = rng.dirichlet(np.ones(3), (len(EPOCHS), N))
    with cf.Run(log_dir, name, classes=CLASSES) as run:
        for epoch, p in zip(EPOCHS, probabilities, strict=True):
            given: Any = {"y_prob": p} if with_prob else {"y_pred": p.argmax(1)}
            run.log(epoch, "test", y_true=actual, ids=[f"i{i:02}" for i in range(N)], **given)
    return actual, probabilities.argmax(2), probabilities


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Any:
    log_dir = tmp_path_factory.mktemp("logs")
    actual, predicted, probabilities = log_run(log_dir)
    return cf.open_logs(log_dir)["run"]["test"], actual, predicted, probabilities


def test_the_instances_of_a_cell_say_how_long_they_were_in_it(logged: Any) -> None:
    series, actual, predicted, _ = logged
    table = series.instances("cat", "dog", (2, 7), backend="pyarrow").to_pylist()
    part = predicted[1:]
    expected = {
        f"i{i:02}": part[:, i] == 1 for i in range(N) if actual[i] == 0 and (part[:, i] == 1).any()
    }
    assert {row["instance"] for row in table} == set(expected)
    shares = [row["share"] for row in table]
    assert shares == sorted(shares, reverse=True)
    for row in table:
        there = expected[row["instance"]]
        assert row["actual"] == "cat"
        assert row["share"] == pytest.approx(there.mean())
        at = np.array(EPOCHS[1:])[there]
        assert (row["first"], row["last"]) == (at[0], at[-1])
        words = {(1, 1): "stayed", (0, 1): "came", (1, 0): "left", (0, 0): "passed"}
        assert row["passage"] == words[int(there[0]), int(there[-1])]
        wrong = part[:, int(row["instance"][1:])] != 0
        assert row["hard"] == pytest.approx(wrong.mean())


@pytest.mark.parametrize(
    ("options", "is_there"),
    [
        ({"actual": "owl"}, lambda a, p: (a == 2) & (p >= 0)),
        ({"predicted": "owl", "only": "wrong"}, lambda a, p: (p == 2) & (a != 2)),
        ({"actual": ["cat", "dog"], "only": "wrong"}, lambda a, p: (a < 2) & (p != a)),
        ({"only": "right"}, lambda a, p: a == p),
        ({"actual": ["dog", "cat"], "predicted": ["owl", "cat"]}, lambda a, p: (a < 2) & (p != 1)),
    ],
)
def test_rows_columns_the_diagonal_and_groups_have_their_instances(
    logged: Any, options: dict[str, Any], is_there: Any
) -> None:
    series, actual, predicted, _ = logged
    inside = is_there(actual, predicted)
    for passing, kept in {
        "ever": inside.any(0),
        "half": inside.mean(0) >= 0.5,
        "came": ~inside[0] & inside[-1],
        "left": inside[0] & ~inside[-1],
        "stayed": inside[0] & inside[-1],
        "passed": ~inside[0] & ~inside[-1] & inside.any(0),
    }.items():
        table = series.instances(**options, passing=passing, backend="pyarrow")
        assert sorted(table["instance"].to_pylist()) == [f"i{i:02}" for i in np.flatnonzero(kept)]


def test_classes_are_named_or_counted_from_0(logged: Any) -> None:
    series, *_ = logged
    by_name = series.instances("dog", ["cat", "owl"], backend="pyarrow")
    assert series.instances(1, [np.int64(0), "owl"], backend="pyarrow").equals(by_name)


def test_scores_have_a_row_for_each_instance(logged: Any) -> None:
    series, actual, predicted, probabilities = logged
    table = series.scores((0, 3))
    assert len(table) == N
    by_id = table.set_index("instance")
    for i in range(N):
        own = probabilities[:3, i, actual[i]]
        row = by_id.loc[f"i{i:02}"]
        assert row["confidence_mean"] == pytest.approx(own.mean(), abs=1e-3)
        assert row["confidence_sd"] == pytest.approx(own.std(), abs=1e-3)
        assert row["hard"] == pytest.approx((predicted[:3, i] != actual[i]).mean())


def test_possible_label_errors_come_in_the_order_of_their_score(logged: Any) -> None:
    series, actual, predicted, probabilities = logged
    table = series.possible_label_errors(10, backend="pyarrow").to_pylist()
    sure = probabilities.max(2)
    signed = np.where(predicted == actual, -sure, sure).mean(0)
    assert [row["score"] for row in table] == pytest.approx(
        sorted((s for s, p in zip(signed, (predicted != actual).any(0), strict=True) if p))[::-1][
            :10
        ],
        abs=1e-3,
    )
    for row in table:
        i = int(row["instance"][1:])
        others = [p for p in predicted[:, i] if p != actual[i]]
        assert row["actual"] == CLASSES[actual[i]]
        assert others.count(CLASSES.index(row["suggested"])) == max(map(others.count, others))
    low_first = series.possible_label_errors(by="self_confidence", backend="pyarrow")["score"]
    assert low_first.to_pylist() == sorted(low_first.to_pylist())


def test_without_confidences_labels_suffice_and_what_needs_more_says_so(tmp_path: Path) -> None:
    actual, predicted, _ = log_run(tmp_path, with_prob=False)
    series = cf.open_logs(tmp_path)["run"]["test"]
    table = series.possible_label_errors(backend="pyarrow")
    assert set(table["instance"].to_pylist()) == {
        f"i{i:02}" for i in np.flatnonzero((predicted != actual).any(0))
    }
    assert series.scores(backend="pyarrow")["aum"].null_count == N
    with pytest.raises(ArgumentError, match=r"'aum' needs .*Log y_prob="):
        series.possible_label_errors(by="aum")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: s.instances("cta"), "No class 'cta'. Did you mean 'cat'"),
        (lambda s: s.instances(3), "No class '3'"),
        (lambda s: s.instances(passing="gone"), "No passing 'gone'. Pass one of"),
        (lambda s: s.instances(only="false"), "No only 'false'"),
        (lambda s: s.possible_label_errors(by="loss"), "No score 'loss'"),
        (lambda s: s.scores(backend="arrow"), "No backend 'arrow'"),
    ],
)
def test_a_wrong_word_is_named(logged: Any, call: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        call(logged[0])


def test_agreement_is_of_the_instances_that_all_know(tmp_path: Path) -> None:
    predicted = [log_run(tmp_path, f"seed {seed}", seed)[1] for seed in range(3)]
    actual = log_run(tmp_path, "again")[0]
    logs = cf.open_logs(tmp_path)
    series = [logs[f"seed {seed}"]["test"] for seed in range(3)]
    found = cf.agreement(series)
    last = np.stack([each[-1] for each in predicted])
    order = [int(i[1:]) for i in found.ids]
    np.testing.assert_array_equal(found.predicted, last[:, order])
    assert found.churn[0, 1] == pytest.approx((last[0] != last[1]).mean())
    np.testing.assert_allclose(found.wrong, (last != actual).mean(0)[order], rtol=1e-6)
    at_two = cf.agreement(series, epoch=2)
    np.testing.assert_array_equal(at_two.predicted[1], predicted[1][1][order])
    table = found.to_frame("pyarrow")
    assert table.column_names == ["instance", "actual", "consensus", "share", "wrong"]


def test_agreement_needs_two_series_of_the_same_instances(tmp_path: Path) -> None:
    log_run(tmp_path, "a")
    with cf.Run(tmp_path, "b", classes=CLASSES) as run:
        run.log(0, "test", y_true=[0], y_pred=[1], ids=["other"])
        run.log(0, "swapped", y_true=[2, 2], y_pred=[1, 1], ids=["i00", "i01"])
        run.log(0, "train", y_true=[0], y_pred=[1], ids=["i00"], classes=["x", "y"])
    logs = cf.open_logs(tmp_path)
    first = logs["a"]["test"]
    with pytest.raises(ArgumentError, match="got 1 series"):
        cf.agreement([first])
    with pytest.raises(InstancesError, match="No instance is in all"):
        cf.agreement([first, logs["b"]["test"]])
    with pytest.raises(ClassesError, match="different classes"):
        cf.agreement([first, logs["b"]["train"]])
    with pytest.raises(ArgumentError, match=r"no predictions at epoch 1\."):
        cf.agreement([first, first], epoch=1)
    with pytest.raises(InstancesError, match="different actual classes"):
        cf.agreement([first, logs["b"]["swapped"]])
