"""Who is behind a cell: a training with planted wrong labels and a forgotten class."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from tests.e2e.browsing import (
    Server,
    cell_point,
    focus_cell,
    link,
    link_series,
    settle,
    show,
    view_of,
    wait_until,
)
from tests.syncs import without_syncs
from typer.testing import CliRunner

import confusionflow as cf
from confusionflow.analysis import find_tree
from confusionflow.cli.app import app
from confusionflow.hosts.listed import listed_in

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
EPOCHS, FORGOTTEN_FROM = 40, 30


@dataclass(frozen=True)
class Planted:
    """A log, and what was planted into it.

    Attributes:
        run: A run of a training.
        other: A run of the same training with another seed.
        wrong: Ids of eights of the test set that are labelled as ones.
    """

    server: Server
    run: cf.LoggedRun
    other: cf.LoggedRun
    wrong: frozenset[str]


@pytest.fixture(scope="module")
def planted(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> Planted:
    log_dir = tmp_path_factory.mktemp("planted")
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y, ids = x[order] / 16, y[order], [f"img-{index:04}" for index in order]
    wrong = np.flatnonzero(y[1200:] == 8)[:8] + 1200
    labels = y.copy()
    labels[wrong] = 1
    rng = np.random.default_rng(7)
    source = np.where(rng.random(len(y)) < 0.4, "pen", "pencil").astype(object)
    source[wrong] = "web"
    images = np.kron(x.reshape(-1, 8, 8), np.ones((3, 3)))
    for seed in (1, 0):
        model = MLPClassifier((32,), learning_rate_init=0.003, random_state=seed)
        with without_syncs(), cf.Run(log_dir, f"mlp-{seed}", classes=NAMES) as run:
            for epoch in range(EPOCHS):
                # From here on the model sees no threes, and forgets them.
                kept = [at for at in range(1200) if epoch < FORGOTTEN_FROM or y[at] != 3]
                model.partial_fit(x[kept], y[kept], classes=range(10))
                for split, part in (("train", slice(1200)), ("test", slice(1200, None))):
                    scores = model.predict_proba(x[part])
                    run.log(epoch, split, y_true=labels[part], y_prob=scores, ids=ids[part])
            for split, part in (("train", slice(1200)), ("test", slice(1200, None))):
                columns = {"source": source[part], "ink": x[part].mean(axis=1)}
                run.log_samples(split, ids=ids[part], images=images[part], columns=columns)
            if seed:
                run.log_matrix(0, "counted", np.eye(10, dtype=int))
    logs = cf.open_logs(log_dir)
    wrong_ids = frozenset(ids[at] for at in wrong)
    return Planted(serve(log_dir), logs["mlp-0"], logs["mlp-1"], wrong_ids)


def listed(page: Page) -> list[str]:
    settle(page)
    return page.locator(".instances [role=option] .id").all_inner_texts()


def rows_of(planted: Planted, **cells: Any) -> list[dict[str, Any]]:
    """The instances of some cells of the test set, as Python lists them."""
    table = planted.run["test"].instances(**cells, backend="pyarrow")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_wrong_labels_are_found_in_three_clicks(page: Page, planted: Planted) -> None:
    show(page, planted.server)
    page.get_by_role("tab", name="Instances").click()
    page.get_by_role("button", name="Sort by Suspicious").click()
    first = page.locator(".instances [role=option]").first
    expect(page.locator(".instances .chip").first).to_contain_text("all wrong predictions · test")
    table = rows_of(planted, only="wrong")
    table.sort(key=lambda row: -row["suspicious_label"])
    expect(first.locator(".id")).to_have_text(table[0]["instance"])
    most = [row["instance"] for row in table[:10]]
    assert listed(page)[:3] == most[:3]
    assert len(planted.wrong & set(most)) >= 6
    page.get_by_role("option", name=next(each for each in most if each in planted.wrong)).click()
    detail = page.get_by_role("complementary")
    expect(detail).to_contain_text("taken for eight since epoch")
    expect(detail).to_contain_text(
        re.compile(r"Never right in any of 2 series, taken for eight at [89]\d\.\d% of the epochs")
    )
    expect(detail).to_contain_text("hard to learn, or a possible label error")


def test_a_forgotten_class_is_found_in_three_clicks(page: Page, planted: Planted) -> None:
    show(page, planted.server)
    # The end of its strip is the darkest of all false negatives.
    page.mouse.click(*fn_point(page, 3))
    page.get_by_role("tab", name="Instances").click()
    came = page.get_by_role("button", name="came in")
    came.click()
    rows = rows_of(planted, actual="three", only="wrong")
    expected = [row for row in rows if row["passage"] == "came"]
    assert len(expected) >= 10
    expect(came).to_have_text(f"{len(expected)} came in")
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(expected)} ids")
    assert set(listed(page)) <= {row["instance"] for row in expected}


def test_a_class_has_one_colour_in_all_lists_and_no_series_has_it(
    page: Page, planted: Planted
) -> None:
    def colors() -> dict[str, str]:
        """The colours of the classes that listed instances are taken for."""
        return dict(
            page.locator(".instances .legend li").evaluate_all(
                """(items) => items.map((item) => {
                    const { backgroundColor } = getComputedStyle(item.querySelector("i"));
                    return [item.innerText.trim(), backgroundColor];
                })"""
            )
        )

    series = page.locator(".chips i")
    found = []
    for detail in ("accuracy", "cell,one,eight", "fn,three", "fp,eight"):
        view: dict[str, Any] = {} if detail == "accuracy" else {"detail": detail}
        show(page, planted.server, link(planted.run, "train", "test", tab="instances", **view))
        page.locator(".instances [role=option]").first.wait_for()
        found.append(colors())
        del found[-1]["right"]
        marks = series.evaluate_all("(all) => all.map((i) => getComputedStyle(i).backgroundColor)")
        assert len(marks) == 2
        assert not {*marks} & {*found[-1].values()}
    assert len(found[0]) > 6
    assert len(set(found[0].values())) == len(found[0])
    for each in found[1:]:
        assert each.items() <= found[0].items()
        assert "eight" in each


def fn_point(page: Page, row: int) -> tuple[float, float]:
    """The middle of a class's FN."""
    focus_cell(page, row, len(NAMES))
    box = page.locator("#matrix-active").bounding_box()
    assert box
    page.keyboard.press("Escape")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize(
    ("selection", "cells", "title"),
    [
        ("cell,one,eight", {"actual": "one", "predicted": "eight"}, "one → eight"),
        ("cell,three,three", {"actual": "three", "predicted": "three"}, "three → three"),
        ("fn,three", {"actual": "three", "only": "wrong"}, "three → others"),
        ("fp,eight", {"predicted": "eight", "only": "wrong"}, "others → eight"),
        ("recall,two", {"actual": "two"}, "two"),
        ("accuracy", {"only": "wrong"}, "all wrong predictions"),
    ],
)
def test_every_part_of_the_matrix_opens_its_instances(
    page: Page, planted: Planted, selection: str, cells: dict[str, Any], title: str
) -> None:
    view: dict[str, Any] = {"tab": "instances", "detail": selection, "epochs": "10-30"}
    show(page, planted.server, link(planted.run, "test", **view))
    table = rows_of(planted, **cells, epochs=(10, 30))
    half = sum(row["share"] >= 0.5 for row in table)
    chip = page.locator(".instances .top .chip")
    expect(chip).to_contain_text(f"{title} · test · epochs 10\u201330")
    passings = page.get_by_role("group", name="Which of them").get_by_role("button")
    expect(passings.nth(0)).to_have_text(f"{len(table)} ever")
    expect(passings.nth(1)).to_have_text(f"{half} in half")
    if selection != "accuracy":
        chip.get_by_role("button", name="List all wrong predictions").click()
        expect(chip).to_contain_text("all wrong predictions")


