"""The list of cells, ranked: ways to those worth a look."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, link, settle, show, view_of

import confusionflow as cf

SPLITS = ("train", "test", "cifar10.1")
FIRST, LAST = 20, 150

Rates = NDArray[np.float64]


def growth(rates: Rates) -> Rates:
    """The rise of each line of least squares, rates of shape (splits, epochs, classes, classes)."""
    epochs = np.arange(rates.shape[1])
    lines = np.moveaxis(rates, 1, 0).reshape(len(epochs), -1)
    slopes: Rates = np.polyfit(epochs, lines, 1)[0]
    rises: Rates = (slopes * epochs[-1]).reshape(rates[:, 0].shape).max(0)
    return rises


@pytest.mark.parametrize(
    ("button", "unit", "score_of"),
    [
        ("at epoch 150", "%", lambda rates: rates[:, -1].max(0)),
        ("highest", "%", lambda rates: rates.max((0, 1))),
        ("growing most", " points", growth),
        ("differing most", " points", lambda rates: np.ptp(rates.mean(1), axis=0)),
    ],
)
def test_cells_are_ranked_by_what_python_computes(
    page: Page,
    poster_server: Server,
    poster: cf.LoggedRun,
    button: str,
    unit: str,
    score_of: Callable[[Rates], Rates],
) -> None:
    rates = [poster[split].confusion("actual")[FIRST : LAST + 1] for split in SPLITS]
    scores = score_of(np.array(rates))
    np.fill_diagonal(scores, -1)
    show(page, poster_server, link(poster, *SPLITS, epochs=f"{FIRST}-{LAST}"))
    page.keyboard.press("l")
    page.get_by_role("button", name=button, exact=True).click()
    while (more := page.get_by_role("button", name="Show 50 more")).count():
        more.click()
    rows = page.locator("button.cell")
    expect(rows).to_have_count(int((scores > 0).sum()))
    classes = poster["train"].classes
    seen = -np.ones_like(scores)
    shown = []
    titles = rows.locator(".names").evaluate_all("(all) => all.map((names) => names.title)")
    for score, title in zip(rows.locator("b").all_inner_texts(), titles, strict=True):
        actual, predicted = (classes.index(name) for name in title.split(" → "))
        number = float(re.fullmatch(rf"\+?<?([\d.]+){unit}", score)[1]) / 100  # type: ignore[index]
        assert number == pytest.approx(scores[actual, predicted], abs=0.00051), title
        seen[actual, predicted] = number
        shown.append(scores[actual, predicted])
    assert (seen >= 0).sum() == len(shown)
    assert all(one >= next_one - 1e-12 for one, next_one in pairwise(shown))


@pytest.mark.parametrize(
    ("button", "score_of"),
    [
        ("at epoch 150", lambda less: less[:, -1]),
        ("largest", lambda less: largest(less, 1)),
        ("changing most", lambda less: np.stack([growth(one[None]) for one in less])),
        ("differing most", lambda less: less.mean(1)),
    ],
)
def test_less_a_baseline_cells_are_ranked_by_the_size_of_their_differences(
    page: Page,
    poster_server: Server,
    poster: cf.LoggedRun,
    button: str,
    score_of: Callable[[Rates], Rates],
) -> None:
    train, *others = (poster[split] for split in SPLITS)
    less = np.array([one.minus(train, "rates")[1][FIRST : LAST + 1] for one in others])
    scores = largest(score_of(less), 0)
    np.fill_diagonal(scores, 0)
    baseline = f"{poster.id}.{train.id}"
    show(page, poster_server, link(poster, *SPLITS, epochs=f"{FIRST}-{LAST}", baseline=baseline))
    page.keyboard.press("l")
    expect(page.get_by_role("region", name="Cells, less train")).to_be_visible()
    page.get_by_role("button", name=button, exact=True).click()
    rows = page.locator("button.cell")
    expect(rows).to_have_count(50)
    shown = []
    for row in rows.all():
        names = (row.locator(".names").get_attribute("title") or "").split(" → ")
        score = scores[*(train.classes.index(name) for name in names)]
        text = row.locator("b").inner_text().replace("\N{MINUS SIGN}", "-")
        assert float(text.removesuffix(" points")) / 100 == pytest.approx(score, abs=0.00051), names
        shown.append(abs(score))
    assert shown == sorted(np.abs(scores).ravel(), reverse=True)[:50]


def largest(values: Rates, axis: int) -> Rates:
    """The values that are farthest from 0 along an axis, with their signs."""
    at = np.abs(values).argmax(axis, keepdims=True)
    found: Rates = np.take_along_axis(values, at, axis).squeeze(axis)
    return found


def test_the_posters_finding_heads_the_cells_that_differ_and_is_one_click_away(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    show(page, poster_server, link(poster, "test", "cifar10.1", epochs="145-194"))
    page.get_by_role("tab", name="Cells").click()
    page.get_by_role("button", name="differing most").click()
    first = page.locator("button.cell").first
    expect(first).to_contain_text("Auto → Truck")
    expect(first).to_contain_text("cifar10.1 13.1%")
    expect(first).to_contain_text("test 2.4%")
    first.click()
    expect(first).to_be_visible()
    expect(page.locator(".panel", has_text="Detail")).to_contain_text("Auto → Truck")


def test_cells_are_searched_by_class_and_reached_by_keys(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["thirty"], "test"))
    page.keyboard.press("l")
    panel = page.get_by_role("tabpanel", name="Cells")
    # One series differs from none.
    expect(panel.get_by_role("button", name="differing most")).to_have_count(0)
    page.keyboard.type("07 a class")
    rows = panel.locator("button.cell")
    names = [row.get_attribute("title") or "" for row in rows.locator(".names").all()]
    assert 30 < len(names) <= 50
    assert all("07 a class" in name for name in names)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_be_focused()
    expect(page.locator(".panel", has_text="Detail")).to_contain_text(names[1])
    page.keyboard.press("l")
    panel.get_by_label("Search classes").fill("no such class")
    expect(panel).to_contain_text("No cell that matches “no such class” has such a value")
    page.keyboard.press("Escape")
    expect(panel.get_by_label("Search classes")).to_have_value("")
    expect(panel.get_by_label("Search classes")).not_to_be_focused()


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("dog cat", {"cat → dog", "dog → cat"}),
        ("cat → dog", {"cat → dog"}),
        ("dog->cat", {"dog → cat"}),
    ],
)
def test_two_names_find_the_cells_between_their_classes(
    page: Page, zoo_server: Server, zoo: cf.Logs, text: str, cells: set[str]
) -> None:
    show(page, zoo_server, link(zoo["kinds"], "old"))
    page.keyboard.press("l")
    page.get_by_label("Search classes").fill(text)
    rows = page.locator("button.cell .names")
    expect(rows).to_have_count(len(cells))
    assert {row.get_attribute("title") for row in rows.all()} == cells


def test_a_cell_that_is_listed_by_an_epoch_is_shown_at_it_and_one_step_back_undoes_both(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    dense = zoo["rhythms"]["dense"]
    rates = dense.confusion("actual")
    np.einsum("eii->ei", rates)[:] = 0
    epoch, actual, predicted = np.unravel_index(rates.argmax(), rates.shape)
    show(page, zoo_server, link(zoo["rhythms"], "dense", at=20))
    page.keyboard.press("l")
    page.get_by_role("button", name="at epoch 20", exact=True).click()
    page.get_by_role("button", name="highest", exact=True).click()
    page.locator("button.cell").first.click()
    settle(page)
    view = view_of(page)
    assert view["detail"] == f"cell,{dense.classes[actual]},{dense.classes[predicted]}"
    assert int(view["at"]) == epoch
    expect(page.locator("output")).to_have_text(str(epoch))
    page.go_back()
    expect(page.locator("output")).to_have_text("20")
    expect(page.locator("#detail-title")).to_have_text("Accuracy")
    page.go_forward()
    expect(page.locator("output")).to_have_text(str(epoch))
    page.get_by_role("button", name="growing most").click()
    page.locator("button.cell").first.click()
    settle(page)
    assert int(view_of(page)["at"]) == epoch
