"""A process whose threads read one open file of samples."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from confusionflow.store.samples.part import PartReader, encode_part


def read_together() -> None:
    """Read the images of one open part by many threads that take turns often."""
    images = [bytes([row % 256]) * 300 for row in range(4096)]
    columns = {"instance": pa.array(range(4096)), "image": pa.array(images, pa.binary())}
    reader = PartReader(bytes(encode_part(columns)))
    rows = [37 * turn % 4096 for turn in range(4000)]
    sys.setswitchinterval(1e-5)
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(reader.image, rows)) == [images[row] for row in rows]
