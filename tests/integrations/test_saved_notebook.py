"""A notebook that was run, saved and converted to HTML, opened where there is no kernel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import confusionflow as cf

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbconvert")

CELLS = (
    "import confusionflow as cf\nlogs = cf.open_logs('logs')\nlogs",
    "cf.report(logs, title='Handed on')",
)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    with cf.Run(folder / "logs", "saved", classes=["cat", "dog"]) as run:
        for epoch in range(5):
            run.log_matrix(epoch, "test", [[9, 1 + epoch], [2, 8]])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    nbformat.write(notebook, folder / "notebook.ipynb")
    subprocess.run(
        [
            *(sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--execute"),
            # As GitHub has it: what widgets knew is not in the file.
            *("--ExecutePreprocessor.store_widget_state=False", "notebook.ipynb"),
        ],
        cwd=folder,
        check=True,
    )
    return folder / "notebook.html"


def test_a_saved_notebook_shows_a_picture_and_the_interactive_report(
    browser: Browser, converted: Path
) -> None:
    with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
        page = context.new_page()
        page.route("http**", lambda route: route.abort())  # nbconvert's own scripts are elsewhere
        page.goto(converted.as_uri())
        outputs = page.locator(".jp-OutputArea-output")
        picture = outputs.locator("svg, img").first
        expect(picture).to_be_visible()
        box = picture.bounding_box()
        assert box
        assert box["width"] > 300
        frame = page.frame_locator("iframe[title=ConfusionFlow]")
        numbers = frame.get_by_role("button", name="Numbers")
        numbers.click()
        expect(numbers).to_have_attribute("aria-pressed", "true")
        expect(frame.locator(".chips b")).to_have_text("saved")
