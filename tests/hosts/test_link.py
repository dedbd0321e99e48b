"""Links to views are read and written as the page does (client/src/state/link.test.ts)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from confusionflow.hosts import link

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "links.json").read_text(encoding="utf-8")
)


def test_the_parts_of_a_link_are_those_that_the_page_writes() -> None:
    text = (Path(__file__).parents[2] / "client/src/state/link.ts").read_text(encoding="utf-8")
    assert set(link.PARTS) == set(re.findall(r'\bset\(\s*"(\w+)"', text))


@pytest.mark.parametrize("view", GOLDEN, ids=lambda view: view["link"] or "none")
def test_a_link_is_read_as_the_page_reads_it(view: dict[str, Any]) -> None:
    series = link.read_series(view["link"])
    assert (series if series is None else [list(one) for one in series]) == view["series"]
    assert link.read_run(view["link"]) == view["run"]
    assert link.read_epoch(view["link"]) == view["epoch"]
    epochs = link.read_range(view["link"])
    assert (epochs if epochs is None else list(epochs)) == view["range"]
    cell = link.read_cell(view["link"])
    assert (cell if cell is None else list(cell)) == view["cell"]


@pytest.mark.parametrize("view", GOLDEN, ids=lambda view: view["link"] or "none")
def test_what_is_written_is_read_again_and_nothing_else_changes(view: dict[str, Any]) -> None:
    before = "mode=lines&at=1&detail=f1%2CShip"
    cell = tuple(view["cell"]) if view["cell"] else None
    after = link.with_cell(link.with_epoch(before, view["epoch"]), cell)
    assert (link.read_epoch(after), link.read_cell(after)) == (view["epoch"], cell)
    assert "mode=lines" in after
    refs = [(run, split) for run, split, _ in view["series"] or []]
    chosen = link.read_series(link.with_series(after, refs))
    assert [(run, split) for run, split, _ in chosen or []] == refs


def test_series_come_in_the_order_given_and_those_that_stay_keep_their_colours() -> None:
    before = "series=a.x.3,b.x.0&run=a"
    after = link.with_series(before, [("c", "x"), ("a", "x"), ("d", "x")])
    colors = [(run, color) for run, _, color in link.read_series(after) or []]
    assert colors == [("c", 0), ("a", 3), ("d", 1)]
    assert link.read_run(after) is None
