"""What the page says of a network that was trained here, with an accident of its learning rate."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.digits_cnn import ACCIDENT, LAYER, train
from tests.e2e.browsing import Server, link, show

import confusionflow as cf


@pytest.fixture(scope="session")
def trained(
    serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Server, cf.LoggedRun]:
    folder = tmp_path_factory.mktemp("digits")
    train(folder)
    return serve(folder), cf.open_logs(folder)["digits"]


def test_strip_map_units_and_finding_show_the_accident(
    page: Page, trained: tuple[Server, cf.LoggedRun]
) -> None:
    server, run = trained
    series = run["test"]
    counts = series.confusion()[ACCIDENT]
    right = counts.diagonal()
    counts = counts * ((right >= 5)[:, None])
    for index in range(10):
        counts[index, index] = 0
    actual, predicted = divmod(int(counts.argmax()), 10)
    view = link(run, "test", tab="features", at=ACCIDENT, detail=f"cell,{actual},{predicted}")
    page.goto(f"{server.address}#{view}")
    features = page.get_by_role("region", name="Features")

    strip = page.get_by_role("region", name="Change of the layer")
    expect(strip).to_contain_text(f"{LAYER} changed most at epoch {ACCIDENT}: CKA 0.")
    nearest = series.features().nearest()[ACCIDENT]
    expect(features).to_contain_text(f"nearest class mean right {100 * nearest:.1f}%")

    points = features.get_by_role("img")
    expect(points).to_have_attribute(
        "aria-label",
        re.compile(rf"from the mean of {actual} at x = 0 to that of {predicted} at x = 1"),
    )
    at_accident = points.get_attribute("aria-label")
    points.focus()
    page.keyboard.press("ArrowLeft")
    expect(points).not_to_have_attribute("aria-label", at_accident or "")
    page.keyboard.press("ArrowRight")
    expect(points).to_have_attribute("aria-label", at_accident or "")

    # All that a lasso holds is listed, kept in the link, and lit in the matrix.
    box = points.bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for dx, dy in [(1, 0), (1, 1), (0, 1)]:
        page.mouse.move(
            box["x"] + 2 + dx * (box["width"] - 4), box["y"] + 2 + dy * (box["height"] - 4), steps=3
        )
    page.mouse.up()
    plane = series.features().plane(actual, predicted)
    held = int((plane.predicted[list(plane.epochs).index(ACCIDENT)] >= 0).sum())
    assert held > 20
    expect(features).to_contain_text(f"{held} instances in the lasso at epoch {ACCIDENT}")
    expect(page).to_have_url(re.compile(rf"lasso={ACCIDENT}-"))
    features.get_by_role("button", name="List them").click()
    instances = page.get_by_role("region", name="Instances")
    chip = f"lasso at epoch {ACCIDENT}: {held} instances"
    expect(instances).to_contain_text(chip)
    expect(page).to_have_url(re.compile("tab=instances"))
    page.reload()
    expect(instances).to_contain_text(chip)
    page.get_by_role("tab", name="Features").click()

    features.get_by_role("button", name="units").click()
    table = features.get_by_role("table")
    expect(table).to_contain_text(f"{actual} → {predicted}")
    expect(table).to_contain_text(re.compile(r"lasso\s*\d+"))
    features.get_by_role("combobox", name="Add a class as a row").select_option(str(predicted))
    expect(table).to_contain_text(f"all of {predicted}")
    expected = series.features().units(ACCIDENT, [(actual, predicted)], most=16)
    heads = table.get_by_role("columnheader").all_inner_texts()
    assert heads[1:] == [str(unit) for unit in expected.units]
    # Columns that have no room fade out, until they are scrolled to.
    scroller = table.locator("xpath=..")
    expect(scroller).to_have_css("mask-image", re.compile("gradient"))
    scroller.evaluate("(element) => element.scrollTo(element.scrollWidth, 0)")
    expect(scroller).to_have_css("mask-image", "none")
    expect(table.get_by_role("rowheader").first).to_be_in_viewport()
    scroller.evaluate("(element) => element.scrollTo(0, 0)")
    table.get_by_role("button", name=heads[2], exact=True).click()
    expect(page).to_have_url(re.compile(rf"unit={heads[2]}"))
    exemplars = series.features().exemplars(ACCIDENT).exemplars[:, expected.units[1]]
    unit = features.get_by_role("region", name=f"Unit {heads[2]}")
    shown = unit.get_by_role("listitem")
    assert shown.all_inner_texts() == exemplars.tolist()
    expect(shown.locator("img")).to_have_count(len(exemplars))
    values = f"at epoch {ACCIDENT}: {actual} → {predicted}: "
    expect(unit.get_by_role("img").first).to_have_attribute("aria-label", re.compile(values))

    page.get_by_role("tab", name="Findings").click()
    findings = page.get_by_role("region", name="Findings")
    noticed = findings.get_by_role("button", name=re.compile("only noticed"))
    noticed.click()
    expect(findings).to_contain_text("Features or head?")
    expect(findings).to_contain_text(f"layer '{LAYER}' changed more than usual")


def test_the_map_and_its_words_end_above_the_detail_chart_on_a_low_page(
    page: Page, trained: tuple[Server, cf.LoggedRun]
) -> None:
    server, run = trained
    page.set_viewport_size({"width": 1024, "height": 700})
    show(page, server, link(run, "test", tab="features", at=ACCIDENT, detail="cell,8,5"))
    tab = page.locator(".features")
    tab.get_by_role("img").wait_for()
    box = tab.bounding_box()
    detail = page.locator(".detail").bounding_box()
    assert box
    assert detail
    assert box["y"] + box["height"] <= detail["y"]
    # What has no room is scrolled to, and not drawn below.
    expect(tab).to_have_css("overflow-y", "auto")
    tab.evaluate("(tab) => tab.scrollTo(0, tab.scrollHeight)")
    expect(tab.get_by_text("right ○ wrong")).to_be_in_viewport()


def test_a_run_without_features_says_how_to_log_them(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    with cf.Run(tmp_path, name="plain", classes=["cat", "dog"]) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[0, 0])
    server = serve(tmp_path)
    page.goto(f"{server.address}#tab=features")
    features = page.get_by_role("region", name="Features")
    expect(features).to_contain_text("run.log_features(epoch, split, features, ids=…)")


def test_a_report_shows_strip_and_map_and_says_what_it_lacks(
    browser: Browser, trained: tuple[Server, cf.LoggedRun], tmp_path: Path
) -> None:
    _, run = trained
    view = link(run, "test", tab="features", at=ACCIDENT, detail="cell,8,5")
    cf.export(run["test"], tmp_path / "report.html", view=view, instances=5)
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((tmp_path / "report.html").as_uri())
        strip = page.get_by_role("region", name="Change of the layer")
        expect(strip).to_contain_text(f"{LAYER} changed most at epoch {ACCIDENT}")
        features = page.get_by_role("region", name="Features")
        points = features.get_by_role("img")
        expect(points).to_have_attribute("aria-label", re.compile("from the mean of 8 at x = 0"))
        features.get_by_role("button", name="units").click()
        expect(features).to_contain_text("A report holds no units of a layer")