def test_rows_say_their_classes_unless_all_are_of_one_cell(page: Page, planted: Planted) -> None:
    show(page, planted.server, link(planted.run, "test", tab="instances", epochs="10-30"))
    rows = page.locator(".instances [role=option]")
    heads = page.locator(".instances .head")
    expect(heads).to_contain_text("Wrong")
    expect(heads).not_to_contain_text("In cell")
    table = {row["instance"]: row for row in rows_of(planted, only="wrong", epochs=(10, 30))}
    first = rows.first
    row = table[first.locator(".id").inner_text()]
    all_of = planted.run["test"].predictions()
    at = list(all_of.epochs).index(30), list(all_of.ids).index(row["instance"])
    predicted = NAMES[all_of.predicted[at]]
    expect(first.locator(".taken")).to_have_text(f"{row['actual']} → {predicted}")
    assert first.locator(".number").first.inner_text() == f"{100 * row['hard']:.1f}%"
    page.goto(page.url + "&detail=cell,one,eight")
    expect(heads).to_contain_text("In cell")
    expect(rows.locator(".taken")).to_have_count(0)


def test_heads_of_columns_are_written_whole_beside_their_arrows(
    page: Page, planted: Planted
) -> None:
    show(page, planted.server, link(planted.run, "test", tab="instances"))
    heads = page.locator(".instances .head .sort")
    expect(heads).to_have_count(4)
    for at in range(4):
        heads.nth(at).click()
        settle(page)
        label = heads.nth(at).locator("span").first
        assert label.evaluate("text => text.scrollWidth <= text.clientWidth"), label.inner_text()


