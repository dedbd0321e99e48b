"""The web application: the API, live updates and the page."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette_compress import CompressMiddleware, add_compress_type

import confusionflow
from confusionflow.errors import ConfusionFlowError, ObjectStoreError
from confusionflow.server.bundle import MEDIA_TYPE
from confusionflow.server.live import Live
from confusionflow.server.models import ErrorAnswer, ErrorText
from confusionflow.server.routes import api_routes
from confusionflow.server.security import GuardMiddleware
from confusionflow.store import Store

STATIC = Path(str(files("confusionflow.server"))) / "static"

NOT_BUILT = """<!doctype html><title>ConfusionFlow</title>
<h1>The page was not built</h1>
<p>Install the package again (<code>pip install .</code>), or run
<code>npm ci &amp;&amp; npm run build</code> in <code>client/</code>.</p>"""


def create_app(log_dir: str | os.PathLike[str], *, hosts: frozenset[str] = frozenset()) -> FastAPI:
    """Make the application that shows one log directory.

    Arguments:
        log_dir: The log directory; it is only read.
        hosts: Host names to answer to beside loopback ones.
    """
    store = Store(log_dir)
    live = Live(store)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(live.watch())
        yield
        watching.cancel()

    app = FastAPI(
        title="ConfusionFlow",
        version=confusionflow.__version__,
        description="Read-only access to a log directory.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    add_compress_type(MEDIA_TYPE)
    app.add_middleware(CompressMiddleware)
    app.add_middleware(GuardMiddleware, hosts=hosts)
    app.include_router(api_routes(store, live))
    _answer_errors(app)
    if (STATIC / "index.html").is_file():
        app.mount("/", _Page(directory=STATIC, html=True))
    else:
        app.add_api_route("/", lambda: HTMLResponse(NOT_BUILT, 503), include_in_schema=False)
    return app


class _Page(StaticFiles):
    """The built client. Files under assets/ have a hash in their names and never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        fixed = path.startswith("assets/") and response.status_code in (200, 304)
        lasting = "public, max-age=31536000, immutable"
        response.headers["Cache-Control"] = lasting if fixed else "no-cache"
        return response


def _answer_errors(app: FastAPI) -> None:
    """Give all errors one shape."""

    def answer(status: int, message: str, hint: str | None = None) -> JSONResponse:
        body = ErrorAnswer(error=ErrorText(message=message, hint=hint))
        return JSONResponse(body.model_dump(), status_code=status)

    @app.exception_handler(ConfusionFlowError)
    async def known(_: Request, error: ConfusionFlowError) -> JSONResponse:
        missing = isinstance(error, LookupError | FileNotFoundError)
        away = isinstance(error, ObjectStoreError)
        return answer(404 if missing else 503 if away else 422, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return answer(422, f"{place}: {first['msg']}", "docs/http-api.md lists the parameters.")

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, str(error.detail))
