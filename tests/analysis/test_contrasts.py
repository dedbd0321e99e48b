"""What sets instances apart is found by hand-made columns, and is not the mix of classes."""

from __future__ import annotations

import numpy as np
import pytest

from confusionflow.analysis.contrasts import contrasts


def test_numbers_are_compared_in_standard_deviations_of_the_right_ones() -> None:
    rng = np.random.default_rng(0)
    n = 4_000
    listed = np.arange(n) < 400
    columns = {
        "shifted": rng.normal(3.0, 2.0, n) + 1.0 * listed,
        "same": rng.normal(0, 1, n),
        "constant": np.ones(n),
    }
    found = contrasts(columns, np.zeros(n, int), listed, ~listed)
    assert [each.column for each in found] == ["shifted", "same"]
    assert found[0].effect == pytest.approx(0.5, abs=0.12)
    assert found[0].listed == pytest.approx(columns["shifted"][listed].mean())
    assert found[0].right == pytest.approx(columns["shifted"][~listed].mean())


def test_a_value_that_gathers_among_the_listed_is_named() -> None:
    source = np.array(["web"] * 8 + ["scan"] * 2 + ["web"] * 10 + ["scan"] * 10 + [None], object)
    listed = np.arange(31) < 10
    found = contrasts({"source": source}, np.zeros(31, int), listed, ~listed)
    # That there are fewer scans says the same.
    (web,) = found
    assert (web.column, web.value, web.listed, web.right) == ("source", "web", 0.8, 0.5)
    assert web.effect == pytest.approx(2 * (np.arcsin(np.sqrt(0.8)) - np.arcsin(np.sqrt(0.5))))


def test_another_mix_of_classes_is_no_contrast() -> None:
    # Nine of ten listed ones are of class 0, of the right ones one in ten.
    classes = np.array([0] * 90 + [1] * 10 + [0] * 10 + [1] * 90)
    listed = np.arange(200) < 100
    size = np.where(classes == 0, 5.0, 1.0) + np.tile([0.1, -0.1], 100)
    found = contrasts({"size": size}, classes, listed, ~listed)
    assert found == []


def test_classes_without_right_ones_and_unknown_values_are_left_out() -> None:
    classes = np.array([0, 0, 0, 0, 1])
    listed = np.array([True, True, False, False, True])
    values = np.array([4.0, np.nan, 1.0, 3.0, 100.0])
    (found,) = contrasts({"x": values}, classes, listed, ~listed)
    assert (found.listed, found.right) == (4.0, 2.0)
    assert contrasts({"x": values}, classes, listed, np.zeros(5, bool)) == []