def test_filters_search_and_any_score_narrow_and_sort_the_list(
    page: Page, planted: Planted
) -> None:
    show(page, planted.server, link(planted.run, "test", tab="instances"))
    page.get_by_role("button", name="+ Filter").click()
    page.get_by_label("Column", exact=True).select_option("Unsteady")
    page.get_by_label("Value", exact=True).fill("0.1")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="+ Filter").click()
    page.get_by_label("Column", exact=True).select_option("Wrong")
    page.get_by_label("Comparison", exact=True).select_option("at most")
    page.get_by_label("Value in percent").fill("50")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="sort by").select_option("Margin")
    table = [
        row
        for row in rows_of(planted, only="wrong")
        if row["unsteady"] >= 0.1 and row["hard"] <= 0.5
    ]
    assert len(table) > 3
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(table)} ids")
    table.sort(key=lambda row: -row["aum"])
    expect(page.locator(".instances [role=option] .id").first).to_have_text(table[0]["instance"])
    assert view_of(page)["where"]  # By now the address holds all of it.
    page.reload()
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(table)} ids")
    page.get_by_role("button", name="Remove the filter Unsteady ≥ 0.1").click()
    expect(page.locator(".instances footer")).not_to_contain_text(f"Copy {len(table)} ids")


def test_chosen_instances_light_up_where_they_pass(page: Page, planted: Planted) -> None:
    fragment = link(planted.run, "test", tab="instances", detail="cell,one,eight")
    show(page, planted.server, fragment)
    before = overlays(page)
    rows = page.locator(".instances [role=option]")
    rows.first.click()
    expect(page.get_by_role("complementary")).to_be_visible()
    one = overlays(page)
    assert all(a != b for a, b in zip(before, one, strict=True))
    rows.nth(3).click(modifiers=["Control"])
    expect(page.get_by_role("complementary")).to_contain_text("and 1 more chosen")
    assert all(a != b for a, b in zip(one, overlays(page), strict=True))
    # Whichever list is shown then.
    page.get_by_role("tab", name="Classes").click()
    assert overlays(page)[0] != before[0]
    page.keyboard.press("i")
    page.get_by_role("button", name="Close this instance").click()
    assert overlays(page) == before


def overlays(page: Page) -> list[str]:
    """What is drawn above the matrix and above the timeline."""
    settle(page)
    return [
        page.evaluate(f"document.querySelectorAll('{chart} canvas')[1].toDataURL()")
        for chart in (".matrix", ".timeline")
    ]


