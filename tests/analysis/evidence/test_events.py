"""Events over time: planted ones are found, quiet series have none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence import course as course_module
from confusionflow.analysis.evidence.course import course, running_median, sides
from confusionflow.analysis.evidence.events import Event, find_events
from confusionflow.analysis.evidence.followed import Followed, follow
from confusionflow.analysis.evidence.gap import find_gaps
from confusionflow.analysis.evidence.tracks import moving_cells, tracks

EPOCHS, CLASSES, SUPPORT = 60, 4, 200
Rates = NDArray[np.float64]


def quiet() -> Rates:
    """Rates that stay: 5 % of a class go to each other one; shape (epochs, classes, classes)."""
    rates = np.full((EPOCHS, CLASSES, CLASSES), 0.05)
    rates[:, range(CLASSES), range(CLASSES)] = 1 - 0.05 * (CLASSES - 1)
    return rates


def move(rates: Rates, epochs: slice, actual: int, predicted: int, more: float) -> Rates:
    rates = rates.copy()
    rates[epochs, actual, predicted] += more
    rates[epochs, actual, actual] -= more
    return rates


def followed(split: str, rates: Rates, seed: int) -> Followed:
    rng = np.random.default_rng(seed)
    dense = np.array([[rng.multinomial(SUPPORT, row) for row in epoch] for epoch in rates])
    cube = Cube.from_dense(np.arange(len(rates)), dense)
    return Followed.of(split, cube, np.arange(CLASSES**2)[np.arange(CLASSES**2) % 5 != 0])


def events(rates: Rates, other: Rates | None = None) -> list[Event]:
    one = followed("test", rates, 1)
    two = followed("new", rates if other is None else other, 2)
    return find_events([one, two], early=0)


def test_a_quiet_run_has_no_events() -> None:
    assert events(quiet()) == []


def test_a_spike_of_a_cell_stands_under_its_column() -> None:
    rates = quiet()
    for actual in (0, 1, 2):
        rates = move(rates, slice(30, 31), actual, 3, 0.35)
    [event] = events(rates)
    assert (event.kind, event.place, event.predicted) == ("spike", "column", 3)
    assert event.main.epochs == (30, 30)
    assert event.classes == (0, 1, 2)
    assert event.corroborated
    assert {"row", "cell"} <= {inner.place for inner in event.within}


def test_what_only_one_split_shows_is_not_corroborated() -> None:
    [event] = events(move(quiet(), slice(30, 31), 1, 2, 0.4), quiet())
    assert not event.corroborated
    assert event.sightings[0].split == "test"


def test_a_spike_of_three_epochs_is_one_event() -> None:
    [event] = events(move(quiet(), slice(30, 33), 1, 2, 0.5))
    assert event.kind == "spike"
    assert event.main.epochs == (30, 32)


@pytest.mark.parametrize("end", [None, 45])
def test_a_step_lasts_if_it_is_not_undone(end: int | None) -> None:
    found = events(move(quiet(), slice(25, end), 1, 2, 0.4))
    step = found[0]
    assert step.kind == "step"
    assert abs(step.main.peak - 25) <= 2
    assert step.rises
    assert all(sighting.lasting == (end is None) for sighting in step.sightings)
    assert len(found) == (1 if end is None else 2)


def test_the_last_epochs_tell_a_spike_and_no_step() -> None:
    found = events(move(quiet(), slice(EPOCHS - 1, None), 1, 2, 0.5))
    assert [event.kind for event in found] == ["spike"]


def test_learning_is_early_training() -> None:
    rates = quiet()
    for epoch in range(12):
        rates[epoch] = rates[12] + (0.7 - 0.06 * epoch) * (0.25 - np.eye(CLASSES)) * 0.9
    rates = np.clip(rates, 0.001, None)
    rates /= rates.sum(axis=2, keepdims=True)
    one = followed("test", rates, 3)
    assert 8 <= one.settled <= 20
    early = one.settled
    assert all(event.main.peak >= early for event in find_events([one], early))
    assert followed("test", quiet(), 3).settled == 1


def test_a_gap_opens_where_two_splits_part() -> None:
    train, test = quiet(), quiet()
    for predicted in (0, 1, 3):
        test = move(test, slice(35, None), 2, predicted, 0.15)
    a, b = followed("train", train, 5), followed("test", test, 6)
    gaps = find_gaps(a.tracks, b.tracks, 0)
    assert {gap.actual for gap in gaps} == {-1, 2}
    for gap in gaps:
        assert abs(gap.epoch - 35) <= 2
        assert gap.after > gap.before
    # What closes is no gap that opens.
    assert (
        find_gaps(followed("train", train, 5).tracks, followed("test", test[::-1], 6).tracks, 0)
        == []
    )


def test_only_cells_that_move_are_followed() -> None:
    one = followed("test", move(quiet(), slice(30, 31), 1, 2, 0.5), 1)
    assert moving_cells(one.cube, 8.0).tolist() == [1 * CLASSES + 2]
    assert moving_cells(one.cube, 8.0, since=31).tolist() == []


def told(found: Sequence[Event]) -> list[object]:
    """All that events say, in a form that can be compared."""
    return [
        {
            **vars(event),
            "sightings": [vars(sighting) for sighting in event.sightings],
            "within": told(event.within),
        }
        for event in found
    ]


def test_places_that_are_left_out_have_no_events() -> None:
    """A column and cells step, a row and a cell spike, and both splits learn before."""
    n = 30
    rng = np.random.default_rng(4)
    rates = np.full((80, n, n), 0.2 / (n - 1))
    rates[:, range(n), range(n)] = 0.8
    for epoch in range(15):
        rates[epoch] = (rates[20] + (15 - epoch) / 15) / (1 + n * (15 - epoch) / 15)
    for actual in (2, 3, 4):
        rates = move(rates, slice(40, None), actual, 5, 0.3)
    rates = move(rates, slice(60, 61), 7, 8, 0.4)
    cubes = [
        Cube.from_dense(
            np.arange(80), [[rng.multinomial(size, row) for row in epoch] for epoch in rates]
        )
        for size in (300, 60)
    ]
    following = follow(["train", "test"], cubes)
    cells = np.arange(n * n)[np.arange(n * n) % (n + 1) != 0]
    whole = [Followed.of(*each, cells) for each in zip(["train", "test"], cubes, strict=True)]
    assert following.early == max(int(one.cube.epochs[one.settled]) for one in whole) > 5
    assert len(following.splits[0].tracks.actual) < 40
    found = find_events(following.splits, following.early)
    assert {event.place for event in found} == {"column"}
    assert {inner.place for event in found for inner in event.within} > {"row", "cell"}
    assert told(found) == told(find_events(whole, following.early))


def test_tracks_follow_wrong_drawn_and_confused_instances() -> None:
    cube = Cube.from_dense([4], [[[5, 2, 1], [0, 7, 0], [3, 0, 1]]])
    found = tracks(cube, np.array([1, 6]))
    assert found.k[0].tolist() == [6, 3, 0, 3, 3, 2, 1, 2, 3]
    assert found.n[0].tolist() == [19, 8, 7, 4, 11, 12, 15, 8, 4]
    assert [found.place(t) for t in (0, 1, 4, 7)] == ["whole", "row", "column", "cell"]
    assert (found.row(2), found.column(0)) == (3, 4)


def naive_median(x: Rates, width: int) -> Rates:
    half = width // 2
    return np.array([np.median(x[max(0, e - half) : e + half + 1], axis=0) for e in range(len(x))])


@given(st.integers(1, 40), st.sampled_from([3, 11, 61]), st.integers(0, 9))
def test_running_medians_are_cut_at_the_ends(epochs: int, width: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(epochs, 3))
    assert np.array_equal(running_median(x, width), naive_median(x, width))
    before, after = sides(x)
    for e in range(epochs):
        assert np.array_equal(after[e], np.median(x[e : e + 10], axis=0))
        if e:
            assert np.array_equal(before[e], np.median(x[max(0, e - 10) : e], axis=0))
    assert np.isnan(before[0]).all()


def test_pieces_give_the_same_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(90, 7))
    whole = running_median(x, 11), *sides(x)
    monkeypatch.setattr(course_module, "CHUNK", 100)
    pieces = running_median(x, 11), *sides(x)
    for one, other in zip(whole, pieces, strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def test_strength_is_as_the_formula_says() -> None:
    rng = np.random.default_rng(2)
    n = np.full((40, 1), 300.0)
    k = rng.binomial(300, 0.1, (40, 1)).astype(float)
    k[7] = 90
    found = course(k, n)
    theta = 2 * np.arcsin(np.sqrt((k + 3 / 8) / (n + 3 / 4)))
    r = np.sqrt(300) * (theta - naive_median(theta, 11))
    s = np.maximum(1, 1.4826 * naive_median(np.abs(r), 61))
    assert found.residual == pytest.approx(r / s)
    step = np.sqrt(300) * (np.median(theta[20:30]) - np.median(theta[10:20])) / s[19]
    assert found.step[20, 0] == pytest.approx(step[0])
