"""The widget in a real JupyterLab."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.e2e.browsing import PATIENCE_MS
from tests.integrations.lab import Lab, Notebook

pytest.importorskip("jupyterlab")

LOGS = """
import confusionflow as cf

logs = cf.open_logs("logs")
"""

Open = Callable[..., Notebook]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def tab(lab: Lab, browser: Browser) -> Iterator[Page]:
    """JupyterLab in a tab, in which the widget may have no errors and ask no other server."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        errors: list[str] = []
        asked: list[str] = []
        page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
        page.on("request", lambda asking: asked.append(asking.url))
        page.goto(f"{lab.address}/lab")
        page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
        yield page
    # The widget's script is a blob; JupyterLab's own now and then fails on a busy machine.
    assert [error for error in errors if "blob:" in error] == []
    assert [url for url in asked if not url.startswith((lab.address, "blob:", "data:"))] == []


@pytest.fixture
def open_notebook(lab: Lab, tab: Page, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a notebook of some cells."""
    opened: list[Notebook] = []

    def open_it(*cells: str) -> Notebook:
        name = re.sub(r"\W+", "-", request.node.name)
        opened.append(Notebook(tab, lab.write(name, *cells)))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.close()


def is_ready(page: Locator) -> None:
    expect(page).to_have_attribute("data-state", "ready")


def chips(page: Locator) -> Locator:
    """What takes a shown series away: a button of each."""
    return page.get_by_role("button", name=re.compile("^Remove "))


def test_a_cell_that_ends_in_logs_a_run_or_a_series_shows_the_page(open_notebook: Open) -> None:
    shown = {
        "logs": ["adam train", "adam test", "adam shifted"],
        "logs['sgd-slow']": ["sgd-slow train", "sgd-slow test", "sgd-slow shifted"],
        "logs['sgd-fast']['shifted']": ["sgd-fast shifted"],
    }
    notebook = open_notebook(LOGS, *shown)
    notebook.run(0)
    for index, names in enumerate(shown.values(), 1):
        notebook.run(index)
        page = notebook.page_of(index)
        is_ready(page)
        expect(chips(page)).to_have_count(len(names))
        found = [button.get_attribute("aria-label") for button in chips(page).all()]
        assert found == [f"Remove {name}" for name in names]


def test_epochs_show_while_the_cell_that_logs_them_still_runs(open_notebook: Open) -> None:
    """A kernel that is busy reads nothing from the browser: what is new must come by itself."""
    notebook = open_notebook(
        LOGS,
        "logs",
        """
        from pathlib import Path
        from time import sleep

        with cf.Run("logs", "later", classes=["ant", "bee"]) as run:
            for epoch in range(4):
                while not Path(f"go-{epoch}").exists():
                    sleep(0.05)
                run.log(epoch, "val", y_true=[0, 1, 1], y_pred=[0, 1, epoch % 2])
            while not Path("end").exists():
                sleep(0.05)
        """.replace("\n        ", "\n"),
    )
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    training = notebook.begin(2)
    for epoch in range(4):
        (notebook.folder / f"go-{epoch}").touch()
        expect(page.locator(".status")).to_have_text(f"live · epoch {epoch}")
        expect(page.locator("output")).to_have_text(f"{epoch}")
    expect(chips(page)).to_have_count(1)
    expect(training.locator(".jp-InputPrompt")).to_have_text("[*]:")
    (notebook.folder / "end").touch()
    expect(training.locator(".jp-InputPrompt")).to_have_text("[3]:")
    expect(page.locator(".status")).to_have_text("epoch 3")


def test_a_run_that_has_logged_nothing_shows_its_first_epoch_when_it_comes(
    open_notebook: Open,
) -> None:
    notebook = open_notebook(
        LOGS,
        "run = cf.Run('logs', 'mine', classes=['ant', 'bee'])\nrun",
        "run.log(7, 'val', y_true=[0, 1], y_pred=[0, 1])",
    )
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    expect(page).to_have_attribute("data-state", "empty")
    notebook.run(2)
    is_ready(page)
    expect(page.locator("output")).to_have_text("7")


def test_python_reads_what_is_selected_on_the_page(open_notebook: Open) -> None:
    notebook = open_notebook(
        LOGS,
        "logs",
        "print(logs.widget.cell, logs.widget.epoch, [s.name for s in logs.widget.series])",
    )
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    assert notebook.said(2) == "None 2 ['train', 'test', 'shifted']"
    grid = page.get_by_role("grid", name=re.compile("^Confusion matrix"))
    grid.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter", ","):
        notebook.page.keyboard.press(key)
    page.get_by_role("button", name="Remove adam test").click()
    expect(chips(page)).to_have_count(2)
    assert notebook.said(2) == "('two', 'one') 1 ['train', 'shifted']"


def test_the_findings_of_a_notebook_lead_to_their_epoch(open_notebook: Open) -> None:
    notebook = open_notebook(
        LOGS,
        """
        import numpy as np

        rng = np.random.default_rng(0)
        with cf.Run("logs", "lost", classes=["ant", "bee", "cat"]) as run:
            for epoch in range(40):
                right = [0.9, 0.3 if epoch >= 20 else 0.9, 0.9]
                rates = np.diag(right) + (1 - np.array(right))[:, None] * (1 - np.eye(3)) / 2
                run.log_matrix(epoch, "test", [rng.multinomial(200, row) for row in rates])
        logs
        """.replace("\n        ", "\n"),
        "print(logs.widget.epoch, [s.name for s in logs.widget.series])",
    )
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    page.get_by_role("tab", name="Findings").click()
    card = page.locator(".findings[aria-busy=false] article").first
    expect(card.get_by_role("heading").first).to_contain_text(
        "Class bee was learned and then lost, since epoch 20, in test: recall "
    )
    expect(card.locator(".level").first).to_have_text("certain")
    card.get_by_role("button", name="Show", exact=True).first.click()
    expect(page.locator("output")).to_have_text("20")
    assert notebook.said(2) == "20 ['test']"


def test_python_sets_what_is_selected_on_the_page(open_notebook: Open) -> None:
    notebook = open_notebook(
        LOGS,
        "widget = logs.widget\nwidget",
        "widget.cell, widget.epoch = ('five', 'nine'), 1\n"
        "widget.series = [logs['adam']['test'], logs['sgd-slow']['test']]",
        "widget.cell = widget.epoch = None\nwidget.height = 700",
    )
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    notebook.run(2)
    detail = page.locator("section.detail")
    expect(detail).to_contain_text("five → nine")
    expect(page.locator("output")).to_have_text("1")
    expect(page.get_by_role("button", name="Remove sgd-slow test")).to_be_visible()
    expect(chips(page)).to_have_count(2)
    notebook.run(3)
    expect(detail).to_contain_text("Accuracy")
    expect(page.locator("output")).to_have_text("2")
    expect(page).to_have_js_property("offsetHeight", 700)


def test_instances_that_activate_a_unit_are_shown_with_their_images(open_notebook: Open) -> None:
    notebook = open_notebook(
        """
        import confusionflow as cf
        import numpy as np
        from sklearn.datasets import load_digits

        digits = load_digits()
        images, actual = digits.images[:200], digits.target[:200]
        with cf.Run("seen", "digits", classes=range(10)) as run:
            run.log_samples("test", images=images)
            for epoch in range(2):
                predicted = np.where(np.arange(200) % 3, actual, (actual + 1) % 10)
                run.log(epoch, "test", y_true=actual, y_pred=predicted)
                run.log_features(epoch, "test", images.reshape(200, 64), layer="pixels")
        seen = cf.open_logs("seen")["digits"]["test"]
        """.replace("\n        ", "\n"),
        "widget = seen.widget\nwidget.view += '&tab=features&detail=cell%2C1%2C2'\nwidget",
        "unit = seen.features().units(1, [('1', '2')]).units[0]\n"
        "print(unit, *seen.features().exemplars(1).exemplars[:, unit])",
    )
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    features = page.get_by_role("region", name="Features")
    features.get_by_role("button", name="units").click()
    unit, *ids = notebook.said(2).split()
    features.get_by_role("table").get_by_role("button", name=unit, exact=True).click()
    shown = features.get_by_role("region", name=f"Unit {unit}").get_by_role("listitem")
    expect(shown).to_have_text(ids)
    images = shown.locator("img")
    expect(images).to_have_count(len(ids))
    for image in images.all():
        expect(image).to_have_js_property("naturalWidth", 8)


# JupyterLab brings widgets back in its own time, and on a busy machine now and then not at all.
@pytest.mark.torture
def test_the_view_is_as_it_was_when_the_browser_loads_the_notebook_again(
    open_notebook: Open,
) -> None:
    notebook = open_notebook(LOGS, "logs")
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    page.get_by_role("grid", name=re.compile("^Confusion matrix")).focus()
    for key in ("2", "ArrowRight", "Enter"):
        notebook.page.keyboard.press(key)
    lines = page.get_by_role("button", name="Lines")
    expect(lines).to_have_attribute("aria-pressed", "true")
    notebook.page.keyboard.press("Control+s")
    expect(notebook.page.locator(".jp-Document.jp-mod-dirty")).to_have_count(0)
    notebook.page.reload()
    is_ready(page)
    expect(lines).to_have_attribute("aria-pressed", "true")
    expect(page.locator("section.detail")).to_contain_text("zero → one")


def test_keys_are_the_pages_where_it_has_the_focus_and_else_the_notebooks(
    open_notebook: Open,
) -> None:
    notebook = open_notebook(LOGS, "logs", "1")
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    page.get_by_role("grid", name=re.compile("^Confusion matrix")).click()
    keyboard = notebook.page.keyboard
    for key in ("b", "d", "d", "x", "3"):  # for the notebook: a new cell, away with it, …
        keyboard.press(key)
    expect(notebook.cells).to_have_count(3)
    numbers = page.get_by_role("button", name="Numbers")
    expect(numbers).to_have_attribute("aria-pressed", "true")
    notebook.cells.nth(2).locator(".cm-content").click()
    keyboard.press("Escape")
    for key in ("1", "b"):
        keyboard.press(key)
    expect(notebook.cells).to_have_count(4)
    expect(numbers).to_have_attribute("aria-pressed", "true")


def test_the_page_is_as_dark_as_the_notebook(open_notebook: Open) -> None:
    notebook = open_notebook(LOGS, "logs")
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    expect(page).to_have_attribute("data-scheme", "light")
    for scheme in ("dark", "light"):
        notebook.command("apputils:change-theme", theme=f"JupyterLab {scheme.title()}")
        expect(page).to_have_attribute("data-scheme", scheme)


def test_neither_styles_of_the_notebook_reach_the_page_nor_the_other_way_round(
    open_notebook: Open,
) -> None:
    notebook = open_notebook(LOGS, "logs")
    notebook.run(0)
    styles = "() => JSON.stringify([...document.querySelectorAll('.jp-Notebook *')].slice(0, 60)"
    styles += ".map((e) => [getComputedStyle(e).font, getComputedStyle(e).margin]))"
    before = notebook.page.evaluate(styles)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    first = notebook.page.evaluate(styles)
    assert first[:500] == before[:500]
    looks = "page => [...page.querySelectorAll('*')].map((e) => getComputedStyle(e).font).join()"
    own = page.evaluate(looks)
    notebook.page.add_style_tag(
        content="* { font: 30px serif !important; text-align: right !important }"
        " button, canvas, table { display: none !important }"
    )
    assert page.evaluate(looks) == own
    expect(page.get_by_role("button", name="Numbers")).to_be_visible()


def test_a_chosen_series_that_is_asked_for_while_a_cell_runs_comes_when_it_has_ended(
    open_notebook: Open,
) -> None:
    notebook = open_notebook(
        LOGS,
        "logs",
        "from pathlib import Path\nfrom time import sleep\n"
        "while not Path('end').exists():\n    sleep(0.05)",
    )
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    notebook.begin(2)
    page.get_by_role("button", name="Remove adam train").click()
    page.get_by_role("button", name="Series").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("row", name="sgd-slow").first.get_by_role("checkbox").first.click()
    notebook.page.keyboard.press("Escape")
    expect(page).to_contain_text("busy with a notebook cell")
    is_ready(page)  # the others stay
    expect(chips(page)).to_have_count(3)
    (notebook.folder / "end").touch()
    expect(page).not_to_contain_text("busy with a notebook cell")


def test_a_page_whose_kernel_died_says_that_it_hears_nothing(open_notebook: Open) -> None:
    notebook = open_notebook(LOGS, "logs", "import os\nprint(os.getpid())")
    notebook.run(0)
    notebook.run(1)
    page = notebook.page_of(1)
    is_ready(page)
    os.kill(int(notebook.said(2)), signal.SIGKILL)
    expect(page.locator(".status")).to_have_text("reconnecting …")
    is_ready(page)  # what is shown stays


def test_a_kernel_looks_for_nothing_new_once_the_tab_is_closed(lab: Lab, tab: Page) -> None:
    mine = tab.context.new_page()
    mine.goto(f"{lab.address}/lab/workspaces/closed")
    mine.wait_for_function("window.jupyterapp?.restored.then(() => true)")
    notebook = Notebook(
        mine,
        lab.write(
            "closed",
            LOGS,
            "logs",
            """
            from pathlib import Path
            from threading import Thread
            from time import sleep

            def watch():
                while True:
                    Path("is-looking").write_text(str(logs.widget._following is not None))
                    sleep(0.05)

            Thread(target=watch, daemon=True).start()
            """.replace("\n            ", "\n"),
        ),
    )
    notebook.run(0)
    notebook.run(1)
    is_ready(notebook.page_of(1))
    notebook.run(2)
    said = notebook.folder / "is-looking"
    wait_for(lambda: said.exists() and said.read_text() == "True")
    mine.close()
    wait_for(lambda: said.read_text() == "False")


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.1)