def test_the_flow_of_a_class_lists_a_band_and_follows_the_playhead(
    page: Page, planted: Planted
) -> None:
    at = FORGOTTEN_FROM + 5
    view: dict[str, Any] = {"tab": "instances", "detail": "fn,three", "flow": "1", "at": at}
    show(page, planted.server, link(planted.run, "test", **view))
    matrix = planted.run["test"].confusion()[:, 3]
    caption = page.locator("figure figcaption")
    expect(caption).to_contain_text(f"three, epoch {at}:")
    expect(caption).to_contain_text(f"right {matrix[at, 3]}")
    wrong = np.where(np.arange(10) == 3, 0, matrix[at])
    most = int(wrong.argmax())
    expect(caption).to_contain_text(f"{NAMES[most]} {wrong[most]}")
    page.keyboard.press(",")
    expect(caption).to_contain_text(f"three, epoch {at - 1}:")
    # A click on the lowest band, at the end.
    bands = page.locator("figure .bands").bounding_box()
    assert bands
    page.mouse.move(bands["x"] + bands["width"] - 3, bands["y"] + bands["height"] - 2)
    tooltip = page.locator(".tooltip .title").inner_text()
    name = tooltip.partition(":")[0]
    page.mouse.down()
    page.mouse.up()
    table = rows_of(planted, actual="three", predicted=name)
    expect(page.locator(".instances .top .chip")).to_contain_text(f"three → {name}")
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(table)} id")
    assert tooltip.startswith(f"{name}: {matrix[-1, NAMES.index(name)]} of {matrix[-1].sum()} ")
    expect(page.locator("output").first).to_have_text(str(EPOCHS - 1))


@pytest.mark.parametrize(("width", "height", "rows"), [(1024, 700, 3), (1366, 768, 6)])
def test_a_low_page_gives_the_list_below_a_flow_the_room_of_the_detail_chart(
    page: Page, planted: Planted, width: int, height: int, rows: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    view: dict[str, Any] = {"tab": "instances", "detail": "fn,three", "flow": "1"}
    show(page, planted.server, link(planted.run, "test", **view))
    expect(page.locator("figure figcaption")).to_be_visible()
    expect(page.locator("#detail-title")).to_have_count(0)
    scroller = page.locator(".instances .scroller")
    box = scroller.bounding_box()
    row = scroller.get_by_role("option").first.bounding_box()
    assert box
    assert row
    assert box["height"] >= rows * row["height"]
    # Nothing of the tab has to be scrolled to.
    tab = page.locator(".instances")
    assert tab.evaluate("(tab) => tab.scrollHeight <= tab.clientHeight")
    scroller.get_by_role("option").first.click()
    story = page.get_by_role("complementary").locator(".story")
    expect(story).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Close this instance").click()
    page.get_by_role("tab", name="Classes").click()
    expect(page.locator("#detail-title")).to_be_visible()


def test_the_chip_of_a_series_lights_up_its_list_and_its_features(
    page: Page, planted: Planted
) -> None:
    series = ((planted.other, "test"), (planted.run, "test"))
    show(page, planted.server, link_series(*series, tab="instances"))
    page.get_by_label("List beside").select_option("beside mlp-1 · test")
    chips, lists = page.locator(".chips li"), page.locator(".instances .list")
    expect(lists).to_have_count(2)
    for chip, faded in ((0, 0), (1, 1)):
        chips.nth(chip).hover()
        expect(lists.nth(faded)).to_have_css("opacity", "0.25")
        expect(lists.nth(1 - faded)).to_have_css("opacity", "1")
    page.get_by_role("tab", name="Features").click()
    features = page.get_by_role("region", name="Features")
    for chip, opacity in ((0, "0.25"), (1, "1")):
        chips.nth(chip).hover()
        expect(features).to_have_css("opacity", opacity)


def test_the_same_cell_of_two_runs_stands_side_by_side(page: Page, planted: Planted) -> None:
    view: dict[str, Any] = {"tab": "instances", "passing": "half", "wide": "1"}
    series = ((planted.other, "test"), (planted.run, "test"))
    show(page, planted.server, link_series(*series, **view))
    page.get_by_label("List beside").select_option("beside mlp-1 · test")
    lists = page.locator(".instances .list")
    mine, theirs = (
        {
            row["instance"]
            for row in run["test"]
            .instances(only="wrong", passing="half", backend="pyarrow")
            .to_pylist()
        }
        for run in (planted.run, planted.other)
    )
    expect(lists.nth(0).locator("h3")).to_have_text(f"mlp-0 · test: {len(mine)}")
    expect(lists.nth(1).locator("h3")).to_have_text(f"mlp-1 · test: {len(theirs)}")
    page.get_by_role("button", name="only one of them").click()
    assert mine - theirs
    expect(lists.nth(0).locator("h3")).to_have_text(f"mlp-0 · test: {len(mine - theirs)}")
    expect(lists.nth(1).locator("h3")).to_have_text(f"mlp-1 · test: {len(theirs - mine)}")
    assert set(lists.nth(0).locator(".id").all_inner_texts()) == mine - theirs
    page.wait_for_function("() => location.hash.includes('only=1')")
    page.reload()
    expect(lists.nth(1).locator("h3")).to_have_text(f"mlp-1 · test: {len(theirs - mine)}")


def test_what_is_listed_is_saved_as_a_table(page: Page, planted: Planted, tmp_path: Path) -> None:
    view: dict[str, Any] = {"tab": "instances", "detail": "cell,one,eight", "passing": "half"}
    show(page, planted.server, link(planted.run, "test", **view))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "mlp-0-test-instances.csv"
    path = tmp_path / "table.csv"
    download.value.save_as(path)
    saved = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    table = rows_of(planted, actual="one", predicted="eight", passing="half")
    assert {row["instance"] for row in saved} == {row["instance"] for row in table}
    shares = [float(row["share"]) for row in saved]
    assert shares == sorted(shares, reverse=True)


def test_the_list_holds_exactly_the_instances_of_the_cell(page: Page, planted: Planted) -> None:
    show(page, planted.server, link(planted.run, "test", tab="instances"))
    focus_cell(page, 1, 8)
    page.keyboard.press("Enter")
    series = planted.run["test"]
    table = rows_of(planted, actual="one", predicted="eight")
    expect(page.locator(".instances .top .chip")).to_contain_text("one → eight")
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(table)} id")
    assert set(listed(page)) <= {row["instance"] for row in table}
    last = int(series.confusion()[-1, 1, 8])
    at_the_end = [row for row in table if row["last"] == EPOCHS - 1]
    assert len(at_the_end) == last


