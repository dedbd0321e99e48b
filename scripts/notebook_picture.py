"""Take the picture of docs/notebook.md again: `python -m scripts.notebook_picture`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright
from tests.e2e.browsing import settle
from tests.integrations.lab import Lab, Notebook

from confusionflow.cli.demo import train
from confusionflow.exporters.browser import find_browser

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "notebook.png"
SHOW = "import confusionflow as cf\n\nlogs = cf.open_logs('logs')\nlogs"
READ = "logs.widget.cell, logs.widget.epoch, logs.widget.series[1].recall()[-1].min()"


def main() -> None:
    """Show the demo's logs in JupyterLab, select a cell, and read it in Python."""
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        lab = Lab(Path(temporary))
        try:
            browser = playwright.chromium.launch(
                executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(
                viewport={"width": 1280, "height": 960}, device_scale_factor=1.5
            )
            page.goto(f"{lab.address}/lab")
            page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
            folder = lab.write("digits", SHOW, READ)
            shutil.rmtree(folder / "logs")
            train(folder / "logs", epochs=25)
            notebook = Notebook(page, folder)
            notebook.command("application:toggle-left-area")
            notebook.run(0)
            shown = notebook.page_of(0)
            expect(shown).to_have_attribute("data-state", "ready")
            shown.get_by_role("grid").first.focus()
            for key in [*["ArrowDown"] * 8, "ArrowRight", "Enter", "Escape"]:
                page.keyboard.press(key)
            notebook.run(1)
            settle(page)
            page.screenshot(path=PICTURE)
            browser.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
