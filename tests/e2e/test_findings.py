"""The Findings tab, with faults that were planted in a real training."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.e2e.browsing import (
    Server,
    cell_box,
    export_svg,
    focus_cell,
    link,
    pixels,
    read_svg,
    settle,
    show,
    view_of,
    wait_until,
)
from tests.syncs import without_syncs
from tests.training import Labels, train

import confusionflow as cf

DASH = "\N{EN DASH}"
READY = ".findings[aria-busy=false] article"


def swap(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
    swapped = labels.copy()
    swapped[labels == 3], swapped[labels == 8] = 8, 3
    return (swapped if epoch >= 20 else labels), rate


@pytest.fixture(scope="module")
def swapped(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A training whose labels three and eight are swapped from epoch 20 on."""
    log_dir = tmp_path_factory.mktemp("swapped")
    with without_syncs():
        train(log_dir, swap, name="swapped")
    return serve(log_dir)


def test_one_click_says_when_it_broke_and_what(page: Page, swapped: Server) -> None:
    show(page, swapped)
    page.get_by_role("tab", name="Findings").click()
    page.locator(READY).first.wait_for()
    card = page.locator(READY).first
    expect(card.locator(".level").first).to_have_text("certain")
    heading = card.get_by_role("heading").first.inner_text()
    found = re.fullmatch(
        r"(three and eight|eight and three) have been taken for each other since epoch (2[01]), "
        r"in both splits\.",
        heading,
    )
    assert found, heading
    card.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_function("() => location.hash.includes('detail=cell')")
    view = view_of(page)
    assert view["at"] == found[2]
    assert view["detail"] in ("cell,three,eight", "cell,eight,three")
    assert "tab=findings" in page.url
    expect(page.locator(".detail, section:has-text('Detail')").first).to_contain_text("→")


