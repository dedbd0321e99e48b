"""The web application: the API, live updates and the page."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette_compress import CompressMiddleware, add_compress_type, remove_compress_type

from confusionflow.errors import ConfusionFlowError, ObjectStoreError
from confusionflow.server.arrow_series import MEDIA_TYPE
from confusionflow.server.error_response import error_response
from confusionflow.server.live import Live
from confusionflow.server.out_of_files import OutOfFilesHandler
from confusionflow.server.prefetch import prefetch_series
from confusionflow.server.routes import ReportMaker, api_routes
from confusionflow.server.security import HEADERS, GuardMiddleware
from confusionflow.server.series_cache import SeriesCache
from confusionflow.server.token import Token
from confusionflow.server.version import VERSION
from confusionflow.store import Store
from confusionflow.store.places.open import LogDirectories

STATIC = Path(str(files("confusionflow.server"))) / "static"

EVENTS_TYPE = "text/event-stream"

NOT_BUILT = """<!doctype html><title>ConfusionFlow</title>
<h1>The page was not built</h1>
<p>Install the package again (<code>pip install .</code>), or run
<code>npm ci &amp;&amp; npm run build</code> in <code>client/</code>.</p>"""


def create_app(
    log_dir: LogDirectories,
    *,
    hosts: Iterable[str] | None = (),
    token: Token | None = None,
    frames: Iterable[str] = (),
    samples: Mapping[str, Path] | None = None,
    make_report: ReportMaker | None = None,
) -> FastAPI:
    """Make the application that shows one log directory, or several side by side.

    Arguments:
        log_dir: The log directory, or a list of several; they are only read.
        hosts: Host names to answer to beside loopback ones, in lower case; None for all, if another
            server stands before this one.
        token: What a client must send; None if everybody who can reach the server may read.
        frames: Origins whose pages may show this one in a frame, beside its own.
        samples: For each split, by name, the folder from which its images are served in full size.
        make_report: Makes the answer of `/api/report`; None if there is none.
    """
    store = Store(log_dir)
    live = Live(store)
    cache = SeriesCache()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_exception_handler(OutOfFilesHandler())
        watching = asyncio.create_task(live.watch())
        ending = threading.Event()
        # The interpreter waits for this thread: ending it while pyarrow works would abort the
        # process.
        threading.Thread(target=prefetch_series, args=(store, cache, ending)).start()
        yield
        ending.set()
        watching.cancel()

    app = create_api(store, live, cache, lifespan, samples, make_report)
    app.add_middleware(GuardMiddleware, hosts=hosts, token=token, frames=frames)
    if (STATIC / "index.html").is_file():
        app.mount("/", _Page(cache))
    else:
        app.add_api_route("/", lambda: HTMLResponse(NOT_BUILT, 503), include_in_schema=False)
    return app


def create_api(
    store: Store,
    live: Live,
    cache: SeriesCache,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    samples: Mapping[str, Path] | None = None,
    make_report: ReportMaker | None = None,
) -> FastAPI:
    """Make the application that answers requests about one log directory, local or remote."""
    app = FastAPI(
        title="ConfusionFlow",
        version=VERSION,
        description="Read-only access to a log directory.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    add_compress_type(MEDIA_TYPE)
    # Some proxies drop the header that says that a stream is compressed.
    remove_compress_type(EVENTS_TYPE)
    app.add_middleware(CompressMiddleware)
    app.include_router(api_routes(store, live, cache, samples or {}, make_report))
    _answer_errors(app)
    return app


class _Page(StaticFiles):
    """The built client. Files under assets/ have a hash in their names and never change.

    The page itself names the series that it will ask for, so that they load together with its
    script.
    """

    def __init__(self, cache: SeriesCache) -> None:
        super().__init__(directory=STATIC, html=True)
        self._cache = cache

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        fixed = path.startswith("assets/") and response.status_code in (200, 304)
        lasting = "public, max-age=31536000, immutable"
        response.headers["Cache-Control"] = lasting if fixed else "no-cache"
        if path in (".", "index.html") and (ahead := self._cache.ahead()):
            links = (f"<{one}>; rel=preload; as=fetch; crossorigin" for one in ahead)
            response.headers["Link"] = ", ".join(links)
        return response


def _answer_errors(app: FastAPI) -> None:
    """Give all errors one shape."""

    @app.exception_handler(ConfusionFlowError)
    async def known(_: Request, error: ConfusionFlowError) -> JSONResponse:
        missing = isinstance(error, LookupError | FileNotFoundError)
        away = isinstance(error, ObjectStoreError)
        return error_response(404 if missing else 503 if away else 422, str(error))

    @app.exception_handler(OSError)
    async def unreadable(_: Request, error: OSError) -> JSONResponse:
        return error_response(
            503,
            f"The log directory can't be read: {error.strerror or error}.",
            "The page asks again by itself.",
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return error_response(422, f"{where}: {first['msg']}", "docs/http-api.md lists parameters.")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return error_response(
                404,
                f"There is nothing at {request.url.path[:200]}.",
                "The page is at /; docs/http-api.md lists the routes.",
            )
        return error_response(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    async def unknown(_: Request, error: Exception) -> JSONResponse:
        return error_response(
            500,
            f"The server met an unexpected error: {type(error).__name__}.",
            "The terminal of `confusionflow serve` shows the details. Please report it.",
            HEADERS,  # this answer does not pass the guard
        )
