"""Shifts between series: the poster's answers, and what instances add."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence import shift as shift_module
from confusionflow.analysis.evidence.family import Family
from confusionflow.analysis.evidence.membership import PERMUTED, by_membership
from confusionflow.analysis.evidence.paired import MCNEMAR, paired
from confusionflow.analysis.evidence.shares import Shares, shares
from confusionflow.analysis.evidence.shift import COUNTS, shift
from confusionflow.analysis.evidence.window import Window, default_window, window

PLANE, AUTO, TRUCK = 0, 1, 9


def read(folder: Path, epochs: range) -> Cube:
    files = (folder / f"epoch{epoch}_confusion.csv" for epoch in epochs)
    dense = [np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.int64)[:, 1:] for file in files]
    return Cube.from_dense(list(epochs), dense)


@pytest.fixture(scope="module")
def poster_shift(poster_data: Path) -> dict[str, Family]:
    epochs = range(145, 195)
    test, new = (read(poster_data / split, epochs) for split in ("test", "cifar10.1"))
    times = np.array(epochs)
    return {str(k): f for k, f in shift(window(test, times), window(new, times)).items()}


def at(family: Family, actual: int, predicted: int) -> int:
    [found] = np.flatnonzero((family.actual == actual) & (family.predicted == predicted))
    return int(found)


def points(family: Family, i: int) -> list[float]:
    """Effect and interval in points, rounded as they are read."""
    return [round(100 * float(x[i]), 1) for x in (family.effect, family.low, family.high)]


def test_the_poster_loses_nine_points_of_accuracy(poster_shift: dict[str, Family]) -> None:
    whole = poster_shift["whole"]
    assert points(whole, 0) == [-9.2, -11.0, -7.4]
    assert whole.level == ("certain",)


def test_auto_is_the_only_class_beyond_the_general_shift(poster_shift: dict[str, Family]) -> None:
    rows = poster_shift["rows"]
    auto = at(rows, AUTO, -1)
    assert (round(rows.rate_a[auto], 3), round(rows.rate_b[auto], 3)) == (0.961, 0.789)
    effect, low, high = points(rows, auto)
    assert (effect, low) == (-17.2, -23.5)
    assert high == pytest.approx(-11.9, abs=0.051)
    assert np.flatnonzero(rows.beyond).tolist() == [auto]


def test_auto_to_truck_is_the_only_cell_beyond_it(poster_shift: dict[str, Family]) -> None:
    cells = poster_shift["cells"]
    cell = at(cells, AUTO, TRUCK)
    assert (round(cells.rate_a[cell], 3), round(cells.rate_b[cell], 3)) == (0.024, 0.131)
    assert points(cells, cell) == [10.7, 6.5, 16.1]
    assert round(100 * float(cells.guaranteed[cell]), 1) == 4.4
    assert f"{cells.p[cell]:.0e}" == "7e-09"
    assert f"{cells.q[cell]:.1e}" == "3.3e-06"
    assert cells.level[cell] == "certain"
    assert np.flatnonzero(cells.beyond).tolist() == [cell]


def test_plane_to_truck_is_likely(poster_shift: dict[str, Family]) -> None:
    cells = poster_shift["cells"]
    cell = at(cells, PLANE, TRUCK)
    assert points(cells, cell)[0] == 3.8
    assert (round(cells.q_bh[cell], 3), round(cells.q[cell], 3)) == (0.015, 0.075)
    assert cells.level[cell] == "likely"
    assert sorted(set(cells.level)) == ["certain", "likely", "noticed"]
    assert (cells.level.count("certain"), cells.level.count("likely")) == (1, 1)


def test_a_family_is_all_cells_also_those_that_are_empty() -> None:
    rows = np.diag([90] * 5)
    a, b = rows.copy(), rows.copy()
    a[0, 1], b[0, 1], b[2, 3] = 2, 20, 7
    one, other = (Cube.from_dense([0], [dense]) for dense in (a, b))
    cells = shift(window(one, np.array([0])), window(other, np.array([0])))["cells"]
    assert len(cells) == 2
    assert cells.size == 20
    whole = np.append(cells.p, np.ones(18))
    for method, q in (("fdr_by", cells.q), ("fdr_bh", cells.q_bh)):
        assert q == pytest.approx(multipletests(whole, method=method)[1][:2], rel=1e-9)


def test_epochs_are_not_samples(poster_shift: dict[str, Family]) -> None:
    """Counting every epoch's instances as new ones calls 77 of 90 cells different."""
    assert poster_shift["cells"].size == 90
    assert (poster_shift["cells"].q_bh <= 0.05).sum() == 2


def drawn(rng: np.random.Generator, n: int, rate: float, epochs: int = 20) -> np.ndarray:
    """Instances of class 0, taken for class 1 with a propensity of their own; correlated epochs."""
    propensity = rng.beta(rate * 0.3, (1 - rate) * 0.3, n)
    return (rng.random((epochs, n)) < propensity).astype(np.int64)