def spike(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
    return labels, rate * (10 if epoch == 25 else 1)


def forget(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
    return (np.where(labels == 7, -1, labels) if epoch >= 20 else labels), rate


@pytest.fixture(scope="module")
def faulty_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three trainings: a learning rate that spikes, a forgotten class, a shifted split."""
    log_dir = tmp_path_factory.mktemp("faulty")
    with without_syncs():
        train(log_dir, spike, name="spike")
        train(log_dir, forget, name="forgotten", epochs=120)
        train(log_dir, name="shifted", shift=0.35)
    return log_dir


@pytest.fixture(scope="module")
def faulty(faulty_dir: Path) -> cf.Logs:
    return cf.open_logs(faulty_dir)


@pytest.fixture(scope="module")
def faulty_server(serve: Callable[[Path], Server], faulty_dir: Path) -> Server:
    return serve(faulty_dir)


def cards_of(page: Page, server: Server, run: cf.LoggedRun, *splits: str) -> Locator:
    """The cards of a run, after one click on the tab of findings."""
    show(page, server, link(run, *splits))
    page.get_by_role("tab", name="Findings").click()
    page.locator(READY).first.wait_for()
    return page.locator(READY)


def test_a_spike_of_the_learning_rate_has_a_card_and_leads_to_its_epoch(
    page: Page, faulty: cf.Logs, faulty_server: Server
) -> None:
    cards = cards_of(page, faulty_server, faulty["spike"], "train", "test")
    card = cards.filter(has_text=re.compile(r"[Ee]pochs? 25\b")).first
    expect(card).to_contain_text("corroborated")
    card.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_function("() => /[#&]at=25(&|$)/.test(location.hash)")


def test_a_forgotten_class_is_the_first_card(
    page: Page, faulty: cf.Logs, faulty_server: Server
) -> None:
    card = cards_of(page, faulty_server, faulty["forgotten"], "train", "test").first
    expect(card.locator(".level").first).to_have_text("certain")
    heading = card.get_by_role("heading").first
    expect(heading).to_contain_text("Class seven was learned and then lost, since ")
    expect(heading).to_contain_text("in both splits: recall 9")
    (first, last) = re.findall(r"between (\d+) and (\d+)", heading.inner_text())[0]
    assert int(first) <= 20 <= int(last) <= int(first) + 3
    card.get_by_role("button", name="Show", exact=True).first.click()
    page.wait_for_function(f"() => /[#&]at={first}(&|$)/.test(location.hash)")


def log_guesses(
    log_dir: Path,
    plant: Callable[[int, Labels], None],
    *,
    epochs: int,
    wrong: float,
    seed: int,
    groups: list[str] | None = None,
) -> None:
    """A run of 400 instances of four classes: some are wrong by chance, others by `plant`."""
    actual = np.arange(400) % 4
    rng = np.random.default_rng(seed)
    with without_syncs(), cf.Run(log_dir, "run", classes=["ape", "bee", "cat", "dog"]) as run:
        for epoch in range(epochs):
            predicted = np.where(rng.random(400) < wrong, (actual + 1) % 4, actual)
            plant(epoch, predicted)
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
        if groups:
            run.log_samples("test", group=groups)


def test_a_large_fall_of_few_instances_is_shown_though_it_is_only_noticed(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    with without_syncs(), cf.Run(tmp_path, "run", classes=["ant", "bee"]) as run:
        for epoch in range(60):
            few = [3, 22] if epoch < 30 else [15, 10]
            run.log_matrix(epoch, "test", [[190 + epoch % 3, 10], few])
    show(page, serve(tmp_path))
    page.get_by_role("tab", name="Findings").click()
    card = page.locator(READY).first
    card.wait_for()
    expect(card.locator(".level").first).to_have_text("noticed")
    expect(card.get_by_role("heading").first).to_contain_text("Class bee was learned and then lost")
    expect(page.get_by_role("tab", name="Findings")).to_contain_text("1")


def test_the_instances_of_a_forgotten_class_are_those_that_were_counted(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    def plant(epoch: int, predicted: Labels) -> None:
        predicted[2:42:4] = 0  # never learned
        if epoch >= 43:
            predicted[82:114:4] = 0

    log_guesses(tmp_path, plant, epochs=60, wrong=0.1, seed=5)
    show(page, serve(tmp_path), "#tab=findings&find=9&where=hard%3E%3D0.2")
    page.locator(READY).first.wait_for()
    card = page.locator(READY).filter(has_text="8 of 100 instances of class cat in test were")
    expect(card.get_by_role("heading")).to_contain_text("about epoch 43")
    card.get_by_role("button", name="Instances").click()
    rows = page.locator(".instances [role=option] .id")
    expect(rows).to_have_count(8)
    assert sorted(map(int, rows.all_inner_texts())) == list(range(82, 114, 4))
    first, last = map(int, view_of(page)["epochs"].split("-"))
    assert first < 43 < last == 59
    chips = page.locator(".filters .chip")
    expect(chips.first).to_contain_text("Last in cell ≥ 59")
    page.get_by_role("button", name="Remove the filter Last forgotten").click()
    expect(rows.nth(8)).to_be_visible()


def test_the_instances_of_a_class_that_fell_are_its_wrong_ones_since_then(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    def plant(epoch: int, predicted: Labels) -> None:
        if epoch >= 30:
            predicted[2:282:4] = 3

    log_guesses(tmp_path, plant, epochs=60, wrong=0.05, seed=5)
    series = cf.open_logs(tmp_path)["run"]["test"]
    show(page, serve(tmp_path), "#tab=findings")
    card = page.locator(READY).first
    expect(card.get_by_role("heading").first).to_contain_text(
        "Class cat was learned and then lost, since epoch 30"
    )
    card.get_by_role("button", name="Instances").first.click()
    rows = page.locator(".instances [role=option]")
    rows.first.wait_for()
    view = view_of(page)
    assert view["detail"] == "fn,cat"
    assert view["epochs"] == "30-59"
    wrong = series.instances("cat", only="wrong", epochs=(30, 59), backend="pyarrow")
    expect(page.locator(".instances")).to_contain_text(f"{len(wrong)} ever")


def test_the_instances_of_a_forgotten_group_are_those_that_were_counted(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    def plant(epoch: int, predicted: Labels) -> None:
        if epoch >= 25:
            predicted[:8] = (np.arange(8) + 1) % 4
            predicted[100] = 1  # of another group

    groups = ["p7" if i < 10 else f"q{i // 16}" for i in range(400)]
    log_guesses(tmp_path, plant, epochs=40, wrong=0.1, seed=3, groups=groups)
    show(page, serve(tmp_path), "#tab=findings&detail=recall,cat")
    page.locator(READY).first.wait_for()
    card = page.locator(READY).filter(has_text="8 of 10 instances of group p7 in test were")
    card.get_by_role("button", name="Instances").click()
    rows = page.locator(".instances [role=option] .id")
    expect(rows).to_have_count(8)
    assert sorted(map(int, rows.all_inner_texts())) == list(range(8))
    expect(page.locator(".instances")).to_contain_text("all wrong predictions")


def test_what_is_said_of_several_runs_is_one_card_that_names_them(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    actual = np.arange(400) % 2
    for seed in (0, 1):
        with without_syncs(), cf.Run(tmp_path, f"net-{seed}", classes=["a", "b"]) as run:
            for epoch in range(12):
                run.log(epoch, "test", y_true=actual, y_pred=actual)
    logs = cf.open_logs(tmp_path)
    runs = [f"{logs[name].id}.{logs[name]['test'].id}" for name in ("net-0", "net-1")]
    server = serve(tmp_path)
    card = page.locator(READY).filter(has_text="No lasting regression")
    show(page, server, f"#tab=findings&series={runs[0]}.0,{runs[1]}.1")
    expect(card.locator(".meta")).to_have_text(f"nothing found in 2 runs · test · epochs 0{DASH}11")
    card.get_by_role("button", name="Each run").click()
    named = [f"net-{seed} · test · " for seed in (0, 1)]
    expect(card.locator(".inner .meta")).to_contain_text(named)
    show(page, server, f"#tab=findings&series={runs[0]}.0")
    expect(card).to_have_count(1)
    expect(card).not_to_contain_text("net-")


def test_a_shifted_split_is_certain_and_first(
    page: Page, faulty: cf.Logs, faulty_server: Server
) -> None:
    cards = cards_of(page, faulty_server, faulty["shifted"], "test", "shifted")
    whole = cards.filter(has_text="Accuracy is lower in shifted than in test").first
    expect(whole.locator(".level")).to_have_text("certain")
    assert cards.first.locator(".level").inner_text() == "certain"


def test_why_says_what_was_asked_and_what_stands_under_it(
    page: Page, poster_server: Server
) -> None:
    show(page, poster_server, "#tab=findings")
    page.locator(READY).first.wait_for()
    heading = "Class Auto is recognised less often in cifar10.1 than in test"
    card = page.locator(READY).filter(has_text=heading)
    expect(card).to_contain_text("The only class beyond the general shift.")
    why = card.get_by_role("button", name="Why").first
    assert why.get_attribute("aria-expanded") == "false"
    why.click()
    expect(card).to_contain_text("Would other instances show it? Fisher's exact test")
    card.get_by_role("button", name="related finding").click()
    expect(card).to_contain_text("Auto is taken for Truck more often")
    whole = page.locator(READY).filter(has_text="Accuracy is lower in cifar10.1 than in test")
    whole.get_by_role("button", name="within the general shift").click()
    expect(whole).to_contain_text("Class Plane is recognised less often")
    expect(whole).to_contain_text("Plane is taken for Truck more often")


def test_cards_are_filtered_and_what_is_only_noticed_is_kept_back(
    page: Page, poster_server: Server
) -> None:
    show(page, poster_server, "#tab=findings")
    page.locator(READY).first.wait_for()
    page.get_by_role("button", name="In time").click()
    levels = page.locator("article .level").all_inner_texts()
    assert set(levels) == {"corroborated", "nothing found"} or set(levels) == {"corroborated"}
    page.get_by_role("button", name="only noticed").click()
    while page.get_by_role("button", name=re.compile(r"Show \d+ more")).count():
        page.get_by_role("button", name=re.compile(r"Show \d+ more")).click()
    expect(page.get_by_text("Early training: accuracy is not yet steady")).to_be_visible()
    expect(page.get_by_text("No lasting regression in 90 cells and 10 classes.")).to_be_visible()


def test_the_chip_of_a_series_lights_up_its_findings(page: Page, poster_server: Server) -> None:
    show(page, poster_server, "#tab=findings")
    page.locator(READY).first.wait_for()
    page.locator(".chips li", has_text="train").hover()
    about = page.locator("article", has_text="cifar10.1")
    other = about.filter(has_not_text="train")
    expect(other.first).to_have_css("opacity", "0.25")
    page.locator(".chips li", has_text="cifar10.1").hover()
    expect(other.first).to_have_css("opacity", "1")


def test_a_range_is_compared_as_exploratory(page: Page, poster_server: Server) -> None:
    show(page, poster_server, "#tab=findings&epochs=20-40")
    page.locator(READY).first.wait_for()
    expect(page.locator("article .meta").first).not_to_contain_text("exploratory")
    page.get_by_role("button", name=f"of 20{DASH}40").click()
    expect(page.locator("article .meta").first).to_contain_text(f"epochs 20{DASH}40 · exploratory")


def test_the_timeline_has_ticks_once_events_were_found(page: Page, poster_server: Server) -> None:
    show(page, poster_server)
    expect(page.get_by_text("▴ findings")).to_have_count(0)
    page.keyboard.press("e")
    page.locator(READY).first.wait_for()
    expect(page.get_by_text("▴ findings")).to_be_visible()


def test_cells_of_a_difference_are_marked(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    baseline = f"{poster.id}.{poster['test'].id}"
    fragment = link(poster, "test", "cifar10.1", baseline=baseline, epochs="145-194")
    with page.expect_response(lambda response: "/api/marks" in response.url) as answered:
        show(page, poster_server, fragment)
    marks = answered.value.json()
    assert sorted(map(tuple, marks["different"])) == [(0, 9), (1, 9)]
    settle(page)

    def corner(actual: int, predicted: int) -> float:
        x, y, width, _ = cell_box(page, actual, predicted)
        return float(np.mean(pixels(page, (x + width - 4, y, 4, 4))))

    assert corner(1, 9) < 120 < corner(3, 8)
    focus_cell(page, 1, 9)
    tooltip = page.locator(".tooltip")
    expect(tooltip).to_contain_text("filled corner: the difference is more than noise")
    untold = next((a, p) for a, p in marks["untold"] if a != p)
    focus_cell(page, *untold)
    expect(tooltip).to_contain_text("no mark: too few instances to detect a difference of 5 points")


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_the_legend_says_what_marks_mean(
    page: Page,
    poster_server: Server,
    poster: cf.LoggedRun,
    size: tuple[int, int],
    tmp_path: Path,
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    baseline = f"{poster.id}.{poster['test'].id}"
    with page.expect_response(lambda response: "/api/marks" in response.url):
        show(page, poster_server, link(poster, "test", "cifar10.1", baseline=baseline))
    settle(page)
    texts = [mark.text for mark in read_svg(export_svg(page, "Matrix", tmp_path))]
    assert any(text.startswith(("corner: ", "filled corner: ", "dot: ")) for text in texts), texts


@pytest.mark.parametrize("few", [False, True])
def test_the_rarer_of_cells_that_could_not_tell_and_that_do_not_differ_are_marked(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path, few: bool
) -> None:
    """Of three classes, one or two have too few instances."""
    supports = [2000, 30, 30] if few else [2000, 2000, 30]
    matrix = np.diag(supports)
    with without_syncs(), cf.Run(tmp_path, "run", classes=["ape", "bee", "cat"]) as run:
        for epoch in range(12):
            for split in ("test", "new"):
                run.log_matrix(epoch, split, matrix)
    opened = cf.open_logs(tmp_path)["run"]
    fragment = link(opened, "test", "new", baseline=f"{opened.id}.{opened['test'].id}")
    cells = [(a, p) for a in range(3) for p in range(3) if a != p]

    def corners() -> list[np.ndarray]:
        settle(page)
        boxes = [cell_box(page, *cell) for cell in cells]
        return [pixels(page, (x + width - 10, y + 1, 9, 9)) for x, y, width, _ in boxes]

    with page.expect_response(lambda response: "/api/marks" in response.url):
        show(page, serve(tmp_path), fragment)
    marked_ones = corners()
    focus_cell(page, *cells[0])
    looks = "dot" if few else "no mark"
    expect(page.locator(".tooltip")).to_contain_text(f"{looks}: differs by less than 5 points")
    page.route("**/api/marks*", lambda route: route.abort())
    page.reload()
    wait_until(page)
    marked = {
        cell[0]
        for cell, after, before in zip(cells, marked_ones, corners(), strict=True)
        if not np.array_equal(before, after)
    }
    assert marked == ({0} if few else {2})


def test_findings_grow_while_a_training_runs(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    with cf.Run(tmp_path, "live", classes=["ape", "bee"]) as run:
        run.log_matrix(0, "test", [[100, 100], [20, 180]])
        server = serve(tmp_path)
        show(page, server, "#tab=findings")
        expect(page.get_by_text("this run is still training")).to_be_visible()
        run.log_matrix(0, "new", [[190, 10], [20, 180]])
        level = page.locator("article .level").first
        expect(level).to_have_text("likely")
    expect(level).to_have_text("certain")


def test_a_report_holds_its_findings(
    browser: Browser, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    cf.export(poster, file)
    page = browser.new_page()
    page.goto(f"{file.as_uri()}#tab=findings")
    card = page.locator(READY).first
    expect(card).to_contain_text("certain")
    expect(card).to_contain_text("Class Auto is recognised less often in cifar10.1 than in train")
    page.close()
