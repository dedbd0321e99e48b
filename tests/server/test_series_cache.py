"""A series is encoded once for all who ask for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import confusionflow as cf
from confusionflow.server import series_cache
from confusionflow.server.models import FIRST_SPLITS
from confusionflow.server.series_cache import SeriesCache
from confusionflow.store import Store


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


def test_a_browser_is_told_of_the_newest_runs_first_series_once_they_are_encoded(
    tmp_path: Path,
) -> None:
    for name in ("older", "newest"):
        with cf.Run(tmp_path, name=name, classes=["cat", "dog"]) as run:
            for split in range(FIRST_SPLITS + 1):
                run.log_matrix(0, f"split {split}", [[1, 0], [0, 1]])
    store, cache = Store(tmp_path), SeriesCache()
    cache.note_first(store.overviews())
    assert cache.ahead() == []
    newest = cf.open_logs(tmp_path)["newest"]
    for name in newest:
        cache.of(newest[name])
    assert cache.ahead() == [
        f"api/runs/{newest.id}/splits/{newest[split].id}/series"
        for split in list(newest)[:FIRST_SPLITS]
    ]


def test_a_browser_is_not_told_of_what_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cf.Run(tmp_path, name="run", classes=["cat", "dog"]) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
    cache = SeriesCache()
    cache.note_first(Store(tmp_path).overviews())
    size = len(cache.of(cf.open_logs(tmp_path)["run"]["test"]))
    monkeypatch.setattr(series_cache, "MOST_BYTES_AHEAD", size)
    assert len(cache.ahead()) == 1
    monkeypatch.setattr(series_cache, "MOST_BYTES_AHEAD", size - 1)
    assert cache.ahead() == []
