"""Runs beside each other: less a baseline, folded over seeds, along the share of their training."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.browsing import (
    Server,
    bands,
    cell_box,
    cell_point,
    export_svg,
    focus_cell,
    lines_on_axis,
    link_series,
    read_spot,
    read_svg,
    settle,
    show,
    view_of,
    wait_until,
)
from tests.e2e.test_accessibility import violations
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.analysis import Cube, common_order
from confusionflow.analysis.evidence import intervals
from confusionflow.store.format.ids import split_id

CLASSES = ["Cat", "Dog", "Elk", "Fox"]
MINUS = "\N{MINUS SIGN}"
NONE = DASH = "\N{EN DASH}"
LESS = f" {MINUS} "
SPIKE = (2, 7, 0, 3)  # of seed, epoch, actual, predicted, at lr=0.1


@pytest.fixture(scope="module")
def server(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Two learning rates in four seeds each, of 12 and of 23 epochs; a seed ends early."""
    log_dir = tmp_path_factory.mktemp("seeds")
    with without_syncs():
        for lr, epochs in ((0.1, 12), (0.01, 23)):
            for seed in range(4):
                random = np.random.default_rng((int(100 * lr), seed))
                config = {"lr": lr, "seed": seed, "optimizer": "sgd"}
                with cf.Run(log_dir, f"lr{lr}-s{seed}", config, CLASSES) as run:
                    for epoch in range(epochs - 2 * (seed == 3)):
                        matrix = random.integers(5, 40, (4, 4)) + (60 + 9 * epoch) * np.eye(
                            4, dtype=int
                        )
                        if lr == 0.1 and (seed, epoch) == SPIKE[:2]:
                            matrix[SPIKE[2:]] += 900
                        run.log_matrix(epoch, "test", matrix)
                        run.log_matrix(epoch, "new", matrix.T)
    return serve(log_dir)


@pytest.fixture(scope="module")
def logs(server: Server) -> cf.Logs:
    return cf.open_logs(server.log_dir)


def ref(run: cf.LoggedRun, split: str = "test") -> str:
    return f"{run.id}.{split_id(split)}"


def seeds_of(logs: cf.Logs) -> list[tuple[cf.LoggedRun, str]]:
    return [(logs[f"lr{lr}-s{seed}"], "test") for lr in (0.1, 0.01) for seed in range(4)]


def folds_of(logs: cf.Logs) -> list[Any]:
    return logs.fold("test", over=["seed"])


def signed(points: float) -> str:
    """As the page writes a difference of shares."""
    text = f"{abs(100 * points):.1f}"
    return f"{'+' if points > 0 else MINUS}{text} points"


def percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def note(page: Page, row: int = 0) -> str:
    return page.locator(".tooltip tbody tr").nth(row).locator(".note").inner_text()