def windowed(predicted: np.ndarray, classes: int = 2) -> tuple[Window, Shares]:
    epochs, n = predicted.shape
    dense = np.zeros((epochs, classes, classes), np.int64)
    for epoch in range(epochs):
        dense[epoch, 0] = np.bincount(predicted[epoch], minlength=classes)
    cube = Cube.from_dense(np.arange(epochs), dense)
    found = shares(np.zeros(n, np.int64), predicted, classes)
    return window(cube, np.arange(epochs)), found


def test_instances_see_what_counts_do_not() -> None:
    rng = np.random.default_rng(4)
    # Epochs that do not depend on each other: the mean over 20 of them is much surer than one.
    a, b = ((rng.random((20, 150)) < rate).astype(np.int64) for rate in (0.3, 0.36))
    (window_a, shares_a), (window_b, shares_b) = windowed(a), windowed(b)
    plain = shift(window_a, window_b)["cells"]
    permuted = shift(window_a, window_b, by_membership(shares_a, shares_b))["cells"]
    assert plain.test == (COUNTS,)
    assert plain.p[0] > 0.2
    # Fewer hits than 20 in 20,000: p from counts stays.
    assert permuted.p[0] == plain.p[0]
    weaker = (rng.random((20, 150)) < 0.325).astype(np.int64)
    window_c, shares_c = windowed(weaker)
    permuted = shift(window_a, window_c, by_membership(shares_a, shares_c))["cells"]
    assert permuted.test == (PERMUTED,)
    assert permuted.p[0] < 0.1 < shift(window_a, window_c)["cells"].p[0]


def test_the_same_instances_are_compared_one_by_one() -> None:
    actual = np.repeat([0, 1], [60, 40])
    a = np.repeat(actual[None], 1, axis=0)
    b = a.copy()
    b[0, :9] = 1  # nine of class 0 are lost to class 1
    b[0, 60:62] = 0
    families = paired(shares(actual, a, 2), shares(actual, b, 2))
    rows, cells = families["rows"], families["cells"]
    assert rows.effect == pytest.approx([-9 / 60, -2 / 40])
    assert rows.p == pytest.approx([2 / 2**9, 0.5])
    assert rows.test == (MCNEMAR, MCNEMAR)
    assert cells.actual.tolist(), cells.predicted.tolist() == ([0, 1], [1, 0])
    assert families["columns"].effect == pytest.approx([2 / 40, 9 / 60])
    assert families["whole"].effect == pytest.approx([-11 / 100])
    assert (rows.low < rows.effect).all()
    assert (rows.effect < rows.high).all()


def test_pairs_see_what_two_samples_would_not() -> None:
    rng = np.random.default_rng(0)
    a = (rng.random((12, 200)) < rng.random(200)).astype(np.int64)
    a[:, :8] = 0
    b = a.copy()
    b[:, :8] = 1
    window_a, shares_a = windowed(a)
    window_b, shares_b = windowed(b)
    assert shift(window_a, window_b)["cells"].p[0] > 0.3
    assert paired(shares_a, shares_b)["cells"].p[0] == pytest.approx(2 / 2**8, rel=0.01)


def test_a_window_is_a_quarter_of_the_epochs_and_ten_at_least() -> None:
    assert default_window(np.arange(195)).tolist() == list(range(146, 195))
    assert default_window(np.arange(30)).tolist() == list(range(20, 30))
    assert default_window(np.arange(4)).tolist() == [0, 1, 2, 3]


def test_many_classes_keep_only_cells_that_could_tell() -> None:
    rng = np.random.default_rng(0)
    n = 120
    dense = np.stack([rng.multinomial(50, np.full(n, 1 / n), n) for _ in range(2)])
    dense[1, 3, 7] += 40
    one, other = (Cube.from_dense([0], dense[i : i + 1]) for i in range(2))
    cells = shift(window(one, np.array([0])), window(other, np.array([0])))["cells"]
    assert 0 < cells.size < 200
    found = at(cells, 3, 7)
    assert cells.level[found] == "certain"


def test_columns_of_many_classes_are_as_if_each_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exact test is left out only where it would find nothing."""
    rng = np.random.default_rng(1)
    n = 150
    supports = rng.integers(5, 80, n)
    rates = np.full((n, n), 0.3 / (n - 1)) + 0.7 * np.eye(n)
    shifted = rates.copy()
    shifted[:, 9] += 0.05
    shifted /= shifted.sum(axis=1, keepdims=True)
    one, other = (
        window(
            Cube.from_dense(
                [0, 1],
                [[rng.multinomial(*row) for row in zip(supports, share, strict=True)]] * 2,
            ),
            np.array([0, 1]),
        )
        for share in (rates, shifted)
    )
    found = shift(one, other)["columns"]
    monkeypatch.setattr(shift_module, "MANY_COLUMNS", 1000)
    asked = shift(one, other)["columns"]
    assert 0 < (found.p < 1).sum() < (asked.p < 1).sum() - 50
    assert np.array_equal(
        np.where(asked.p < 0.05, asked.p, 1), np.where(found.p < 0.05, found.p, 1)
    )
    assert (asked.p < 0.05).sum() > 3
    assert found.level == asked.level
    assert found.q[9] == pytest.approx(asked.q[9], rel=1e-9)
    assert found.level[9] == "certain"
