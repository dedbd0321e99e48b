"""Times of the page in a real browser: from navigation or an input to the paint that answers it.

A paint is complete where the page sets its User Timing mark `confusionflow:painted`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle

from playwright.sync_api import Browser, Page
from tests.e2e.browsing import Server

# A new context's processes take a second of CPU to start, whatever is opened in them.
BROWSER_STARTS_MS = 1500
# Pauses of no frame's length, so that actions come at every phase of one.
PAUSES_MS = (31, 37, 43, 47, 53)

# Every paint from the page's readiness on; where none follows, the matrix is complete.
WATCH = """
window.painted = [];
new PerformanceObserver((list) => {
    if (document.documentElement.dataset.state !== "ready") return;
    painted.push(...list.getEntriesByName("confusionflow:painted").map((mark) => mark.startTime));
}).observe({ type: "mark" });
"""

LAST_PAINT = """async () => {
    while (!painted.length || performance.now() - painted.at(-1) < 300)
        await new Promise((resolve) => setTimeout(resolve, 50));
    return painted.at(-1);
}"""

# The time of the last input of a kind, as the browser took it, and of the paint that follows it.
INPUTS = """
window.inputs = {};
for (const type of ["keydown", "pointermove", "click"])
    addEventListener(type, (event) => (inputs[type] = event.timeStamp), { capture: true });
"""

FOLLOWING = """async (type) => {
    const PAINTED = "confusionflow:painted";
    const painted = () => performance.getEntriesByName(PAINTED).at(-1)?.startTime ?? 0;
    const begin = performance.now();
    while (!(painted() >= inputs[type])) {
        await new Promise((resolve) => {
            new PerformanceObserver((list, observer) => {
                observer.disconnect();
                resolve();
            }).observe({ type: "mark", buffered: false });
            setTimeout(resolve, 100);
        });
        if (performance.now() - begin > 3000) throw new Error(`No paint after ${type}`);
    }
    const took = painted() - inputs[type];
    inputs[type] = Infinity;
    return took;
}"""


def navigate(browser: Browser, server: Server, fragment: str = "") -> tuple[float, Page]:
    """Milliseconds from navigation to the complete matrix, in a new browser context."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.wait_for_timeout(BROWSER_STARTS_MS)
    page.goto(server.address + fragment)
    ready = page.evaluate(LAST_PAINT)
    return float(ready), page


def navigate_often(
    browser: Browser, server: Server, rounds: int, fragment: str = ""
) -> tuple[list[float], Page]:
    """Milliseconds of several navigations, and the last one's page."""
    loads: list[float] = []
    while True:
        load, page = navigate(browser, server, fragment)
        loads.append(load)
        if len(loads) == rounds:
            return loads, page
        page.context.close()


class Actions:
    """A user's inputs, and how long each took to be painted.

    Attributes:
        times: Milliseconds, by the names that are given to the inputs.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._pauses = cycle(PAUSES_MS)
        self.times: dict[str, list[float]] = {}
        page.evaluate(INPUTS)

    def press(self, name: str, key: str) -> None:
        """Press a key."""
        self._time(name, "keydown", partial(self._page.keyboard.press, key))

    def point(self, name: str, selector: str, x: float, y: float) -> None:
        """Move the pointer to a point, given as shares of an element's width and height."""
        to = self._place(selector, x, y)
        self._time(name, "pointermove", partial(self._page.mouse.move, *to))

    def click(self, name: str) -> None:
        """Click where the pointer is."""
        self._time(name, "click", self._click)

    def brush(self, name: str, turn: int) -> None:
        """Drag over the timeline in six moves, to other epochs in each turn."""
        self._page.mouse.move(*self._place(".timeline", 0.2, 0.5))
        self._page.mouse.down()
        for step in range(6):
            self.point(name, ".timeline", 0.5 + turn * 0.01 + step * 0.06, 0.5)
        self._page.mouse.up()

    def _time(self, name: str, kind: str, do: Callable[[], object]) -> None:
        self._page.wait_for_timeout(next(self._pauses))
        do()
        self.times.setdefault(name, []).append(float(self._page.evaluate(FOLLOWING, kind)))

    def _click(self) -> None:
        self._page.mouse.down()
        self._page.mouse.up()

    def _place(self, selector: str, x: float, y: float) -> tuple[float, float]:
        box = self._page.locator(selector).bounding_box()
        assert box
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def memory_mib(page: Page) -> float:
    """What the page's scripts hold, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    return float(usage["usedSize"] + usage.get("backingStorageSize", 0)) / 2**20