def test_a_chip_makes_its_series_the_baseline_and_the_link_keeps_it(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    one, other = logs["lr0.1-s0"], logs["lr0.01-s0"]
    show(page, server, link_series((one, "test"), (other, "test")))
    button = page.get_by_role("button", name="Compare with lr0.1-s0 test")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    epochs, rates = other["test"].minus(one["test"], "rates")
    own, base = other["test"].confusion("actual"), one["test"].confusion("actual")
    for again in (False, True):
        if again:
            assert view_of(page)["baseline"] == ref(one)
            page.reload()
            wait_until(page)
        page.keyboard.press("Home")
        for actual, predicted in ((0, 1), (3, 0)):
            focus_cell(page, actual, predicted)
            at = len(epochs) - 1
            page.keyboard.press("3")
            settle(page)
            # The newest epoch of all is one that the baseline has not.
            assert read_spot(page)["lr0.01-s0 · test"] == (NONE, "")
            assert note(page) == "not logged by both"
            page.keyboard.press("1")
            page.evaluate("document.activeElement.blur()")
            x, y = cell_point(page, actual, predicted, (at + 0.5) / 23)
            page.mouse.move(x, y)
            settle(page)
            less = rates[at, actual, predicted]
            behind = (
                f"{percent(own[at, actual, predicted])}{LESS}{percent(base[at, actual, predicted])}"
            )
            assert read_spot(page) == {"lr0.01-s0 · test": (signed(less), behind)}
            page.mouse.move(0, 0)
    page.keyboard.press("m")
    page.keyboard.press("m")
    settle(page)
    assert "baseline" not in view_of(page)


def test_keys_compare_with_each_series_in_turn(page: Page, server: Server, logs: cf.Logs) -> None:
    runs = [logs["lr0.1-s0"], logs["lr0.1-s1"]]
    show(page, server, link_series(*((run, "test") for run in runs)))
    for expected in (ref(runs[0]), ref(runs[1]), None, ref(runs[0])):
        page.keyboard.press("m")
        settle(page)
        assert view_of(page).get("baseline") == expected


def test_differences_have_one_scale_of_two_hues_around_white(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    runs = [logs[f"lr0.1-s{seed}"] for seed in range(3)]
    show(page, server, link_series(*((run, "test") for run in runs), baseline=ref(runs[0])))
    spike = (SPIKE[2], SPIKE[3])
    plain, spiked = bands(page, cell_box(page, *spike), 2)
    along = (np.arange(spiked.shape[1]) + 0.5) / spiked.shape[1] * 12
    red, green, blue = (spiked[:, along.astype(int) == SPIKE[1], c].mean() for c in range(3))
    assert min(red, blue) > green + 40, "more is magenta"
    assert spiked[:, along.astype(int) == SPIKE[1]].mean() < 130, "the greatest is the darkest"
    assert plain.mean() > 150
    _, rates = runs[1]["test"].minus(runs[0]["test"], "rates")
    row, column = 1, 2
    strip = bands(page, cell_box(page, row, column), 2)[0].astype(float)
    for epoch, less in enumerate(rates[:, row, column]):
        if abs(less) < 0.02:
            continue
        r, g, b = (strip[:, along.astype(int) == epoch, c].mean() for c in range(3))
        assert (g < min(r, b)) if less > 0 else (g > max(r, b)), (epoch, less)


def test_a_baseline_leaves_with_the_figures_and_their_legend_has_signs(
    page: Page, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    one, other = logs["lr0.1-s0"], logs["lr0.1-s1"]
    view = link_series((one, "test"), (other, "test"), baseline=ref(one), detail="recall,Dog")
    show(page, server, view)
    texts = [mark.text for mark in read_svg(export_svg(page, "Matrix", tmp_path)) if mark.text]
    assert any(text.startswith("relative to lr0.1-s0") for text in texts)
    assert any(text.startswith("difference from lr0.1-s0 · test (points") for text in texts)
    assert {text[0] for text in texts} >= {"+", MINUS}
    svg = export_svg(page, "Detail", tmp_path)
    _, less = other["test"].minus(one["test"], "recall")
    [line] = [line for line in detail_lines(svg) if len(line) == len(less)]
    np.testing.assert_allclose(line, 100 * less[:, 1], atol=0.1)


def detail_lines(svg: str) -> list[list[float]]:
    """The lines of a detail chart of differences, in points."""
    plain = svg.replace(MINUS, "~")
    marks = read_svg(plain)
    grid = {round(m.y) for m in marks if m.tag == "rect" and m.height == 1}
    ticks = []
    for mark in marks:
        number = mark.text.replace("~", "-")
        if mark.tag == "text" and {round(mark.y) + by for by in (-1, 0, 1)} & grid and mark.x < 60:
            ticks.append((mark.y, float(number)))
    slope, at_zero = np.polyfit([y for y, _ in ticks], [value for _, value in ticks], 1)
    lines = [m.points for m in marks if m.tag == "path" and len(m.points) > 1]
    return [[slope * y + at_zero for _, y in line] for line in lines]


def test_numbers_lines_and_class_performance_are_differences_too(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    one, other = logs["lr0.1-s0"], logs["lr0.1-s1"]
    show(page, server, link_series((one, "test"), (other, "test"), baseline=ref(one), mode="lines"))
    grid = page.get_by_role("grid", name="Class performance")
    grid.focus()
    for measure, key in (("f1", ""), ("recall", "ArrowLeft")):
        page.keyboard.press(key) if key else page.keyboard.press("Home")
        settle(page)
        _, less = other["test"].minus(one["test"], measure)
        value, counts = read_spot(page)["lr0.1-s1 · test"]
        assert value == signed(less[-1, 0])
        assert LESS in counts
    # Support is the data's: as it is, of both.
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    settle(page)
    supports = {f"{run.name} · test": f"{run['test'].support()[-1, 0]:,}" for run in (one, other)}
    assert {name: value for name, (value, _) in read_spot(page).items()} == supports
    sort = page.get_by_role("group", name="Sort classes by").get_by_role("button", name="Support")
    title = sort.get_attribute("title") or ""
    assert title.startswith("Sort by support of lr0.1-s0 · test at epoch 11.")
    sort.click()
    by_support = []
    grid.focus()
    page.keyboard.press("Home")
    for _ in CLASSES:
        by_support.append(page.locator(".tooltip .title").inner_text().removeprefix("F1 of "))
        page.keyboard.press("ArrowDown")
        settle(page)
    support = one["test"].support()[-1]
    assert by_support == [CLASSES[index] for index in np.argsort(-support, kind="stable")]
    less = other["test"].support()[-1] - support
    assert by_support != [CLASSES[index] for index in np.argsort(-less, kind="stable")]


def test_seeds_fold_by_a_key_into_mean_and_band_that_equal_pythons(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link_series(*seeds_of(logs)))
    page.keyboard.press("s")
    settle(page)
    chips = page.locator(".chips li")
    expect(chips).to_have_count(2)
    assert page.locator(".chips .run b").all_inner_texts() == ["lr=0.1", "lr=0.01"]
    assert [chip.strip() for chip in chips.all_inner_texts()] == ["4 runs", "4 runs"]
    fast, slow = folds_of(logs)
    focus_cell(page, SPIKE[2], SPIKE[3])
    for at in (5, 11, 22):
        page.evaluate("document.activeElement.blur()")
        x, y = cell_point(page, SPIKE[2], SPIKE[3], (at + 0.5) / 23)
        page.mouse.move(x, y)
        settle(page)
        spot = read_spot(page)
        for label, fold in (("lr=0.1", fast), ("lr=0.01", slow)):
            rates = fold.of("rates")
            where = np.flatnonzero(rates.epochs == at)
            if not where.size:
                assert spot[label] == (NONE, "")
                continue
            place = (where[0], SPIKE[2], SPIKE[3])
            low, high = percent(rates.low[place]), percent(rates.high[place])
            assert spot[label] == (percent(rates.mean[place]), f"{low.rstrip('%')}{DASH}{high}")
        page.mouse.move(0, 0)
    x, y = cell_point(page, 0, 1, 11.5 / 23)
    page.mouse.move(x, y)
    settle(page)
    assert [note(page, row) for row in (0, 1)] == ["3 of 4 runs", "4 of 4 runs"]


def test_what_python_folded_leaves_folded_as_a_page_and_as_a_figure(
    page: Page, browser: Browser, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    cf.export(folds_of(logs), tmp_path / "report.html")
    with browser.new_context(accept_downloads=True) as context:
        report = context.new_page()
        report.goto((tmp_path / "report.html").as_uri())
        wait_until(report)
        focus_cell(report, 0, 1)
        from_disk = read_spot(report)
        report.keyboard.press("Escape")
        drawn = read_svg(export_svg(report, "Matrix", tmp_path))
    assert list(from_disk) == ["lr=0.1", "lr=0.01"]

    show(page, server, link_series(*seeds_of(logs)))
    page.keyboard.press("s")
    settle(page)
    focus_cell(page, 0, 1)
    assert read_spot(page) == from_disk

    async def within_a_notebook() -> int:
        return cf.export(folds_of(logs), tmp_path / "figure.svg")

    # Another thread, for Playwright's own loop stands in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: asyncio.run(within_a_notebook())).result() == 8
    assert read_svg((tmp_path / "figure.svg").read_text()) == drawn


def test_the_fold_menu_lists_what_differs_and_the_link_keeps_what_was_chosen(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link_series(*seeds_of(logs)))
    page.get_by_role("button", name="Average runs").click()
    menu = page.get_by_role("group", name="Average repeated runs")
    expect(menu.get_by_role("checkbox")).to_have_count(3)
    assert "optimizer" not in menu.inner_text()
    expect(menu.get_by_role("checkbox", name="seed")).to_be_checked()
    expect(menu.get_by_role("checkbox", name="lr")).not_to_be_checked()
    menu.get_by_role("checkbox", name="Average repeated runs").check()
    expect(page.locator(".chips li")).to_have_count(2)
    menu.get_by_role("radio", name="standard deviation").check()
    page.keyboard.press("Escape")
    focus_cell(page, 1, 2)
    accuracy = folds_of(logs)[1].of("rates", "deviation")
    half = (accuracy.high - accuracy.low)[-1, 1, 2] / 2
    assert read_spot(page)["lr=0.01"][1] == f"± {percent(half)}"
    held = view_of(page)
    assert (held["fold"], held["band"]) == ("%,seed", "deviation")
    colors = {part.rsplit(".", 1)[1] for part in held["series"].split(",")}
    assert colors == {"0", "1"}
    page.reload()
    wait_until(page)
    expect(page.locator(".chips li")).to_have_count(2)
    focus_cell(page, 1, 2)
    assert read_spot(page)["lr=0.01"][1] == f"± {percent(half)}"
    page.get_by_role("button", name="Averaged").click()
    menu.get_by_role("checkbox", name="lr").check()
    expect(page.locator(".chips li")).to_have_count(1)
    menu.get_by_role("checkbox", name="Average repeated runs").uncheck()
    expect(page.locator(".chips li")).to_have_count(8)
    apart = [part.rsplit(".", 1)[1] for part in view_of(page)["series"].split(",")]
    assert len(set(apart)) == 8
    for _ in range(2):
        page.keyboard.press("Escape")
        page.keyboard.press("s")
        settle(page)
    again = [part.rsplit(".", 1)[1] for part in view_of(page)["series"].split(",")]
    assert again == apart


def test_a_fold_keeps_its_colour_and_counts_its_runs_as_they_come_and_go(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link_series(*seeds_of(logs)))
    page.keyboard.press("s")
    settle(page)
    slow = page.locator(".chips i").nth(1).evaluate("(mark) => mark.style.background")
    page.get_by_role("button", name="Remove lr=0.1", exact=True).click()
    settle(page)
    marks = page.locator(".chips i").evaluate_all("(all) => all.map((m) => m.style.background)")
    assert marks == [slow]
    page.keyboard.press("a")
    page.get_by_role("searchbox").fill("lr=0.1 test")
    page.get_by_role("button", name="Add these").click()
    page.get_by_role("button", name="Done").click()
    settle(page)
    assert page.locator(".chips li").all_inner_texts() == ["4 runs", "4 runs"]


def test_the_band_and_the_peak_of_one_run_are_seen(
    page: Page, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    view = {"fold": "%,seed", "detail": "cell,Cat,Fox"}
    show(page, server, link_series(*seeds_of(logs), colors=[0] * 4 + [1] * 4, **view))
    [strip, _] = bands(page, cell_box(page, SPIKE[2], SPIKE[3]), 2)
    at = int((SPIKE[1] + 0.5) / 23 * strip.shape[1])
    assert strip[0, at].mean() < strip[-1, at].mean() - 20, "a tick of the greatest run"
    svg = export_svg(page, "Detail", tmp_path)
    fast, _ = folds_of(logs)
    rates = fast.of("rates")
    lines = lines_on_axis(svg)
    mean = rates.mean[:, SPIKE[2], SPIKE[3]]
    assert any(len(line) == 12 and np.allclose(line, mean, atol=2e-3) for line in lines)
    # A band goes along its upper edge and back along the lower.
    edges = [*rates.high[:, SPIKE[2], SPIKE[3]], *rates.low[::-1, SPIKE[2], SPIKE[3]]]
    assert any(len(line) >= 24 and np.allclose(line[:24], edges, atol=2e-3) for line in lines)


def test_a_folded_baseline_is_subtracted_from_a_fold(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    view = {"fold": "%,seed", "baseline": ref(logs["lr0.01-s2"]), "at": 4}
    show(page, server, link_series(*seeds_of(logs), colors=[0] * 4 + [1] * 4, **view))
    fast, slow = folds_of(logs)
    _, rates = fast.minus(slow, "rates")
    focus_cell(page, 2, 1)
    value, behind = read_spot(page)["lr=0.1"]
    assert value == signed(rates[4, 2, 1])
    sides = [percent(fold.of("rates").mean[4, 2, 1]) for fold in (fast, slow)]
    assert behind == LESS.join(sides)


def test_training_is_aligned_by_its_share_and_tooltips_name_each_epoch(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    fast, slow = logs["lr0.1-s0"], logs["lr0.01-s0"]
    show(page, server, link_series((fast, "test"), (slow, "test")))
    page.get_by_role("button", name="Align by progress").click()
    settle(page)
    assert view_of(page)["align"] == "share"
    expect(page.locator("output")).to_have_text("100%")
    focus_cell(page, 0, 1)
    rates = [run["test"].confusion("actual") for run in (fast, slow)]
    assert [note(page, row) for row in (0, 1)] == ["at epoch 11", "at epoch 22"]
    assert read_spot(page)["lr0.1-s0 · test"][0] == percent(rates[0][-1, 0, 1])
    for _ in range(11):
        page.keyboard.press(",")
    settle(page)
    # Half way: steps go over the epochs of both, that of 12 has none just there.
    share = int(view_of(page)["share"])
    focus_cell(page, 0, 1)
    for row, (epochs, rate) in enumerate(zip((12, 23), rates, strict=True)):
        at = int(share / 1_000_000 * (epochs - 1) + 1e-9)
        assert note(page, row) == f"at epoch {at}"
        name = ("lr0.1-s0 · test", "lr0.01-s0 · test")[row]
        assert read_spot(page)[name][0] == percent(rate[at, 0, 1])
    page.reload()
    wait_until(page)
    assert int(view_of(page)["share"]) == share
    page.keyboard.press("t")
    settle(page)
    assert not {"align", "share", "part"} & view_of(page).keys()


def test_folds_and_differences_are_of_what_stands_at_the_same_share_of_training(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    share, cell = 970_000, (0, 1)
    rates = {run.name: run["test"].confusion("actual")[:, *cell] for run, _ in seeds_of(logs)}

    def standing(name: str) -> int:
        return share * (len(rates[name]) - 1) // 1_000_000

    fast, slow = "lr0.1-s3", "lr0.01-s0"
    places: dict[str, Any] = {"align": "share", "share": share}
    chosen = [(logs[name], "test") for name in (fast, slow)]
    show(page, server, link_series(*chosen, baseline=ref(logs[slow]), **places))
    focus_cell(page, *cell)
    # Of 10 epochs and of 23.
    assert note(page) == "at epoch 8, baseline at 21"
    assert read_spot(page)[f"{fast} · test"][0] == signed(rates[fast][8] - rates[slow][21])
    show(page, server, link_series(*seeds_of(logs), fold="%,seed", **places))
    focus_cell(page, *cell)
    for row, lr in enumerate(("0.1", "0.01")):
        assert re.fullmatch(r"4 of 4 runs, at 9\d(\.\d)?% of training", note(page, row))
        values = [rates[name][standing(name)] for name in rates if name.startswith(f"lr{lr}-")]
        assert read_spot(page)[f"lr={lr}"][0] == percent(np.mean(values))
    page.keyboard.press("t")
    settle(page)
    focus_cell(page, *cell)
    assert [note(page, row) for row in (0, 1)] == ["not logged", "3 of 4 runs"]


def test_what_the_server_is_asked_for_by_share_of_training_is_of_those_epochs(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    fast, slow = logs["lr0.1-s0"], logs["lr0.01-s0"]
    chosen = link_series((fast, "test"), (slow, "new"), align="share", part="0-500000")
    show(page, server, chosen)
    page.get_by_role("button", name="Export").click()
    links = page.locator("#export-menu a").all()
    tables = [href for a in links if ".csv" in (href := a.get_attribute("href") or "")]
    for href, last in zip(tables, (5, 11), strict=True):
        answer = page.request.get(href)
        assert pd.read_csv(io.BytesIO(answer.body()))["epoch"].unique().tolist() == list(
            range(last + 1)
        )
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    with page.expect_request(lambda request: "api/order?" in request.url) as asked:
        page.get_by_role("button", name="most confused").click()
    assert [asked.value.url.count(part) for part in ("%2F0-5", "%2F0-11", "first=")] == [1, 1, 0]
    settle(page)
    halves = [(fast["test"].cube(), 5), (slow["new"].cube(), 11)]
    expected = expected_order([cube.between(0, last) for cube, last in halves])
    assert view_of(page)["order"].split(",") == expected


def expected_order(cubes: list[Cube]) -> list[str]:
    return list(common_order([tuple(CLASSES)] * len(cubes), cubes, "confused"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_compared_and_folded_breaks_no_rule_of_wcag_aa(
    page: Page, server: Server, logs: cf.Logs, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    # The handles of the range and the playhead are apart.
    places = {"align": "share", "part": "200000-800000", "share": 500000}
    view = {"fold": "%,seed", "baseline": ref(logs["lr0.01-s2"]), **places}
    show(page, server, link_series(*seeds_of(logs), colors=[0] * 4 + [1] * 4, **view))
    focus_cell(page, 0, 1)
    assert violations(page) == []
    page.get_by_role("button", name="Averaged").click()
    assert violations(page) == []


def test_a_brush_over_folded_differences_asks_nothing_of_the_server(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    view = {"fold": "%,seed", "baseline": ref(logs["lr0.01-s2"])}
    show(page, server, link_series(*seeds_of(logs), colors=[0] * 4 + [1] * 4, **view))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("3")
    page.get_by_role("slider", name="First epoch").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    page.keyboard.press("m")
    settle(page)
    # The list of runs is asked for once more when the server's events begin, which may be now.
    assert [url for url in asked if re.search("/api/(?!runs$)", url)] == []


def interval(page: Page) -> str:
    return page.locator(".tooltip tbody tr .interval").first.inner_text()


def span(ends: tuple[Any, Any]) -> str:
    low, high = (signed(float(end)).removesuffix(" points") for end in ends)
    return f"({low} to {high})"


def test_means_of_runs_and_differences_have_their_intervals(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    rates = [run[split].confusion("actual")[9, 1, 2] for run, split in seeds_of(logs)]
    places: dict[str, Any] = {"at": 9}
    show(page, server, link_series(*seeds_of(logs), fold="%,seed", **places))
    focus_cell(page, 1, 2)
    low, high = intervals.mean_of_runs(rates[:4])
    assert interval(page) == f"({100 * max(0, low):.1f}{DASH}{percent(high)})"
    expect(page.locator(".tooltip .foot")).to_have_text(
        "in brackets: 95% interval of the mean over runs"
    )
    places["baseline"] = ref(logs["lr0.01-s2"])
    show(page, server, link_series(*seeds_of(logs), fold="%,seed", **places))
    focus_cell(page, 1, 2)
    assert interval(page) == span(intervals.welch(rates[4:], rates[:4]))
    one, other = seeds_of(logs)[0], seeds_of(logs)[6]
    show(page, server, link_series(one, other, **places))
    focus_cell(page, 1, 2)
    (k_a, n_a), (k_b, n_b) = (
        (matrix[1, 2], matrix[1].sum())
        for matrix in (run[split].confusion()[9] for run, split in (other, one))
    )
    assert interval(page) == span(intervals.newcombe(k_a, n_a, k_b, n_b))


def test_f1_has_the_interval_of_the_instances_behind_it(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    run, split = seeds_of(logs)[0]
    show(page, server, link_series((run, split), detail="f1,Dog", at=9))
    chart = page.locator(".detail .chart").bounding_box()
    assert chart
    page.mouse.move(chart["x"] + 60, chart["y"] + 30)
    settle(page)
    when = page.locator(".tooltip .subtitle").first.inner_text()
    matrix = run[split].confusion()[int(when.split()[-1])]
    right = matrix[1, 1]
    low, high = intervals.f1(right, matrix[:, 1].sum() - right, matrix[1].sum() - right)
    assert interval(page) == f"({100 * low:.1f}{DASH}{percent(float(high))})"
