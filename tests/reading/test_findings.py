"""Findings of logs: the poster's answers, planted faults, and what the words promise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.errors import ArgumentError, EpochError, NoSamplesError
from confusionflow.hosts.link import read_cell, read_names, read_range, read_series
from confusionflow.importers.matrices import import_matrices
from confusionflow.reading.instance_query import Filter, InstanceQuery, listed
from confusionflow.reading.instances import Cells, Instances
from confusionflow.reading.samples import samples_of

Matrices = NDArray[np.int64]
CLASSES = ["ape", "bee", "cat", "dog"]
EPOCHS, SUPPORT = 60, 200


def noisy(rng: np.random.Generator, actual: NDArray[np.int64]) -> NDArray[np.int64]:
    """Predictions of which a tenth is the next class."""
    return np.where(rng.random(len(actual)) < 0.1, (actual + 1) % len(CLASSES), actual)


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with without_syncs():
        yield


@pytest.fixture(scope="module")
def poster(poster_data: Path, tmp_path_factory: pytest.TempPathFactory) -> cf.LoggedRun:
    log_dir = tmp_path_factory.mktemp("poster")
    with without_syncs():
        import_matrices(poster_data, log_dir, "resnet18")
    return cf.open_logs(log_dir)["resnet18"]


@pytest.fixture(scope="module")
def shifted(poster: cf.LoggedRun) -> cf.Findings:
    return poster["test"].findings(other=poster["cifar10.1"], epochs=(145, 194))


def only(findings: cf.Findings, **wanted: object) -> cf.Finding:
    [found] = [
        finding
        for finding in findings.flat()
        if all(getattr(finding, name) == value for name, value in wanted.items())
    ]
    return found


def test_auto_is_the_first_card_and_truck_stands_under_it(shifted: cf.Findings) -> None:
    auto = shifted[0]
    assert (auto.kind, auto.level, auto.actual, auto.predicted) == (
        "shift",
        "certain",
        "Auto",
        None,
    )
    assert auto.splits == ("test", "cifar10.1")
    assert auto.epochs == (145, 194)
    assert auto.n == (1000, 200)
    assert auto.family_size == 10
    assert "recall 96.1 % → 78.9 %" in auto.sentence
    assert "The only class beyond the general shift." in auto.sentence
    truck = auto.under[0]
    assert (truck.level, truck.actual, truck.predicted) == ("certain", "Auto", "Truck")
    assert "at least 4.4 after correction" in truck.sentence
    assert (round(100 * truck.effect, 1), truck.family_size) == (10.7, 90)
    same = (
        "Auto's errors go to Truck in the same share (62 %) in both: Auto became harder, it is not "
        "confused in a new way."
    )
    assert same in auto.sentence
    assert same in truck.sentence


def test_accuracy_and_plane_to_truck_are_as_known(shifted: cf.Findings) -> None:
    whole = only(shifted, actual=None, predicted=None)
    assert [round(100 * x, 1) for x in (whole.effect, *whole.interval)] == [-9.2, -11.0, -7.4]
    plane = only(shifted, actual="Plane", predicted="Truck")
    assert plane.level == "likely"
    assert (round(plane.q_bh, 3), round(plane.q, 3)) == (0.015, 0.075)
    assert [f.predicted for f in shifted.flat() if f.beyond] == [None, "Truck"]


def test_a_link_shows_the_series_the_epochs_and_the_cell(
    shifted: cf.Findings, poster: cf.LoggedRun
) -> None:
    link = shifted[0].under[0].link
    shown = [(run, split) for run, split, _ in read_series(link) or []]
    assert shown == [(poster.id, poster[name].id) for name in ("test", "cifar10.1")]
    assert read_range(link) == (145, 194)
    assert read_cell(link) == ("Auto", "Truck")


def test_at_epoch_192_truck_draws_instances_of_all_classes(poster: cf.LoggedRun) -> None:
    events = [f for f in poster.findings() if f.kind == "event: spike" and f.epochs == (192, 192)]
    [event] = events
    assert event.headline == (
        "At epoch 192 Truck draws instances of all classes, in all three splits."
    )
    assert (event.level, event.actual, event.predicted) == ("corroborated", None, "Truck")
    assert "The strength is that of a cell that is listed under it." in event.why
    assert {f.actual for f in event.under} == {"Frog", "Plane"}


def test_findings_are_ordered_by_level_and_guaranteed_effect(poster: cf.LoggedRun) -> None:
    found = poster.findings()
    levels = ["certain", "likely", "corroborated", "noticed", "nothing found"]
    ranks = [(levels.index(f.level), -f.guaranteed) for f in found]
    assert ranks == sorted(ranks)
    early = only(found, kind="event: early training")
    assert early.epochs == (0, 8)
    assert only(found, kind="nothing found").headline == (
        "No lasting regression in 90 cells and 10 classes."
    )


def quiet() -> NDArray[np.float64]:
    rates = np.full((EPOCHS, 4, 4), 0.04)
    rates[:, range(4), range(4)] = 0.88
    return rates


def draw(rates: NDArray[np.float64], seed: int, support: int = SUPPORT) -> Matrices:
    rng = np.random.default_rng(seed)
    return np.array([[rng.multinomial(support, row) for row in epoch] for epoch in rates])


Logged = Callable[..., cf.LoggedRun]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Log matrices of splits as a run and open it."""

    def log(name: str = "run", **splits: Matrices) -> cf.LoggedRun:
        with cf.Run(tmp_path, name, classes=CLASSES) as run:
            for split, matrices in splits.items():
                for epoch, matrix in enumerate(matrices):
                    run.log_matrix(epoch, split, matrix)
        return cf.open_logs(tmp_path)[name]

    return log


