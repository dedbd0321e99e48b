"""Samples in an object store, and what a hostile log says of them."""

from __future__ import annotations

import multiprocessing

import numpy as np
from tests.log.test_samples import colours, logged, pictures
from tests.store.reading_together import read_together
from tests.store.s3 import url
from typer.testing import CliRunner

from confusionflow.cli.app import app


def test_an_object_store_holds_them(s3: str) -> None:
    place = url(s3, "samples-of-a-store")
    for _ in range(2):
        series = logged(place, images=colours(4), text=list("abcd"))
    assert series.samples()["text"].tolist() == list("abcd")
    assert np.array_equal(pictures(series)[3], colours(4)[3])
    ended = CliRunner().invoke(app, ["check", place])
    assert ended.exit_code == 0, ended.output


def test_threads_read_an_open_part_together() -> None:
    # In a process of its own, which a fault of memory ends.
    process = multiprocessing.get_context("spawn").Process(target=read_together)
    process.start()
    process.join()
    assert process.exitcode == 0
