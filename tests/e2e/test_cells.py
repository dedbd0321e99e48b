"""The tab that lists cells, ranked: ways to those worth a look."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

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
    rises: Rates = (slopes * epochs[-1]).reshape(rates[:, 0].shape)
    most = np.ptp(rates, axis=1)
    risen: Rates = np.clip(rises, -most, most).max(0)
    return risen


def jump(rates: Rates) -> Rates:
    """The largest change from one epoch to the next, of any of the splits."""
    changes = np.diff(rates, axis=1)
    return largest(largest(changes, 1), 0)


@pytest.mark.parametrize(
    ("button", "unit", "score_of"),
    [
        ("now", "%", lambda rates: rates[:, -1].max(0)),
        ("peak", "%", lambda rates: rates.max((0, 1))),
        ("largest jump", " points", jump),
        ("rising", " points", growth),
        ("differing", " points", lambda rates: np.ptp(rates.mean(1), axis=0)),
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
    np.fill_diagonal(scores, 0)
    sizes = np.abs(scores) if button == "largest jump" else scores
    show(page, poster_server, link(poster, *SPLITS, epochs=f"{FIRST}-{LAST}", tab="cells"))
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("button.cell")).to_have_count(int((sizes > 0).sum()))
    classes = poster["train"].classes
    seen = set()
    # Entries of few instances come last, after a line that says so.
    order: list[list[float]] = [[]]
    for entry in entries(page):
        if not entry:
            order.append([])
        for title, text in entry:
            actual, predicted = (classes.index(name) for name in title.split(" → "))
            number = re.fullmatch(rf"\+?<?(-?[\d.]+){unit}", text.replace("\N{MINUS SIGN}", "-"))
            assert number
            expected = scores[actual, predicted]
            assert float(number[1]) / 100 == pytest.approx(expected, abs=0.00051), title
            seen.add((actual, predicted))
        pair = {frozenset(title.split(" → ")) for title, _ in entry}
        assert len(pair) <= 1
        if entry:
            actual, predicted = (classes.index(name) for name in entry[0][0].split(" → "))
            order[-1].append(sizes[actual, predicted])
    assert len(seen) == (sizes > 0).sum()
    assert sum(map(len, order)) == len({frozenset(cell) for cell in seen})
    for firsts in order:
        assert all(one >= other - 1e-12 for one, other in pairwise(firsts))


def entries(page: Page) -> list[list[list[str]]]:
    """Name and score of the cells of each entry; none of the line above those of few instances."""
    settle(page)
    found: list[list[list[str]]] = page.locator(".cells ol > li").evaluate_all(
        """(all) => all.map((entry) => Array.from(
            entry.querySelectorAll("button.cell"),
            (cell) => [cell.querySelector(".names").title, cell.querySelector("b").textContent],
        ))"""
    )
    return found


@pytest.mark.parametrize(
    ("button", "score_of"),
    [
        ("now", lambda less: less[:, -1]),
        ("peak", lambda less: largest(less, 1)),
        ("largest jump", lambda less: largest(np.diff(less, axis=1), 1)),
        ("changing", lambda less: np.stack([growth(one[None]) for one in less])),
        ("differing", lambda less: less.mean(1)),
    ],
)
def test_relative_to_a_baseline_cells_are_ranked_by_the_size_of_their_differences(
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
    epochs, baseline = (f"{FIRST}-{LAST}", f"{poster.id}.{train.id}")
    view = link(poster, *SPLITS, epochs=epochs, baseline=baseline, tab="cells")
    show(page, poster_server, view)
    expect(page.get_by_role("region", name="Cells, relative to train")).to_be_visible()
    page.get_by_role("button", name=button, exact=True).click()
    found = {title: text for entry in entries(page) for title, text in entry}
    assert len(found) == (scores != 0).sum()
    for title, text in found.items():
        score = scores[*(train.classes.index(name) for name in title.split(" → "))]
        number = float(text.replace("\N{MINUS SIGN}", "-").removesuffix(" points")) / 100
        assert number == pytest.approx(score, abs=0.00051), title
    first = np.unravel_index(np.abs(scores).argmax(), scores.shape)
    assert next(iter(found)) == " → ".join(train.classes[index] for index in first)


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
    page.get_by_role("button", name="differing").click()
    first = page.locator("button.cell").first
    expect(first).to_contain_text("Auto → Truck")
    expect(first.locator(".of > span")).to_have_text(["cifar10.1 13.1%", "test 2.4%"])
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
    expect(panel.get_by_role("button", name="differing")).to_have_count(0)
    page.keyboard.type("07 a class")
    settle(page)
    rows = panel.locator("button.cell")
    names = [row.get_attribute("title") or "" for row in rows.locator(".names").all()]
    assert 30 < len(names) <= 100
    assert all("07 a class" in name for name in names)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_be_focused()
    expect(page.locator(".panel", has_text="Detail")).to_contain_text(names[1])
    page.keyboard.press("l")
    panel.get_by_label("Search classes").fill("no such class")
    expect(panel).to_contain_text("No cell matches “no such class”")
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
    page.get_by_role("button", name="peak", exact=True).click()
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
    page.get_by_role("button", name="rising").click()
    page.locator("button.cell").first.click()
    settle(page)
    assert int(view_of(page)["at"]) == epoch


def test_a_cell_shows_counts_beside_its_rate_and_a_rate_beside_its_count(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    cell = page.locator("button.cell", has=page.get_by_title("Auto → Truck"))
    split = poster["cifar10.1"]
    counts = split.confusion()[:, 1, 9]
    show(page, poster_server, link(poster, "cifar10.1", at=150, tab="cells"))
    expect(cell.locator("b")).to_have_text(f"{counts[150] / 200:.1%}")
    expect(cell.locator(".count")).to_have_text(f"{counts[150]} / 200")
    # The wild start, which the scale leaves out, has no largest jump.
    at = 20 + int(np.abs(np.diff(counts[20:])).argmax())
    page.get_by_role("button", name="largest jump").click()
    expect(cell.locator(".count")).to_have_text(f"{counts[at]} → {counts[at + 1]} / 200")
    expect(cell).to_contain_text(f"at {at + 1}")
    show(page, poster_server, link(poster, "cifar10.1", at=150, tab="cells", values="count"))
    expect(cell.locator("b")).to_have_text(f"{counts[150]}")
    expect(cell.locator(".count")).to_have_text(f"{counts[150] / 200:.1%} of 200")


def test_cells_of_few_instances_come_last_and_are_said_to_be_few(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    # Half of the two "rare" ones are wrong, and a twentieth of the 200 "usual" ones.
    with cf.Run(tmp_path, name="few", classes=["rare", "usual", "other"]) as run:
        actual = [0] * 2 + [1] * 200 + [2] * 200
        run.log(0, "test", y_true=actual, y_pred=[0, 2] + [2] * 10 + [1] * 190 + [2] * 200)
    show(page, serve(tmp_path), "#tab=cells")
    assert entries(page) == [[["usual → other", "5.0%"]], [], [["rare → other", "50.0%"]]]
    expect(page.locator(".cells .few")).to_have_text("Fewer than 3 instances, perhaps chance")


def test_few_instances_are_said_to_be_of_the_change_when_cells_are_ranked_by_it(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    with cf.Run(tmp_path, name="change", classes=["left", "right"]) as run:
        for epoch, wrong in enumerate((14, 16)):
            predicted = [1] * wrong + [0] * (120 - wrong) + [1] * 120
            run.log(epoch, "test", y_true=[0] * 120 + [1] * 120, y_pred=predicted)
    show(page, serve(tmp_path), "#tab=cells&rank=rising")
    few = page.locator(".cells .few")
    expect(few).to_have_text("All changes are of fewer than 3 instances, perhaps chance")
    expect(page.locator("button.cell .count")).to_have_text(["16 / 120"])
    page.get_by_role("button", name="peak").click()
    expect(few).to_have_count(0)


# Whether anything is drawn in a canvas.
IS_DRAWN = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value > 0);
}"""