def kinds(findings: cf.Findings) -> dict[str, cf.Finding]:
    return {finding.kind: finding for finding in findings}


def test_a_class_that_is_learned_and_then_lost(logged: Logged) -> None:
    rates = quiet()
    rates[25:, 1] = [0.5, 0.1, 0.3, 0.1]
    run = logged(test=draw(rates, 1), new=draw(rates, 2))
    found = run.findings()
    lost = found[0]
    assert (lost.kind, lost.actual, lost.level) == ("event: lost class", "bee", "certain")
    assert lost.epochs == (25, 25)
    assert lost.headline.startswith(
        "Class bee was learned and then lost, since epoch 25, in both splits: recall 8"
    )
    assert "at=25" in lost.link
    assert lost.guaranteed > 0.5
    assert lost.q == pytest.approx(lost.p * 4 * EPOCHS, rel=1e-6, abs=0)
    assert not any("lasting regression" in f.headline for f in found)
    assert not any(f.actual == "bee" and "recognised" in f.headline for f in found.flat())


def test_a_slow_fall_is_dated_by_its_beginning(logged: Logged) -> None:
    rates = quiet()
    for epoch in range(20, EPOCHS):
        moved = 0.88 * min(1, (epoch - 19) / 24)
        rates[epoch, 1] += [moved, -moved, 0, 0]
    lost = logged(test=draw(rates, 1), new=draw(rates, 2)).findings()[0]
    assert lost.kind == "event: lost class"
    assert lost.epochs is not None
    first, last = lost.epochs
    assert first <= 20 <= last <= first + 3
    assert "More than half of the fall is reached at epoch 3" in lost.sentence
    assert f"since some epoch between {first} and {last}" in lost.headline or last <= first + 1


@pytest.mark.parametrize("since", [50, 55])
def test_a_class_that_is_lost_in_the_last_epochs(logged: Logged, since: int) -> None:
    rates = quiet()
    rates[since:, 1] = [0.6, 0.1, 0.2, 0.1]
    [first, *_] = logged(test=draw(rates, 1)).findings()
    assert (first.kind, first.level, first.epochs) == (
        "event: lost class",
        "certain",
        (since, since),
    )


def test_a_class_that_comes_back_is_not_lost(logged: Logged) -> None:
    rates = quiet()
    rates[20:40, 1] = [0.5, 0.1, 0.3, 0.1]
    found = logged(test=draw(rates, 1), new=draw(rates, 2)).findings()
    assert "event: lost class" not in {f.kind for f in found.flat()}
    assert any(f.actual == "bee" for f in found.flat())


def test_where_all_classes_fall_they_stand_under_accuracy(logged: Logged) -> None:
    rates = quiet()
    rates[30:] = [1, 0, 0, 0]
    found = logged(test=draw(rates, 1), new=draw(rates, 2)).findings()
    assert found[0].headline.startswith("Accuracy is lower since epoch 30, in both splits: 8")
    lost = [f.actual for f in found[0].under if f.kind == "event: lost class"]
    assert sorted(map(str, lost)) == ["bee", "cat", "dog"]
    assert any(f.predicted == "ape" for f in found[0].under)


