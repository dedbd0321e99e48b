"""A reader written from docs/format.md alone finds what ConfusionFlow finds."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import confusionflow as cf
from confusionflow.store import RunWriter
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.format.cells import Cells
from confusionflow.store.scalars import ScalarRow

# ---- the reader, which uses nothing of ours ---------------------------------------------------

EPOCH = re.compile(
    r"(counts|predictions)-e(\d{8,18})-a(\d{4,9})-r(\d{4,9})-s(\d{6,18})-w([0-9a-f]{8})"
    r"-([0-9a-f]{16})\.parquet"
)
MERGED = re.compile(
    r"(counts|predictions)-merged-e(\d{8,18})-e(\d{8,18})-w([0-9a-f]{8})-([0-9a-f]{16})\.parquet"
)
ATTEMPT = re.compile(
    r"attempt-a(\d{4,9})-r(\d{4,9})of(\d{4,9})-w([0-9a-f]{8})-([0-9a-f]{16})\.json"
)


SCALARS = re.compile(r"scalars-a(\d{4,9})-r(\d{4,9})-w([0-9a-f]{8})-([0-9a-f]{16})\.json")


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def folders(parent: Path, name: str) -> list[Path]:
    return [path for path in parent.iterdir() if path.is_dir() and re.fullmatch(name, path.name)]


def read_table(path: Path) -> tuple[pa.Table, dict[str, str]] | None:
    data = path.read_bytes()
    if digest(data) != path.stem[-16:]:
        return None
    file = pq.ParquetFile(pa.BufferReader(data))
    metadata = {key.decode(): value.decode() for key, value in file.metadata.metadata.items()}
    return file.read(), metadata


def read_files(folder: Path, kind: str) -> dict[str, Any]:
    """What reads each file of a kind, by its name, be it merged into another or not."""
    found: dict[str, Any] = {}
    for path in folder.iterdir():
        if EPOCH.fullmatch(path.name) and path.name.startswith(kind):
            found[path.name] = lambda path=path: read_table(path)
        if MERGED.fullmatch(path.name) and path.name.startswith(kind):
            table = read_table(path)
            if table is None:
                continue
            rows, metadata = table
            index = json.loads(metadata["confusionflow.members"])
            start = 0
            for position, (name, size) in enumerate(
                zip(index["names"], index["rows"], strict=True)
            ):
                own = {
                    f"confusionflow.{key}": value if isinstance(value, str) else value[position]
                    for key, value in index["metadata"].items()
                }
                member = rows.slice(start, size).select(index["columns"]), own
                found[name] = lambda member=member: member
                start += size
    return found


def read_run(run: Path) -> dict[str, Any]:
    begun: dict[int, dict[str, Any]] = {}
    for path in run.iterdir():
        match = ATTEMPT.fullmatch(path.name)
        if match and digest(path.read_bytes()) == match[5]:
            begun[int(match[1])] = json.loads(path.read_bytes())
    files: dict[Path, list[tuple[Any, ...]]] = {}
    predictions: dict[str, Any] = {}
    for folder in folders(run, r"split-[0-9a-f]{16}"):
        counts = read_files(folder, "counts")
        predictions |= {
            name[:-25]: read for name, read in read_files(folder, "predictions").items()
        }
        matches = [match for name in counts if (match := EPOCH.fullmatch(name))]
        files[folder] = [
            (int(m[2]), int(m[3]), int(m[5]), int(m[4]), m[6], m[7], m[0], counts[m[0]])
            for m in matches
        ]
    first: dict[int, int] = {}
    for found in files.values():
        for epoch, attempt, *_ in found:
            if any(other[1] < attempt for other in found):
                first[attempt] = min(epoch, first.get(attempt, epoch))
    splits = {}
    for found in files.values():
        shown = [f for f in found if all(f[0] < first[a] for a in first if a > f[1])]
        name, classes, cells = read_split(run, shown, predictions)
        splits[name] = (classes, cells)
    return {"begun": begun[max(begun)], "splits": splits, "scalars": read_scalars(run, first)}


def read_scalars(run: Path, first: dict[int, int]) -> dict[str, dict[int, float]]:
    rows = []
    for path in run.iterdir():
        match = SCALARS.fullmatch(path.name)
        if match and digest(path.read_bytes()) == match[4]:
            attempt, rank = int(match[1]), int(match[2])
            for sequence, epoch, name, value in json.loads(path.read_bytes())["scalars"]:
                if all(epoch < first[a] for a in first if a > attempt):
                    rows.append((attempt, -rank, sequence, name, epoch, float(value)))
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for *_, name, epoch, value in sorted(rows):
        found[name][epoch] = value
    return dict(found)


def read_split(
    run: Path, files: list[tuple[Any, ...]], predictions: dict[str, Any]
) -> tuple[str, list[str], dict[Any, int]]:
    by_rank = defaultdict(list)
    for file in sorted(files, key=lambda file: file[:-1], reverse=True):
        by_rank[file[0], file[3]].append(file)
    chosen = [
        next((f, *table) for f in found if (table := f[-1]()))
        for _, found in sorted(by_rank.items())
        if any(f[-1]() for f in found)
    ]
    _, _, newest = max(chosen, key=lambda c: (c[0][1], c[0][2]))
    table = pq.read_table(run / f"classes-{newest['confusionflow.classes']}.parquet")
    classes = table.sort_by("index").column("name").to_pylist()
    cells: Counter[tuple[int, str, str]] = Counter()
    seen: set[tuple[int, Any]] = set()
    for file, counts, metadata in chosen:
        rows = counts.to_pylist()
        if int(metadata["confusionflow.world_size"]) > 1:
            beside = predictions[file[6].replace("counts", "predictions")[:-25]]()[0].to_pylist()
            rows = [{**r, "epoch": file[0], "count": 1} for r in beside]
            keys = [(file[0], r["instance"]) for r in rows]
            rows = [r for r, key in zip(rows, keys, strict=True) if key not in seen]
            seen.update(keys)
        for r in rows:
            cells[r["epoch"], classes[r["actual"]], classes[r["predicted"]]] += r["count"]
    return newest["confusionflow.split"], classes, dict(cells)


# ---- logs of many kinds -----------------------------------------------------------------------


def log_labels(log_dir: Path) -> None:
    rng = np.random.default_rng(0)
    with cf.Run(log_dir, name="labels", config={"lr": 0.1}, classes=["ä", "b/c", "<d>"]) as run:
        for epoch in (0, 5, 10):
            labels = rng.integers(0, 3, (2, 50))
            run.log_scalar(epoch, "lr", 0.1 / (1 + epoch))
            run.log_scalar(epoch, "größe\n", epoch)
            run.log(epoch, "test", y_true=labels[0], y_pred=labels[1])
            run.log(epoch, "../odd\nname", y_true=labels[1], y_pred=labels[0])


def log_matrices(log_dir: Path) -> None:
    rng = np.random.default_rng(1)
    with cf.Run(log_dir, name="matrices", classes=range(300), time_unit="step") as run:
        for epoch in (7, 2**33):
            run.log_matrix(epoch, "train", rng.integers(0, 2**40, (300, 300)))


def log_detector(log_dir: Path) -> None:
    with cf.Run(log_dir, name="detector", background="background") as run:
        for epoch, missed in enumerate((5, 3)):
            counts = [[8, 1, missed], [0, 9, 1], [4, 2, 0]]
            run.log_matrix(epoch, "val", counts, classes=["cat", "dog", "background"])


@pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")
def log_odd(log_dir: Path) -> None:
    with cf.Run(log_dir, name="odd") as run:
        run.log(0, "test", y_true=["b", "a"], y_pred=["a", "a"])
        run.log(1, "test", y_true=["c", "a"], y_pred=["a", None])  # a new class, a missing label
        run.log(1, "test", y_true=["c", "b"], y_pred=["a", "b"])  # the epoch again


def log_unmerged(log_dir: Path) -> None:
    run = cf.Run(log_dir, name="unmerged", classes=["a", "b"])
    for epoch in range(3):
        run.log(epoch, "test", y_true=[0, 1, 1], y_pred=[1, 1, epoch % 2])


def log_ranks(log_dir: Path) -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 3, (2, 40))
    for rank in range(3):
        ids = [i % 40 for i in range(rank, 42, 3)]  # the first two fill up the last shares
        with cf.Run(
            log_dir, name="ranks", id="job", rank=rank, world_size=3, classes=["a", "b", "c"]
        ) as run:
            for epoch in (0, 1):
                if (epoch, rank) != (1, 2):  # a rank that is late
                    actual, predicted = labels[:, ids]
                    run.log(epoch, "test", y_true=actual, y_pred=predicted, ids=ids)


def log_damaged(log_dir: Path) -> None:
    run = cf.Run(log_dir, name="labels", classes=["a", "b"])
    for epoch in (0, 5, 10):
        run.log(epoch, "test", y_true=[0, 1], y_pred=[1, 1])
    for path in sorted(log_dir.rglob("counts-e00000005-*")):
        path.write_bytes(path.read_bytes()[:-1])
    (log_dir / "notes.txt").touch()


def log_resumed(log_dir: Path) -> None:
    rng = np.random.default_rng(2)
    log_labels(log_dir)
    run_id = next(log_dir.iterdir()).name.removeprefix("run-")
    begun = cf.open_logs(log_dir)["labels"]
    writer = RunWriter(log_dir, run_id)
    writer.begin(name="again", config={}, time_unit="epoch", created_at=begun.created_at)
    writer.write_scalars([ScalarRow(7, 5, "lr", 0.5), ScalarRow(8, 6, "loss", float("inf"))])
    for epoch in (5, 6):
        count = rng.integers(1, 9, 3)
        rows = EpochRows(Cells(np.arange(3), np.array([1, 2, 0]), count))
        writer.write_epoch("test", epoch, ("ä", "b/c", "<d>"), rows)


@pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")
@pytest.mark.parametrize(
    "log",
    [
        log_labels,
        log_unmerged,
        log_matrices,
        log_detector,
        log_odd,
        log_ranks,
        log_damaged,
        log_resumed,
    ],
)
@pytest.mark.slow
def test_a_reader_written_from_the_docs_finds_the_same(tmp_path: Path, log: Any) -> None:
    log(tmp_path)
    (run,) = cf.open_logs(tmp_path).runs
    (folder,) = folders(tmp_path, r"run-[0-9a-zA-Z-]{1,64}")
    found = read_run(folder)
    assert found["begun"]["name"] == run.name
    assert found["begun"]["config"] == run.config
    assert found["begun"]["time_unit"] == run.time_unit
    assert found["begun"].get("background") == run.background
    assert found["scalars"] == {
        name: dict(zip(scalar.epochs.tolist(), scalar.values.tolist(), strict=True))
        for name, scalar in run.scalars.items()
    }
    assert found["splits"].keys() == set(run)
    for name, series in run.items():
        classes, cells = found["splits"][name]
        assert classes == list(series.classes)
        rows = series.to_frame(backend="pyarrow").to_pylist()
        assert cells == {(r["epoch"], r["actual"], r["predicted"]): r["count"] for r in rows}


def test_every_file_has_a_name_that_the_docs_describe(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "format.md").read_text()
    patterns = [cell.replace("\\|", "|") for cell in re.findall(r"^\|.*\| `(.+)` \|$", page, re.M)]
    assert len(patterns) >= 6
    log_labels(tmp_path)
    log_unmerged(tmp_path)
    for path in tmp_path.rglob("*"):
        matching = [pattern for pattern in patterns if re.fullmatch(pattern, path.name)]
        assert len(matching) == 1, path.name