def test_arrows_walk_and_the_link_opens_the_same_instance(page: Page, planted: Planted) -> None:
    view = link(planted.run, "train", "test", tab="instances", detail="cell,one,eight")
    show(page, planted.server, view)
    rows = page.locator(".instances [role=option]")
    rows.first.click()
    rows.first.press("ArrowDown")
    second = rows.nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    expect(second).to_be_focused()
    chosen = second.locator(".id").inner_text()
    detail = page.get_by_role("complementary")
    expect(detail).to_contain_text(chosen)
    expect(detail).to_contain_text("mlp-0 · test")
    detail.press("ArrowRight")
    third = rows.nth(2)
    expect(third).to_have_attribute("aria-selected", "true")
    chosen = third.locator(".id").inner_text()
    expect(detail).to_contain_text("3 of ")
    expect(detail).to_contain_text(chosen)
    page.wait_for_function("() => location.hash.includes('instance=')")
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_role("complementary")).to_contain_text(chosen)


def test_ids_are_searched_and_copied(page: Page, planted: Planted) -> None:
    wanted = sorted(planted.wrong)[0]
    view = link(planted.run, "test", tab="instances", detail="cell,one,eight")
    show(page, planted.server, view)
    page.get_by_role("searchbox", name="Search ids").fill(wanted)
    copy = page.get_by_role("button", name="Copy 1 id")
    copy.click()
    expect(page.get_by_role("button", name="Copied 1 id")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == wanted


def test_matrices_say_why_there_are_no_instances(page: Page, planted: Planted) -> None:
    show(page, planted.server, link(planted.other, "counted", tab="instances"))
    said = page.locator(".instances .none")
    expect(said).to_contain_text("run.log(")
    expect(said).to_contain_text("log a sample of them as another split")


def test_a_finding_leads_to_its_instances(page: Page, planted: Planted) -> None:
    show(page, planted.server, link(planted.run, "train", "test", tab="findings"))
    card = page.locator(".findings[aria-busy=false] article").filter(has_text="three").first
    card.get_by_role("button", name="Instances").first.click()
    expect(page.get_by_role("tab", name="Instances")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".instances .top .chip")).to_contain_text("three")
    expect(page.locator(".instances [role=option]").first).to_be_visible()


