"""Who is behind a cell: a training with planted wrong labels and a forgotten class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from tests.e2e.browsing import Server, focus_cell, link, show
from tests.syncs import without_syncs

import confusionflow as cf

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
EPOCHS, FORGOTTEN_FROM = 40, 30


@dataclass(frozen=True)
class Planted:
    """A log, and what was planted into it.

    Attributes:
        wrong: Ids of eights of the test set that are labelled as ones.
    """

    server: Server
    run: cf.LoggedRun
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
    model = MLPClassifier((32,), learning_rate_init=0.003, random_state=0)
    with without_syncs(), cf.Run(log_dir, "mlp", classes=NAMES) as run:
        for epoch in range(EPOCHS):
            # From here on the model sees no threes, and forgets them.
            kept = [at for at in range(1200) if epoch < FORGOTTEN_FROM or y[at] != 3]
            model.partial_fit(x[kept], y[kept], classes=range(10))
            for split, part in (("train", slice(1200)), ("test", slice(1200, None))):
                scores = model.predict_proba(x[part])
                run.log(epoch, split, y_true=labels[part], y_prob=scores, ids=ids[part])
        run.log_matrix(0, "counted", np.eye(10, dtype=int))
    logged = cf.open_logs(log_dir)["mlp"]
    return Planted(serve(log_dir), logged, frozenset(ids[at] for at in wrong))


def listed(page: Page) -> list[str]:
    return page.locator(".instances [role=option] .id").all_inner_texts()


def rows_of(planted: Planted, **cells: Any) -> list[dict[str, Any]]:
    """The instances of some cells of the test set, as Python lists them."""
    table = planted.run["test"].instances(**cells, backend="pyarrow")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_wrong_labels_are_found_in_three_clicks(page: Page, planted: Planted) -> None:
    show(page, planted.server, link(planted.run, "train", "test"))
    page.get_by_role("tab", name="Instances").click()
    page.get_by_role("button", name="Sort by Suspicious").click()
    first = page.locator(".instances [role=option]").first
    expect(first).to_be_visible()
    expect(page.locator(".instances .chip")).to_contain_text("all that are wrong")
    table = rows_of(planted, only="wrong")
    table.sort(key=lambda row: -row["suspicious_label"])
    expect(first.locator(".id")).to_have_text(table[0]["instance"])
    most = [row["instance"] for row in table[:10]]
    assert listed(page)[:3] == most[:3]
    assert len(planted.wrong & set(most)) >= 6
    page.get_by_role("option", name=next(each for each in most if each in planted.wrong)).click()
    expect(page.get_by_role("complementary")).to_contain_text("taken for eight since epoch")


def test_a_forgotten_class_is_found_from_its_false_negatives(page: Page, planted: Planted) -> None:
    view = link(planted.run, "train", "test", detail="fn,three")
    show(page, planted.server, view)
    page.keyboard.press("i")
    came = page.get_by_role("button", name="came in")
    expect(came).to_be_visible()
    rows = rows_of(planted, actual="three", only="wrong")
    expected = [row for row in rows if row["passage"] == "came"]
    assert len(expected) >= 10
    expect(came).to_have_text(f"{len(expected)} came in")
    came.click()
    expect(page.locator(".instances footer")).to_contain_text(f"Copy {len(expected)} ids")
    assert set(listed(page)) <= {row["instance"] for row in expected}


def test_the_list_holds_exactly_the_instances_of_the_cell(page: Page, planted: Planted) -> None:
    show(page, planted.server, link(planted.run, "test", tab="instances"))
    focus_cell(page, 1, 8)
    page.keyboard.press("Enter")
    series = planted.run["test"]
    table = rows_of(planted, actual="one", predicted="eight")
    expect(page.locator(".instances .chip")).to_contain_text("one → eight")
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
    expect(detail).to_contain_text("mlp · test")
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
    show(page, planted.server, link(planted.run, "counted", tab="instances"))
    expect(page.locator(".instances .none")).to_contain_text("run.log(")


def test_a_finding_leads_to_its_instances(page: Page, planted: Planted) -> None:
    show(page, planted.server, link(planted.run, "train", "test", tab="findings"))
    card = page.locator(".findings[aria-busy=false] article").filter(has_text="three").first
    card.get_by_role("button", name="Instances").first.click()
    expect(page.get_by_role("tab", name="Instances")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".instances .chip")).to_contain_text("three")
    expect(page.locator(".instances [role=option]").first).to_be_visible()
