"""A series is encoded once for all who ask for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import confusionflow as cf
from confusionflow.server.series_cache import SeriesCache


def test_all_who_ask_for_the_same_version_get_the_same_bytes(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=["cat", "dog"]) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
    cache = SeriesCache()
    with ThreadPoolExecutor(8) as clients:
        asked = [cf.open_logs(tmp_path)["run"]["test"] for _ in range(8)]
        answers = list(clients.map(cache.of, asked))
    assert len({id(answer) for answer in answers}) == 1


def test_an_epoch_more_is_encoded(tmp_path: Path) -> None:
    cache = SeriesCache()
    with cf.Run(tmp_path, name="run", classes=["cat", "dog"]) as run:
        answers = []
        for epoch in range(2):
            run.log_matrix(epoch, "test", [[1, 0], [0, 1]])
            answers.append(cache.of(cf.open_logs(tmp_path)["run"]["test"]))
    assert answers[0] != answers[1]