@pytest.mark.parametrize(
    "view",
    [
        {"detail": "cell,one,eight", "rows": "aum-up"},
        {"detail": "fn,three", "passing": "came", "epochs": "20-39", "rows": "last_forgotten-down"},
        {"find": "img-1", "where": "forgotten>=1,hard<=0.5", "rows": "instance-up"},
        {"where": "source=Web,ink<=0.3", "detail": "fn,one"},
        {"group": "similarity", "detail": "fn,SIMILAR", "hidden": "zero"},
    ],
)
def test_python_lists_from_a_link_what_the_page_lists(
    page: Page, planted: Planted, view: dict[str, Any]
) -> None:
    series = [planted.run["train"], planted.run["test"]]
    tree = find_tree([one.classes for one in series], [one.cube() for one in series])
    detail = view.get("detail", "accuracy").replace("SIMILAR", tree.groups[0])
    fragment = link(planted.run, "train", "test", **{**view, "tab": "instances", "detail": detail})
    show(page, planted.server, fragment)
    expect(page.locator(".instances [role=option]").first).to_be_visible()
    found = listed_in(fragment.removeprefix("#"), series)
    assert found
    table = found.table()
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(table)} id")
    shown = listed(page)
    assert shown == table["instance"].to_pylist()[: len(shown)]


def test_a_report_of_some_epochs_holds_what_is_listed_in_them(
    browser: Browser, planted: Planted, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    cf.export(planted.run["test"], path, view="tab=instances", epochs=(10, 19), instances=10)
    found = listed_in("epochs=10-19", [planted.run["test"]])
    assert found
    table = found.table().to_pylist()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(path.as_uri())
        wait_until(page)
        expect(page.locator(".instances .none")).to_contain_text(f"holds 10 of {len(table)}")
        assert listed(page)[:2] == [row["instance"] for row in table[:2]]


def test_a_report_holds_what_is_listed(browser: Browser, planted: Planted, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    view = link(planted.run, "test", tab="instances", detail="fn,three", rows="hard-down")
    cf.export(planted.run["test"], path, view=view, instances=10)
    found = listed_in(view.removeprefix("#"), [planted.run["test"]])
    assert found
    table = found.table().to_pylist()
    assert len(table) > 10
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        wait_until(page)
        expect(page.locator(".instances .none")).to_contain_text(f"holds 10 of {len(table)}")
        assert listed(page)[:2] == [row["instance"] for row in table[:2]]
        page.get_by_role("button", name="Sort by Suspicious").click()
        surest = max(table[:10], key=lambda row: row["suspicious_label"])
        expect(page.locator(".instances .id").first).to_have_text(surest["instance"])
        page.locator(".instances [role=option]").first.click()
        detail = page.get_by_role("complementary")
        expect(detail).to_contain_text(surest["instance"])
        page.get_by_role("button", name="List all wrong predictions").click()
        expect(page.locator(".instances .none")).to_contain_text("only the instances that were")
        assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)


def test_rows_grid_tooltip_and_detail_show_what_instances_look_like(
    page: Page, planted: Planted
) -> None:
    fragment = link(planted.run, "test", tab="instances", detail="cell,one,eight")
    show(page, planted.server, fragment)
    first = page.locator(".instances [role=option]").first
    chosen = first.locator(".id").inner_text()
    expect(first.locator("img")).to_have_js_property("naturalWidth", 24)
    page.keyboard.press("g")
    tiles = page.locator(".instances .tile")
    expect(tiles.first).to_contain_text(chosen)
    expect(tiles.first.locator("img")).to_have_js_property("naturalWidth", 24)
    tiles.first.click()
    detail = page.get_by_role("complementary")
    expect(detail.locator("img")).to_have_js_property("complete", True)
    samples = planted.run["test"].samples(backend="pyarrow").to_pylist()
    (own,) = [row for row in samples if row["instance"] == chosen]
    expect(detail).to_contain_text(f"source {own['source']}", use_inner_text=True)
    tiles.first.press("ArrowRight")
    expect(tiles.nth(1)).to_have_attribute("aria-selected", "true")
    page.wait_for_function("() => location.hash.includes('grid=1')")
    page.keyboard.press("g")
    expect(page.locator(".instances .tile")).to_have_count(0)
    # The three that are in the cell longest stand in its tooltip.
    page.mouse.move(*cell_point(page, 1, 8))
    typical = page.get_by_role("list", name="Typical instances").get_by_role("listitem")
    expect(typical).to_have_count(3)
    rows = rows_of(planted, actual="one", predicted="eight")
    shares = sorted((row["share"] for row in rows), reverse=True)[:3]
    by_id = {row["instance"]: row["share"] for row in rows}
    assert [by_id[text.strip()] for text in typical.all_inner_texts()] == shares
    expect(typical.first.locator("img")).to_have_js_property("naturalWidth", 24)


def test_columns_of_samples_filter_the_list_and_explain_it(page: Page, planted: Planted) -> None:
    view: dict[str, Any] = {"tab": "instances", "detail": "cell,one,eight", "passing": "half"}
    show(page, planted.server, link(planted.run, "test", **view))
    apart = page.locator(".instances .apart")
    expect(apart).to_contain_text("source is web")
    page.get_by_role("button", name="+ Filter").click()
    page.get_by_label("Column", exact=True).select_option("source")
    page.get_by_label("Value", exact=True).select_option("web")
    page.get_by_role("button", name="Add", exact=True).click()
    table = rows_of(planted, actual="one", predicted="eight", passing="half")
    web = {row["instance"] for row in table} & planted.wrong
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(web)} ids")
    assert set(listed(page)) <= web
    page.wait_for_function("() => location.hash.includes('source%3Dweb')")
    page.reload()
    expect(page.get_by_role("button", name="Remove the filter source is web")).to_be_visible()
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(web)} ids")