def test_lines_are_drawn_only_where_they_can_be_seen(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    show(page, poster_server, link(poster, "test", tab="cells"))
    first, last = (page.locator("button.cell canvas").nth(at) for at in (0, -1))
    page.wait_for_function(f"(canvas) => !({IS_DRAWN})(canvas)", arg=last.element_handle())
    page.wait_for_function(IS_DRAWN, arg=first.element_handle())
    last.scroll_into_view_if_needed()
    page.wait_for_function(IS_DRAWN, arg=last.element_handle())


def test_a_move_of_the_brush_moves_entries_and_makes_none(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    show(page, poster_server, link(poster, *SPLITS, tab="cells"))
    cells = "Array.from(document.querySelectorAll('button.cell'), (cell) => [nameOf(cell), cell])"
    page.evaluate("void (nameOf = (cell) => cell.querySelector('.names').title)")
    timeline = page.locator(".timeline").bounding_box()
    assert timeline
    middle = timeline["y"] + timeline["height"] / 2
    page.mouse.move(timeline["x"] + timeline["width"] * 0.1, middle)
    page.mouse.down()
    page.mouse.move(timeline["x"] + timeline["width"] * 0.2, middle)
    settle(page)
    page.evaluate(f"void (known = new Map({cells}))")
    order = [entry[0] for entry in entries(page) if entry]
    page.mouse.move(timeline["x"] + timeline["width"] * 0.25, middle)
    settle(page)
    page.mouse.up()
    assert [entry[0] for entry in entries(page) if entry] != order
    # Cells that are zero in the whole range are not listed.
    assert page.evaluate(f"{cells}.every(([name, cell]) => (known.get(name) ?? cell) === cell)")


def test_styles_are_computed_once_for_all_names(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    show(page, poster_server, link(poster, *SPLITS))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def style_computations() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(m["value"]) for m in metrics if m["name"] == "RecalcStyleCount")

    before = style_computations()
    page.get_by_role("tab", name="Cells").click()
    settle(page)
    computed = style_computations() - before
    assert computed < page.locator("button.cell .names").count() / 2


def test_all_lines_share_one_scale_that_is_said(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    show(page, poster_server, link(poster, "test", epochs="100-194", tab="cells"))
    footer = page.locator(".cells footer")
    expect(footer).to_contain_text("pairs of classes · epochs 100\N{EN DASH}194")
    said = re.search(r"all lines 0 to ([\d.]+)%", footer.inner_text())
    assert said
    rates = poster["test"].confusion("actual")[100:]
    np.einsum("eii->ei", rates)[:] = 0
    # One value in fifty may lie beyond it.
    assert (rates > float(said[1]) / 100).mean() < 0.02

    def height_of(title: str) -> float:
        """How far a line reaches above the base, as a share of its chart."""
        chart = page.locator("button.cell", has=page.get_by_title(title)).locator("canvas")
        chart.scroll_into_view_if_needed()
        page.wait_for_function(IS_DRAWN, arg=chart.element_handle())
        top = chart.evaluate(
            """(canvas) => {
                const { data } = canvas.getContext("2d").getImageData(
                    0, 0, canvas.width, canvas.height);
                return data.findIndex((value, at) => at % 4 === 3 && value > 60)
                    / 4 / canvas.width / canvas.height;
            }"""
        )
        return 1 - float(top)

    high, low = height_of("Cat → Dog"), height_of("Ship → Horse")
    assert low < 0.35 * high


def test_the_chosen_ranking_is_in_the_link(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    show(page, poster_server, link(poster, "test", tab="cells"))
    page.get_by_role("button", name="rising").click()
    settle(page)
    assert view_of(page)["rank"] == "rising"
    show(page, poster_server, link(poster, "test", tab="cells", rank="peak"))
    expect(page.get_by_role("button", name="peak")).to_have_attribute("aria-pressed", "true")


def test_the_largest_jump_is_not_that_of_a_wild_start(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    with cf.Run(tmp_path, "run", classes=["ant", "bee", "cat"]) as run:
        for epoch in range(40):
            wild, later = (80 if epoch == 0 else 2), (12 if epoch == 30 else 2)
            run.log_matrix(
                epoch, "test", [[100 - wild, wild, 0], [later, 100 - later, 0], [0, 2, 98]]
            )
    show(page, serve(tmp_path), "#tab=cells")
    page.get_by_role("button", name="largest jump").click()
    first = page.locator("button.cell").first
    expect(first).to_contain_text("+10.0 points")
    expect(page.locator(".cells footer")).to_contain_text("epochs 1\N{EN DASH}39")
