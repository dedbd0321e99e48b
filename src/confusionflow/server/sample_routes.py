"""The routes of samples: thumbnails, and images in full size. Clients send ids, never paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath

from confusionflow.errors import ImageNotServedError
from confusionflow.reading.run import Series
from confusionflow.reading.samples import Samples
from confusionflow.server.full_size import read_full_size
from confusionflow.server.known_samples import KnownSamples
from confusionflow.server.pictures import thumbnail_type
from confusionflow.server.security import HEADERS
from confusionflow.store.format.ids import digest_of

Content = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="Digest of the samples")]
Instance = Annotated[str, Query(max_length=10_000, description="Id of the instance, as text")]
IMAGES = {
    200: {
        "content": {
            f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}
            for kind in ("webp", "png", "jpeg", "gif", "avif")
        }
    },
    304: {"description": "Not changed"},
}
# An image is only shown, and can't do anything even if somebody opens its address.
IMAGE_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Content-Disposition": "inline",
}
# The addresses contain digests, so their content never changes.
LASTING = "private, max-age=31536000, immutable"


def add_sample_routes(
    router: APIRouter,
    find: Callable[[str, str], Series],
    known: KnownSamples,
    roots: Mapping[str, Path],
) -> None:
    """Add the routes to those of the API.

    Arguments:
        router: The API's.
        find: Finds a series by the ids of its run and its split.
        known: Reads the samples.
        roots: For each split, by name, the folder from which its images are served in full size.
    """

    @router.get(
        "/samples/{content}/thumbnail",
        response_class=Response,
        responses=IMAGES,  # type: ignore[arg-type]
    )
    def thumbnail(content: Content, instance: Instance, request: Request) -> Response:
        """The thumbnail of an instance. A list of instances has its address."""
        samples = known.of_content(content)
        data = samples.image(_row_of(samples, instance))
        media_type = thumbnail_type(data) if data else None
        if data is None or media_type is None:
            raise ImageNotServedError(f"Instance {instance[:100]!r} has no thumbnail.")
        return _image(data, media_type, LASTING, request)

    @router.get(
        "/runs/{run_id}/splits/{split_id}/image",
        response_class=Response,
        responses=IMAGES,  # type: ignore[arg-type]
    )
    def image(
        run_id: str,
        split_id: str,
        instance: Instance,
        request: Request,
        file: Annotated[
            str | None,
            Query(
                max_length=64, description="Digest of the file; with it, the answer may be cached"
            ),
        ] = None,
    ) -> Response:
        """The image of an instance in full size, of a split that `serve --samples` names."""
        series = find(run_id, split_id)
        root = roots.get(series.name)
        if root is None:
            raise ImageNotServedError(
                f"Images of split {series.name!r} are not served in full size. Serve with "
                f"--samples {series.name}=DIR, the folder that holds them."
            )
        samples = known.of(series)
        values = samples.row(_row_of(samples, instance))
        path, digest = values.get("path"), values.get("file")
        if not path or not digest:
            raise ImageNotServedError(
                f"Instance {instance[:100]!r} was not logged with the path of an image."
            )
        data, media_type = read_full_size(root, path, digest)
        return _image(data, media_type, LASTING if file == digest else "no-cache", request)


def _row_of(samples: Samples, instance: str) -> int:
    row = int(samples.find(np.array([instance], object))[0])
    if row < 0:
        raise ImageNotServedError(f"Instance {instance[:100]!r} has no sample.")
    return row


def _image(data: bytes, media_type: str, caching: str, request: Request) -> Response:
    version = f'"{digest_of(data)}"'
    headers = {**IMAGE_HEADERS, "ETag": version, "Cache-Control": caching}
    if request.headers.get("if-none-match") == version:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type, headers=headers)
