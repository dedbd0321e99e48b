"""A tab in TensorBoard: `tensorboard --logdir logs` shows the page of that log directory.

TensorBoard finds it by the entry point `tensorboard_plugins`. Nothing here may fail when it is
loaded, because that would end TensorBoard.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from tensorboard.util import tb_logging
from werkzeug.wrappers import Request

from confusionflow.errors import install_command

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# The page is a separate document, with its own address and security policy.
TAB = """
export function render() {
  const page = document.createElement("iframe");
  page.src = new URL("./page/index.html", import.meta.url).href;
  page.title = "ConfusionFlow";
  page.style.cssText = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0";
  document.body.replaceChildren(page);
}
"""


class Loader(base_plugin.TBLoader):  # type: ignore[misc]
    """Gives TensorBoard the tab."""

    def load(self, context: base_plugin.TBContext) -> Tab | None:
        """Make the tab; None if there is not exactly one log directory or something is missing."""
        if not context.logdir:
            return None
        if importlib.util.find_spec("a2wsgi") is None:
            if any(Path(context.logdir).glob("run-*")):
                tb_logging.get_logger().warning(
                    "ConfusionFlow's tab is left out: it needs a2wsgi. Run "
                    f"`{install_command('tensorboard')}`."
                )
            return None
        return Tab(context.logdir)


class Tab(base_plugin.TBPlugin):  # type: ignore[misc]
    """The tab of one log directory.

    Arguments:
        log_dir: The `--logdir` of TensorBoard.
    """

    plugin_name = "confusionflow"

    def __init__(self, log_dir: str) -> None:
        # Loading the server takes a moment; users without our logs need not wait for it.
        from confusionflow.store import Store

        self._log_dir = log_dir
        self._store = Store(log_dir)
        self._lock = threading.Lock()
        self._app: WsgiApp | None = None

    def is_active(self) -> bool:
        """Whether there is something to show."""
        try:
            return bool(self._store.run_ids())
        except OSError:
            return False

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """How TensorBoard shows the tab."""
        return base_plugin.FrontendMetadata(
            es_module_path="/tab.js", tab_name="ConfusionFlow", disable_reload=True
        )

    def get_plugin_apps(self) -> Mapping[str, Any]:
        """The tab's script, and the page with its API."""
        return {"/tab.js": self._tab, "/page/*": self._page}

    def _tab(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer: WsgiApp = http_util.Respond(Request(environ), TAB, "application/javascript")
        return answer(environ, start_response)

    def _page(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        before, page, path = environ["PATH_INFO"].partition("/page/")
        mounted = environ.get("SCRIPT_NAME", "") + before + page.rstrip("/")
        app = self._served()
        return app({**environ, "SCRIPT_NAME": mounted, "PATH_INFO": f"/{path}"}, start_response)

    def _served(self) -> WsgiApp:
        """The server's application, started when it is first asked for."""
        with self._lock:
            if self._app is None:
                self._app = _start(self._log_dir)
            return self._app


def _start(log_dir: str) -> WsgiApp:
    """Run the server's application in a thread of its own."""
    from a2wsgi import ASGIMiddleware

    from confusionflow.server.app import create_app

    # TensorBoard decides who has access, and it shows the page in a frame.
    app: Any = create_app(log_dir, hosts=None)
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with app.router.lifespan_context(app):
            await asyncio.Event().wait()

    threading.Thread(target=loop.run_until_complete, args=[run()], daemon=True).start()
    served: Any = ASGIMiddleware(app, wait_time=1.0, loop=loop)
    return served  # type: ignore[no-any-return]