def test_thumbnails_are_in_a_report_only_if_they_may_leave(
    browser: Browser, planted: Planted, tmp_path: Path
) -> None:
    view = link(planted.run, "test", tab="instances", detail="cell,one,eight")
    arguments = ["export", str(planted.server.log_dir), "--run", "mlp-0", "--split", "test"]
    arguments += ["--view", view, "--instances", "5", "-o"]
    told = CliRunner().invoke(app, [*arguments, str(tmp_path / "without.html")])
    assert "--samples includes them" in told.output
    CliRunner().invoke(app, [*arguments, str(tmp_path / "with.html"), "--samples"])
    without, full = ((tmp_path / f"{name}.html").read_text() for name in ("without", "with"))
    assert '"thumbnail": "data:image' not in without
    assert '"source": ' not in without
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((tmp_path / "with.html").as_uri())
        wait_until(page)
        image = page.locator(".instances [role=option]").first.locator("img")
        expect(image).to_have_js_property("naturalWidth", 24)
        page.locator(".instances [role=option]").first.click()
        expect(page.get_by_role("complementary")).to_contain_text("source")
    assert full.count('"thumbnail": "data:image') >= 5


@pytest.mark.parametrize("grid", ["0", "1"])
def test_end_and_home_walk_to_instances_out_of_sight(
    page: Page, planted: Planted, grid: str
) -> None:
    show(page, planted.server, link(planted.run, "test", tab="instances", grid=grid))
    options = page.locator(".instances [role=option]")
    options.first.click()
    options.first.press("End")
    last = page.locator(".instances [role=option]:focus")
    expect(last).to_have_attribute("aria-selected", "true")
    count = last.get_attribute("aria-setsize") or ""
    assert int(count) > options.count(), "the last one was not in the page"
    expect(last).to_have_attribute("aria-posinset", count)
    # The list's height is not always a whole number of pixels.
    expect(last).to_be_in_viewport(ratio=0.99)
    last.press("Home")
    expect(last).to_have_attribute("aria-posinset", "1")