def test_accuracy_that_falls_with_a_class_stands_under_it(logged: Logged) -> None:
    rates = quiet()
    rates[30:, 1] = [0.9, 0.1, 0, 0]
    found = logged(test=draw(rates, 1, 2000), new=draw(rates, 2, 2000)).findings()
    assert found[0].actual == "bee"
    assert any(f.headline.startswith("Accuracy is lower") for f in found[0].under)
    assert not any(f.headline.startswith("Accuracy is lower") for f in found)


def test_a_large_fall_that_lasts_is_before_what_is_more_certain(logged: Logged) -> None:
    """A class of few instances falls, and all of another split is recognised less often."""
    rates, shifted = quiet(), quiet()
    shifted[:] = 0.3 / 3
    shifted[:, range(4), range(4)] = 0.7
    splits = {"test": draw(rates, 1), "new": draw(shifted, 2)}
    for matrices in splits.values():
        matrices[:30, 1], matrices[30:, 1] = [3, 22, 0, 0], [15, 10, 0, 0]
    first, second, *_ = found = logged(**splits).findings()
    assert (first.actual, first.level, first.guaranteed) == ("bee", "corroborated", 0)
    assert first.leads
    assert second.level == "certain"
    assert [f.leads for f in found] == sorted((f.leads for f in found), reverse=True)


def test_a_small_fall_keeps_its_place(logged: Logged) -> None:
    rates = quiet()
    rates[30:, 1] = [0.08, 0.84, 0.04, 0.04]
    found = logged(test=draw(rates, 3, support=1500)).findings()
    fall = only(found, actual="bee", kind="event: lasting fall")
    assert -0.05 < fall.interval[1] < 0
    assert not fall.leads
    assert "listed first" not in fall.why


def test_two_classes_that_swap(logged: Logged) -> None:
    rates = quiet()
    rates[20:, [0, 3]] = rates[20:, [3, 0]]
    found = logged(test=draw(rates, 1), new=draw(rates, 2)).findings()
    swap = only(found, kind="event: swap")
    assert swap is found[0]
    assert {swap.actual, swap.predicted} == {"ape", "dog"}
    assert "have been taken for each other since epoch 20, in both splits." in swap.headline
    assert swap.level == "certain"
    assert {f.actual for f in swap.under if f.kind == "event: lost class"} == {"ape", "dog"}


def test_a_gap_that_opens(logged: Logged) -> None:
    rates = quiet()
    worse = rates.copy()
    worse[40:, :] = 0.1 + 0.6 * np.eye(4)
    found = logged(train=draw(rates, 1, 2000), test=draw(worse, 2, 2000)).findings()
    gap = next(f for f in found if f.kind == "event: gap" and f.actual is None)
    assert gap.epochs is not None
    assert abs(gap.epochs[0] - 40) <= 2
    assert "test falls behind train" in gap.headline
    assert len(gap.under) == 4


def test_classes_that_are_never_predicted_or_absent(logged: Logged) -> None:
    rates = quiet()
    rates[30:, :, 3] = 0
    rates[30:] /= rates[30:].sum(axis=2, keepdims=True)
    one, other = draw(rates, 1), draw(rates, 2)
    other[:, 2] = 0
    findings = logged(test=one, new=other).findings()
    found, lost = kinds(findings), findings[0]
    assert (lost.kind, lost.actual, lost.epochs) == ("event: lost class", "dog", (30, 30))
    [never] = [f for f in lost.under if f.kind == "event: never predicted"]
    assert never.headline == "Class dog is never predicted from epoch 30 on, in both splits."
    assert never.level == "corroborated"
    assert found["data: absent class"].headline == "new has no instances of cat."


def test_a_quiet_run_says_that_nothing_was_found(logged: Logged) -> None:
    found = logged(test=draw(quiet(), 1), new=draw(quiet(), 2)).findings()
    nothing = [f for f in found if f.kind == "nothing found"]
    assert [f.headline for f in nothing if "regression" in f.headline] == [
        "No lasting regression in 12 cells and 4 classes."
    ]
    between = next(f for f in nothing if "regression" not in f.headline)
    assert "could not have been seen: a class has 200 to 200 instances" in between.sentence
    assert all(f.level in ("noticed", "nothing found") for f in found)


def test_while_a_run_goes_on_nothing_is_certain(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "live", classes=CLASSES)
    run.log_matrix(0, "test", np.full((4, 4), 50))
    run.log_matrix(0, "new", np.diag([200] * 4))
    found = cf.open_logs(tmp_path)["live"].findings()
    assert {f.level for f in found.flat()} <= {"likely", "noticed", "nothing found"}
    assert any(f.level == "likely" for f in found)
    run.close()
    assert any(f.level == "certain" for f in cf.open_logs(tmp_path)["live"].findings())


