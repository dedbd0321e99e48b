"""What rates are shares of: the actual class, the predicted class, or all instances."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    Server,
    export_svg,
    focus_cell,
    link,
    read_spot,
    read_svg,
    settle,
    show,
    view_of,
)

import confusionflow as cf

NAMES = {"actual": "the actual class", "predicted": "the predicted class", "all": "all instances"}


@pytest.mark.parametrize("by", ["actual", "predicted", "all"])
def test_one_menu_chooses_what_rates_are_shares_of(
    page: Page, zoo_server: Server, zoo: cf.Logs, by: str
) -> None:
    series = zoo["uneven"]["test"]
    show(page, zoo_server, link(zoo["uneven"], "test", values="count"))
    page.get_by_role("button", name="Rates").click()
    page.get_by_role("radio", name=NAMES[by]).check()
    page.keyboard.press("Escape")
    focus_cell(page, 0, 1)
    share = series.confusion(by)[-1, 0, 1]  # type: ignore[arg-type]
    counts = series.confusion()[-1]
    whole = {"actual": counts[0].sum(), "predicted": counts[:, 1].sum(), "all": counts.sum()}[by]
    value, behind = read_spot(page)["test"]
    assert value == f"{share:.1%}"
    assert behind == f"{counts[0, 1]:,} / {whole:,}"
    assert view_of(page).get("values", "rate") == {"actual": "rate"}.get(by, by)


def test_the_legend_and_the_detail_chart_say_what_rates_are_shares_of(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = zoo["uneven"]
    for values, title in [
        ("rate", "share of the actual class, per epoch"),
        ("predicted", "share of the predicted class, per epoch"),
        ("all", "share of all instances, per epoch"),
    ]:
        show(page, zoo_server, link(run, "test", values=values, detail="cell,big,small"))
        svg = export_svg(page, "Matrix", tmp_path_factory.mktemp("figure"))
        texts = [mark.text for mark in read_svg(svg) if mark.tag == "text"]
        assert title in texts
        assert ("FN: share of the actual class" in texts) == (values == "predicted")
        assert ("FP: share of the predictions" in texts) == (values == "rate")
    expect(page.locator(".meaning")).to_have_text("share of all instances: big predicted as small")


def test_counts_give_way_to_the_rates_that_were_shown_before(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["uneven"], "test", values="predicted"))
    page.keyboard.press("c")
    settle(page)
    assert view_of(page)["values"] == "count"
    page.keyboard.press("c")
    settle(page)
    assert view_of(page)["values"] == "predicted"


def test_where_columns_add_up_the_diagonal_is_precision(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    run = zoo["uneven"]
    show(page, zoo_server, link(run, "test", values="predicted", diagonal="recall"))
    focus_cell(page, 0, 0)
    assert page.locator(".tooltip .title").inner_text() == "Precision of big"
    assert read_spot(page)["test"][0] == f"{run['test'].precision()[-1, 0]:.1%}"
