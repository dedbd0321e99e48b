"""What thumbnails of a data set of CIFAR's size cost, beside what Pillow alone takes for them."""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

import confusionflow as cf

N = 50_000


def crops(n: int) -> np.ndarray:
    """Pieces of photographs, 32 by 32 pixels, shape (n, 32, 32, 3)."""
    rng = np.random.default_rng(0)
    photos = load_sample_images().images
    made = np.empty((n, 32, 32, 3), np.uint8)
    for at in range(n):
        photo = photos[at % len(photos)]
        step = int(rng.integers(1, 8))
        y, x = (int(rng.integers(0, size - 32 * step)) for size in photo.shape[:2])
        made[at] = photo[y : y + 32 * step : step, x : x + 32 * step : step]
    return made


def main() -> None:
    images = crops(N)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    alone = 0
    for one in images:
        sink = io.BytesIO()
        Image.fromarray(one).save(sink, "WEBP", quality=85, method=2)
        alone += sink.tell()
    pillow_s, pillow_cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    print(f"{N:,} images of 32 by 32 pixels, RGB")
    print(f"{'':24}{'seconds':>9}{'CPU s':>8}{'MB':>8}{'ratio':>8}")
    print(f"{'Pillow, one thread':24}{pillow_s:9.1f}{pillow_cpu_s:8.1f}{alone / 1e6:8.1f}{1:8.2f}")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("log_samples", "logged again"):
            with cf.Run(folder, name, classes=["a", "b"]) as run:
                began_s, began_cpu_s = time.perf_counter(), time.process_time()
                run.log_samples("test", images=images)
                spent_s = time.perf_counter() - began_s
                cpu_s = time.process_time() - began_cpu_s
            parts = list((Path(folder) / "samples").iterdir())
            size = sum(part.stat().st_size for part in parts)
            ratio = spent_s / pillow_s
            print(f"{name:24}{spent_s:9.1f}{cpu_s:8.1f}{size / 1e6:8.1f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