def predict(log_dir: Path, name: str, split: str, right: NDArray[np.float64], seed: int) -> None:
    """Ten epochs in which each instance is right with its own probability."""
    rng = np.random.default_rng(seed)
    n = len(right)
    actual = np.arange(n) % 4
    with cf.Run(log_dir, name, classes=CLASSES) as run:
        for epoch in range(10):
            predicted = np.where(rng.random(n) < right, actual, (actual + 1) % 4)
            run.log(epoch, split, y_true=actual, y_pred=predicted, ids=np.arange(n) + 7)


def test_two_runs_are_compared_instance_by_instance(tmp_path: Path) -> None:
    right = np.random.default_rng(0).choice([0.02, 0.98], 400, p=[0.3, 0.7])
    worse = right.copy()
    worse[np.flatnonzero((np.arange(400) % 4 == 1) & (right > 0.5))[:10]] = 0.02
    predict(tmp_path, "old", "test", right, 1)
    predict(tmp_path, "new", "test", worse, 2)
    logs = cf.open_logs(tmp_path)
    bee = only(cf.compare(logs["old"]["test"], logs["new"]["test"]), actual="bee", predicted=None)
    assert (bee.kind, bee.test, bee.level) == ("difference", "sign flips of instances", "certain")
    assert bee.effect == pytest.approx(-0.096, abs=0.02)
    at_one = cf.compare(logs["old"], logs["new"], epochs=(9, 9))
    assert only(at_one, actual="bee", predicted=None).test == "McNemar's exact test"
    # A group is one observation.
    groups = {i + 7: i // 200 for i in range(400)}
    grouped = cf.compare(logs["old"]["test"], logs["new"]["test"], groups=groups)
    assert not any(f.level in ("certain", "likely") for f in grouped.flat())


def test_splits_of_other_names_are_other_instances(tmp_path: Path) -> None:
    predict(tmp_path, "a", "test", np.full(400, 0.9), 1)
    predict(tmp_path, "b", "new", np.full(400, 0.2), 2)
    logs = cf.open_logs(tmp_path)
    found = logs["a"]["test"].findings(other=logs["b"]["new"])
    assert found[0].kind == "shift"
    assert {f.splits for f in found} == {("a test", "b new")}


def test_two_windows_of_one_series_are_compared(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["ape", "bee"]) as run:
        for epoch in range(6):
            lost = 60 if epoch >= 3 else 2
            actual, predicted = np.repeat([0, 1], 100), np.repeat([0, 1], 100)
            predicted[:lost] = 1
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    test = cf.open_logs(tmp_path)["run"]["test"]
    found = cf.compare(test, test, epochs=(0, 2), other_epochs=(3, 5))
    ape = only(found, actual="ape", predicted=None)
    assert ape.effect == pytest.approx(-0.58)
    assert ape.splits == ("epochs 0 to 2", "epochs 3 to 5")


def test_possible_label_errors_gather_in_a_cell(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    n = 400
    actual = np.arange(n) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(20):
            predicted = np.where(rng.random(n) < 0.1, (actual + rng.integers(1, 4, n)) % 4, actual)
            predicted[np.arange(0, 32, 4)] = 2  # eight apes that always are cats
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    found = cf.open_logs(tmp_path)["run"]["test"].findings()
    labels = only(found, kind="data: possible label errors")
    assert (labels.actual, labels.predicted, labels.level) == ("ape", "cat", "certain")
    assert labels.headline == (
        "Possible label errors gather in ape → cat: 8 of the 8 suspicious labels of test."
    )
    scores = cf.open_logs(tmp_path)["run"]["test"].scores(epochs=(10, 19))
    assert (scores["suspicious_label"] >= 0.8).sum() == 8


def test_the_link_of_possible_label_errors_lists_exactly_those_that_are_counted(
    tmp_path: Path,
) -> None:
    """Some have a suspicious label and are twice in the cell, some are in it without confidence."""
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(20):
            predicted = noisy(rng, actual)
            predicted[:40:4] = 2
            predicted[40:60:4] = 2 if epoch in (11, 15) else 3
            predicted[60:72:4] = 2 if epoch < 15 else 1  # half in the cell, half in another
            predicted[100:140:4] = 2
            confidence = np.where(predicted == actual, 0.7, 0.95)
            confidence[100:140:4] = 0.5
            run.log(epoch, "test", y_true=actual, y_pred=predicted, confidence=confidence)
    test = cf.open_logs(tmp_path)["run"]["test"]
    found = only(test.findings(), kind="data: possible label errors", actual="ape", predicted="cat")
    assert found.headline.startswith("Possible label errors gather in ape → cat: 10 of the 18 ")
    assert read_cell(found.link) == ("ape", "cat")
    assert listed_by(test, found.link, ("ape",), ("cat",)) == list(range(0, 40, 4))


def test_the_link_of_label_errors_in_a_group_lists_exactly_those_that_are_counted(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(20):
            predicted = noisy(rng, actual)
            predicted[:9] = (actual[:9] + 1 + np.arange(9) % 3) % 4
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
        run.log_samples("test", group=["ann" if i < 12 else f"other {i % 30}" for i in range(400)])
    test = cf.open_logs(tmp_path)["run"]["test"]
    kind = "data: possible label errors"
    ann = only(test.findings(), kind=kind)
    assert ann.headline.startswith("Possible label errors gather in group ann: 9 of the 9")
    assert listed_by(test, ann.link, ()) == list(range(9))
    assert "groups=" not in ann.why
    passed = only(test.findings(groups={i: "A" if i < 12 else i for i in range(400)}), kind=kind)
    assert "where=" not in passed.link
    assert "The list of instances does not know groups that were passed as groups=" in passed.why


def test_instances_that_are_forgotten_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 4
    patients = {i: "p7" if i < 16 else f"q{i // 16}" for i in range(400)}
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(40):
            predicted = noisy(rng, actual)
            if epoch >= 25:
                predicted[:12] = (actual[:12] + 1) % 4
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
        run.log_samples("test", group=[patients[i] for i in range(400)])
    test = cf.open_logs(tmp_path)["run"]["test"]
    for groups in (None, patients):
        together = only(test.findings(groups=groups), kind="data: forgotten together")
        assert together.headline == (
            "12 of 16 instances of group p7 in test were forgotten together, about epoch 25."
        )
    assert not [f for f in test.findings(groups={}).flat() if f.kind.startswith("data")]


def test_a_class_that_is_forgotten_is_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(40):
            predicted = noisy(rng, actual)
            if epoch >= 25:
                predicted[2:120:4] = 0
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    test = cf.open_logs(tmp_path)["run"]["test"]
    together = only(test.findings(), kind="data: forgotten together")
    assert together.actual == "cat"
    assert together.headline == (
        "30 of 100 instances of class cat in test were forgotten together, about epoch 25."
    )
    # Their labels were learned once: they are not called wrong.
    assert "data: possible label errors" not in {each.kind for each in test.findings().flat()}
    last = test.scores(epochs=(30, 39))
    assert last["never_learned"].sum() == 30


def listed_by(
    test: cf.Series, link: str, actual: tuple[str, ...], predicted: tuple[str, ...] = ()
) -> list[int]:
    """Ids of the wrong ones that the page lists for a link, in order."""
    first, last = read_range(link) or (None, None)
    filters = tuple(map(Filter.parse, read_names(link, "where")))
    cells = Cells(actual or None, predicted or None, only="wrong", first=first, last=last)
    query = InstanceQuery(cells)
    found = Instances(test.predictions(), query.cells)
    try:
        samples = samples_of(test.stored)
    except NoSamplesError:
        samples = None
    _, places = listed([found], replace(query, where=filters), None, [samples], [None])
    return sorted(found.ids[places].tolist())


def test_the_link_of_the_forgotten_lists_exactly_those_that_are_counted(tmp_path: Path) -> None:
    """Some of the class were never learned, some come back, and some are wrong now and then."""
    rng = np.random.default_rng(5)
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(60):
            predicted = noisy(rng, actual)
            predicted[2:42:4] = 0
            if epoch >= 43:
                predicted[82:162:4] = 0
            if 43 <= epoch < 58:
                predicted[202:242:4] = 0
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    test = cf.open_logs(tmp_path)["run"]["test"]
    together = only(test.findings(), kind="data: forgotten together")
    assert together.headline.startswith("20 of 100 instances of class cat")
    assert together.headline.endswith("about epoch 43.")
    epochs = read_range(together.link)
    assert epochs == together.epochs
    assert epochs is not None
    assert epochs[0] < 43 < epochs[1]
    [(kind, name)] = re.findall("detail=([a-z]+)%2C([a-z]+)", together.link)
    assert (kind, name) == ("fn", "cat")
    assert listed_by(test, together.link, (name,)) == list(range(82, 162, 4))


def test_the_link_of_a_forgotten_group_lists_exactly_those_that_are_counted(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(40):
            predicted = noisy(rng, actual)
            if epoch >= 25:
                predicted[:12] = (actual[:12] + 1) % 4
                predicted[100] = 0 if actual[100] else 1  # another group's
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
        run.log_samples("test", group=["p,7" if i < 16 else f"q{i // 16}" for i in range(400)])
    test = cf.open_logs(tmp_path)["run"]["test"]
    together = only(test.findings(), kind="data: forgotten together")
    assert together.headline.startswith("12 of 16 instances of group p,7 in test")
    assert listed_by(test, together.link, ()) == list(range(12))
    mapped = only(
        test.findings(groups={i: min(i // 16, 1) for i in range(400)}),
        kind="data: forgotten together",
    )
    assert "where=" not in mapped.link
    assert "The list of instances does not know groups that were passed as groups=" in mapped.why


def test_a_class_that_is_lost_late_has_its_instances(tmp_path: Path) -> None:
    """In the last ten epochs three of four of a class go, within four epochs."""
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 4
    order = np.arange(1, 301, 4)
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(40):
            predicted = np.where(rng.random(400) < 0.05, (actual + 2) % 4, actual)
            predicted[order[: 20 * max(0, epoch - 31)]] = 0
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    test = cf.open_logs(tmp_path)["run"]["test"]
    found = test.findings()
    assert found[0].headline.startswith("Class bee was learned and then lost, since epoch 32,")
    together = only(found, kind="data: forgotten together", actual="bee")
    assert together.headline == (
        "75 of 100 instances of class bee in test were forgotten together, half of them between "
        "epochs 32 and 34."
    )
    assert set(listed_by(test, together.link, ("bee",))) == set(order.tolist())


@pytest.mark.parametrize(("epochs", "until"), [(12, 2), (30, 10)])
def test_nothing_is_forgotten_from_early_training(tmp_path: Path, epochs: int, until: int) -> None:
    """An untrained network calls everything a cat; some cats are not learned with the others."""
    rng = np.random.default_rng(5)
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(epochs):
            predicted = noisy(rng, actual)
            if epoch >= until:
                predicted[2:82:4] = 0
            if epoch < 4:
                predicted[actual != 2] = 2
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    test = cf.open_logs(tmp_path)["run"]["test"]
    assert "data: forgotten together" not in {f.kind for f in test.findings().flat()}


def test_what_a_short_training_begins_with_is_early_training(tmp_path: Path) -> None:
    """An untrained network calls sixes fours; that is no event, and neither are steps from it."""
    rng = np.random.default_rng(5)
    actual = np.arange(100) % 4
    with cf.Run(tmp_path, "run", classes=["3", "4", "5", "6"]) as run:
        for epoch in range(12):
            predicted = np.where(rng.random(100) < 0.05, (actual + 1) % 4, actual)
            if epoch == 0:
                predicted[3:75:4] = 1
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    findings = cf.open_logs(tmp_path)["run"].findings()
    events = [f for f in findings.flat() if f.kind.startswith("event")]
    assert [f.kind for f in events] == ["event: early training"]
    assert "before epoch 1." in events[0].headline


def test_a_class_that_is_a_number_is_called_a_class_beside_an_epoch(tmp_path: Path) -> None:
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=["3", "4", "5", "6"]) as run:
        for epoch in range(30):
            predicted = actual.copy()
            if epoch == 20:
                predicted[3:175:4] = 1
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    headlines = {f.headline for f in cf.open_logs(tmp_path)["run"].findings().flat()}
    assert "At epoch 20 class 4 draws instances of 6, in test." in headlines
    assert "At epoch 20 class 6 is taken for 4, in test." in headlines


def test_possible_label_errors_of_one_source_are_found(tmp_path: Path) -> None:
    """An annotator took nine things for something else; with confidences, as their score says."""
    rng = np.random.default_rng(3)
    actual = np.arange(400) % 4
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        for epoch in range(20):
            predicted = np.where(
                rng.random(400) < 0.1, (actual + rng.integers(1, 4, 400)) % 4, actual
            )
            predicted[:9] = (actual[:9] + 1 + np.arange(9) % 3) % 4
            right = predicted == actual
            run.log(
                epoch, "test", y_true=actual, y_pred=predicted, confidence=np.where(right, 0.7, 0.9)
            )
        run.log_samples("test", group=["ann" if i < 12 else f"other {i % 30}" for i in range(400)])
    found = only(
        cf.open_logs(tmp_path)["run"]["test"].findings(), kind="data: possible label errors"
    )
    assert (found.actual, found.level) == (None, "certain")
    assert found.headline == (
        "Possible label errors gather in group ann: 9 of the 9 suspicious labels of test."
    )
    assert "mean confidence, negative where right" in found.why


def log_patients(log_dir: Path, samples: tuple[str, ...]) -> cf.LoggedRun:
    """Two splits of 24 patients with ten instances each, of which a patient is all right or not."""
    rng = np.random.default_rng(5)
    actual = np.repeat(np.arange(24) % 4, 10)
    patients = np.repeat(np.arange(24), 10)
    with cf.Run(log_dir, "run", classes=CLASSES) as run:
        for split, wrong in (("test", 3), ("new", 9)):
            ids = np.arange(240) + (1000 if split == "new" else 0)
            bad = np.isin(patients, rng.choice(24, wrong, replace=False))
            for epoch in range(3):
                run.log(
                    epoch,
                    split,
                    y_true=actual,
                    y_pred=np.where(bad, (actual + 1) % 4, actual),
                    ids=ids,
                )
            if split in samples:
                run.log_samples(split, ids=ids, group=[f"patient {p}" for p in patients])
    return cf.open_logs(log_dir)["run"]


def test_groups_that_were_logged_are_kept_whole(tmp_path: Path) -> None:
    run = log_patients(tmp_path, ("test", "new"))
    alone = only(run.findings(groups={}), kind="shift", actual=None, predicted=None)
    assert alone.level == "certain"
    found = run["test"].findings(other=run["new"])
    assert not any(f.level in ("certain", "likely") for f in found.flat())
    noticed = [f for f in found.flat() if f.kind == "shift"]
    given = run["test"].findings(
        other=run["new"], groups={i + base: i // 10 for i in range(240) for base in (0, 1000)}
    )
    assert [f.p for f in given.flat()] == [f.p for f in found.flat()]
    nothing = only(found, kind="nothing found")
    assert "Groups of samples are kept whole: 24 and 24." in nothing.why
    for finding in noticed:
        assert finding.test == "permutation of whole groups, 20,000 draws"
        assert "Groups of samples are kept whole: 24 and 24." in finding.why
    one_sided = log_patients(tmp_path / "one", ("new",))
    whole = only(one_sided.findings(), kind="shift", actual=None, predicted=None)
    assert "Only new has groups of samples, so they are not kept whole." in whole.why


def test_groups_of_two_runs_flip_whole(tmp_path: Path) -> None:
    actual = np.repeat([0, 1], 40)
    for name, lost in (("old", 0), ("new", 20)):
        with cf.Run(tmp_path, name, classes=["ape", "bee"]) as run:
            predicted = np.where(np.arange(80) < lost, 1, actual)
            run.log(0, "test", y_true=actual, y_pred=predicted, ids=np.arange(80))
            run.log_samples("test", ids=np.arange(80), group=[f"p{i // 10}" for i in range(80)])
    logs = cf.open_logs(tmp_path)
    found = cf.compare(logs["old"]["test"], logs["new"]["test"])
    nothing = only(found, kind="nothing found")
    assert "Groups of samples are kept whole: 8." in nothing.why
    # Two patients of one sign are two observations.
    alone = cf.compare(logs["old"]["test"], logs["new"]["test"], groups={})
    assert only(alone, actual="ape", predicted=None).level == "certain"


def log_configurations(log_dir: Path, seeds: int, lost: float) -> list[cf.FoldedSeries]:
    """Two learning rates; with the second, apes are taken for bees more often, in most runs."""
    rng = np.random.default_rng(1)
    for lr, extra in ((0.1, 0.0), (0.5, lost)):
        for seed in range(seeds):
            with cf.Run(log_dir, "run", {"lr": lr, "seed": seed}, classes=CLASSES) as run:
                rates = np.full((4, 4), 0.04) + 0.84 * np.eye(4)
                # A run is more than its instances: seeds differ.
                rates[0, 1] += max(0, extra + rng.normal(0, 0.02))
                rates[0, 0] = 1 - rates[0, 1:].sum()
                run.log_matrix(0, "test", [rng.multinomial(2000, row) for row in rates])
    return cf.open_logs(log_dir).fold("test", over=["seed"])


def test_between_configurations_a_run_is_one_observation(tmp_path: Path) -> None:
    a, b = log_configurations(tmp_path, 6, 0.1)
    found = cf.compare(a, b)
    ape = only(found, actual="ape", predicted=None)
    assert ape.level == "certain"
    assert ape.headline.startswith(
        "Class ape is recognised less often with lr=0.5 than with lr=0.1, in 6 of 6 runs: recall "
    )
    assert ape.p == pytest.approx(2 / 924)
    assert ape.n == (6, 6)
    assert ape.test == "exact permutation of runs"
    [cell] = [f for f in ape.under if f.level != "noticed"]
    assert (cell.actual, cell.predicted, cell.family_size) == ("ape", "bee", 12)
    assert "ape is taken for bee more often with lr=0.5 than with lr=0.1" in cell.headline
    column = only(found, actual=None, predicted="bee")
    assert column.headline.startswith("bee draws more instances of other classes with lr=0.5")
    assert [only(found, actual=None, predicted=None).actual, column.actual] == [None, None]
    assert not [f for f in found.flat() if f.level in ("certain", "likely") and "dog" in f.classes]


def test_it_is_said_in_how_many_runs(tmp_path: Path) -> None:
    """One of the runs of the other configuration is as good as those of the first."""
    for lr, recalls in ((0.1, (900, 905, 910, 915, 895)), (0.5, (850, 912, 845, 860, 840))):
        for seed, right in enumerate(recalls):
            with cf.Run(tmp_path, "run", {"lr": lr, "seed": seed}, classes=["ape", "bee"]) as run:
                run.log_matrix(0, "test", [[right, 1000 - right], [50, 950]])
    found = cf.compare(*cf.open_logs(tmp_path).fold("test", over=["seed"]))
    ape = only(found, actual="ape", predicted=None)
    assert "in 4 of 5 runs: recall 90.5 % → 86.1 %." in ape.headline


def test_with_three_runs_of_each_all_is_only_noticed(tmp_path: Path) -> None:
    a, b = log_configurations(tmp_path, 3, 0.3)
    found = cf.compare(a, b, exploratory=True)
    assert {f.level for f in found.flat()} == {"noticed", "nothing found"}
    assert all(f.exploratory for f in found.flat())
    ape = only(found, actual="ape", predicted=None)
    assert ape.p == pytest.approx(0.1)
    assert "in 3 of 3 runs" in ape.headline
    nothing = only(found, kind="nothing found")
    assert "With so few runs p is never below 0.1, so nothing can be more than noticed." in (
        nothing.sentence
    )


def test_configurations_that_are_alike_have_nothing(tmp_path: Path) -> None:
    found = cf.compare(*log_configurations(tmp_path, 5, 0.0))
    assert not [f for f in found.flat() if f.level in ("certain", "likely")]
    assert only(found, kind="nothing found").sentence.startswith(
        "No difference between lr=0.1 and lr=0.5 is more than noticed in 5 and 5 runs, 4 classes "
        "and 12 cells. The recall of a class is known to about "
    )
    with pytest.raises(ArgumentError, match="has 1 run"):
        cf.compare(*log_configurations(tmp_path / "one", 1, 0.0))


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_findings_become_a_table(shifted: cf.Findings, backend: str) -> None:
    frame = shifted.to_frame(backend)  # type: ignore[arg-type]
    names = list(frame.column_names if backend == "pyarrow" else frame.columns)
    assert {"kind", "level", "sentence", "interval_low", "adjusted_high", "q_bh", "under"} <= set(
        names
    )
    under = list(frame["under"].to_pylist() if backend == "pyarrow" else frame["under"])
    assert under[:2] == [-1, 0]
    assert len(under) == len(list(shifted.flat()))
    with pytest.raises(ArgumentError, match="Pass one of 'pandas'"):
        shifted.to_frame("excel")  # type: ignore[arg-type]


def test_what_cannot_be_compared_is_named(logged: Logged, tmp_path: Path) -> None:
    run = logged("one", test=draw(quiet(), 1))
    other = logged("two", new=draw(quiet(), 1))
    with pytest.raises(ArgumentError, match="share no split"):
        cf.compare(run, other)
    with pytest.raises(ArgumentError, match="Pass two series"):
        cf.compare(run, other["new"])
    with pytest.raises(EpochError, match="no complete epoch from 90 to 99"):
        run["test"].findings(other=other["new"], epochs=(90, 99))
    with pytest.raises(EpochError, match="share no complete epoch"):
        logged("three", a=draw(quiet(), 1)[:1])["a"].findings(other=late(tmp_path)["test"])


def late(log_dir: Path) -> cf.LoggedRun:
    with cf.Run(log_dir, "late", classes=CLASSES) as run:
        run.log_matrix(99, "test", np.eye(4, dtype=int))
    return cf.open_logs(log_dir)["late"]
