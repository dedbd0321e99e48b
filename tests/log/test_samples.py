"""What instances look like is logged once, whatever it comes in, and read back by id."""

from __future__ import annotations

import io
import shutil
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

import confusionflow as cf
from confusionflow.cli.app import app
from confusionflow.errors import (
    ArgumentError,
    ConfusionFlowWarning,
    LabelError,
    LogWriteError,
    MissingPackageError,
    NoSamplesError,
    ShapeError,
)
from confusionflow.log import samples as logging_samples
from confusionflow.store.places.local import LocalFileSystem

RED = (200, 30, 40)


def colours(n: int, height: int = 12, width: int = 20) -> NDArray[np.uint8]:
    """Images of one colour each, different from their neighbours."""
    values = (np.arange(n * 3).reshape(n, 1, 1, 3) * 7 % 200 + 20).astype(np.uint8)
    return np.broadcast_to(values, (n, height, width, 3)).copy()


def logged(log_dir: Path | str, n: int = 4, ids: Any = None, **samples: Any) -> cf.Series:
    """A run of one epoch with samples, read back."""
    ids = list(range(n)) if ids is None else ids
    with cf.Run(log_dir, "run", classes=["cat", "dog"]) as run:
        run.log_samples("test", ids=ids, thumbnail_format="png", **samples)
        run.log(0, "test", y_true=[0] * len(ids), y_pred=[1] * len(ids), ids=ids)
    return cf.open_logs(log_dir).runs[-1]["test"]


def pictures(series: cf.Series) -> list[Any]:
    """Thumbnails as arrays, RGB."""
    found = series.samples(images=True, backend="pyarrow")["image"].to_pylist()
    return [None if data is None else opened(data) for data in found]


def opened(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_texts_groups_columns_and_images_come_back_by_id(tmp_path: Path) -> None:
    series = logged(
        tmp_path,
        ids=["d", "b", "a", "c"],
        images=colours(4),
        text=["four", None, "one", "猫"],
        columns={"source": ["x", "y", "x", None], "age": [4, 2, 1, 3], "sure": [True] * 4},
        group=[9, 9, 8, 8],
    )
    table = series.samples(backend="pyarrow")
    assert table.column_names == ["instance", "text", "group", "source", "age", "sure"]
    assert table["text"].to_pylist() == ["four", None, "one", "猫"]
    assert table["group"].to_pylist() == ["9", "9", "8", "8"]
    assert [str(table[name].type) for name in ("source", "age", "sure")] == [
        "string",
        "int64",
        "bool",
    ]
    joined = series.instances("cat", "dog", samples=True, backend="pyarrow")
    by_id = dict(zip(joined["instance"].to_pylist(), joined["text"].to_pylist(), strict=True))
    assert by_id == {"a": "one", "b": None, "c": "猫", "d": "four"}
    for found, expected in zip(pictures(series), colours(4), strict=True):
        assert np.array_equal(found, expected)


def test_tables_of_scores_and_label_errors_get_them_too(tmp_path: Path) -> None:
    series = logged(tmp_path, text=list("abcd"), columns={"hard": [1, 2, 3, 4]})
    assert series.scores(samples=True)["text"].tolist() == list("abcd")
    assert series.possible_label_errors(samples=True)["text"].tolist() == list("abcd")
    assert series.scores(samples=True)["sample_hard"].tolist() == [1, 2, 3, 4]
    assert "text" not in series.scores()


def as_stacks(images: NDArray[np.uint8]) -> Iterator[tuple[str, Any]]:
    yield "channels last", images
    yield "channels first", np.moveaxis(images, -1, 1)
    yield "floats", images / 255
    yield "half floats", (images / 255).astype(np.float16)
    yield "integers", images.astype(np.int64)
    yield "list of arrays", list(images)
    yield "images of Pillow", [Image.fromarray(one) for one in images]
    yield "generator", (one for one in images)
    yield "opaque RGBA", np.concatenate([images, np.full_like(images[..., :1], 255)], axis=-1)


@pytest.mark.parametrize("kind", [name for name, _ in as_stacks(colours(2))])
def test_images_of_any_kind_show_the_same(tmp_path: Path, kind: str) -> None:
    images = colours(5)
    images[0] = 255
    given = dict(as_stacks(images))[kind]
    for found, expected in zip(pictures(logged(tmp_path, 5, images=given)), images, strict=True):
        assert found.shape == expected.shape
        assert np.abs(found.astype(int) - expected).max() <= 1


def test_grey_images_show_grey_whatever_their_range(tmp_path: Path) -> None:
    grey = np.linspace(0, 1, 48).reshape(1, 6, 8)
    bright = (np.round(grey * 255)).astype(np.uint8)
    for at, given in enumerate([grey, grey * 16, grey * 65535, grey[:, None], grey > 0.5]):
        (found,) = pictures(logged(tmp_path / str(at), 1, images=given))
        expected = bright if given.dtype != bool else (grey > 0.5) * 255
        assert np.abs(found[..., 0].astype(int) - expected[0]).max() <= 1
    (normalised,) = pictures(logged(tmp_path / "normalised", 1, images=grey * 4 - 2))
    assert (normalised[0, 0, 0], normalised[-1, -1, 0]) == (0, 255)


def test_files_are_read_and_turned_as_their_camera_says(tmp_path: Path) -> None:
    tall = np.zeros((30, 10, 3), np.uint8)
    tall[:10] = RED
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the file is the right side
    exif[0x010E] = "a secret place"
    path = tmp_path / "turned.jpg"
    Image.fromarray(np.rot90(tall)).save(path, exif=exif, quality=95)
    for at, given in enumerate([[path], [str(path)], [path.read_bytes()], [Image.open(path)]]):
        series = logged(tmp_path / str(at), 1, images=given)
        (data,) = series.samples(images=True, backend="pyarrow")["image"].to_pylist()
        assert b"secret" not in data
        found = opened(data)
        assert found.shape == tall.shape
        assert np.abs(found[5, 5].astype(int) - RED).max() < 20
        assert found[25, 5].max() < 40


def test_thumbnails_are_small_and_never_enlarged(tmp_path: Path) -> None:
    given = [np.zeros((300, 600), np.uint8), np.zeros((5, 7), np.uint8), None]
    found = pictures(logged(tmp_path, 3, images=given))
    assert [None if one is None else one.shape[:2] for one in found] == [(48, 96), (5, 7), None]
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        run.log_samples("webp", images=given, thumbnail_size=32)
        run.log(0, "webp", y_true=[0, 1, 1], y_pred=[0, 1, 1])
    data = cf.open_logs(tmp_path).runs[-1]["webp"].samples(images=True)["image"][0]
    assert data[8:12] == b"WEBP"
    assert opened(data).shape[:2] == (16, 32)


def files_of(log_dir: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (log_dir / "samples").iterdir()}


def test_the_same_samples_logged_again_cost_nothing(tmp_path: Path) -> None:
    given = {"images": colours(300), "text": ["x"] * 300}
    logged(tmp_path, 300, **given)
    before = files_of(tmp_path)
    logged(tmp_path, 300, **given)
    logged(tmp_path, 300, images=list(colours(300)), text=["x"] * 300)
    logged(tmp_path, 300, images=iter(colours(300)), text=["x"] * 300)
    assert files_of(tmp_path) == before
    logged(tmp_path, 300, images=colours(300), text=["x"] * 299 + ["y"])
    assert len(files_of(tmp_path)) == len(before) + 1
    for run in cf.open_logs(tmp_path).runs[:4]:
        assert len(run["test"].samples()) == 300


def test_a_damaged_part_is_written_again(tmp_path: Path) -> None:
    logged(tmp_path, images=colours(4))
    (part,) = (tmp_path / "samples").iterdir()
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(NoSamplesError, match="is missing or damaged"):
        cf.open_logs(tmp_path).runs[0]["test"].samples()
    ended = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert ended.exit_code == 1
    assert part.name in ended.output
    logged(tmp_path, images=colours(4))
    assert len(cf.open_logs(tmp_path).runs[0]["test"].samples()) == 4
    assert CliRunner().invoke(app, ["check", str(tmp_path)]).exit_code == 0


def test_many_samples_are_in_several_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging_samples, "PART_ROWS", 1000)
    n = 4321
    text = [f"text {at}" for at in range(n)]
    series = logged(tmp_path, n, images=colours(n, 3, 2), text=text)
    assert sorted(name[25:36] for name in files_of(tmp_path)) == [
        f"p{at:04}of0005" for at in range(5)
    ]
    assert series.samples()["text"].tolist() == text
    found = pictures(series)
    assert all(np.array_equal(a, b) for a, b in zip(found, colours(n, 3, 2), strict=True))
    part = sorted((tmp_path / "samples").iterdir())[2]
    part.unlink()
    left = cf.open_logs(tmp_path).runs[0]["test"].samples()["text"].tolist()
    assert left == text[:2000] + text[3000:]
    ended = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert f"{part.name}: It is missing" in ended.output


def test_the_newest_samples_of_the_shown_attempt_count(tmp_path: Path) -> None:
    def train(first: int, text: str | None) -> None:
        with cf.Run(tmp_path, "run", id="job", classes=["a", "b"]) as run:
            for each in ("never shown", text) if text else ():
                run.log_samples("test", text=[each, each])
            for epoch in range(first, first + 2):
                run.log(epoch, "test", y_true=[0, 1], y_pred=[0, 1])

    train(0, "first")
    train(1, "second")
    train(2, None)
    (run,) = cf.open_logs(tmp_path).runs
    assert run["test"].samples()["text"].tolist() == ["second", "second"]
    assert run.attempt(0)["test"].samples()["text"].tolist() == ["first", "first"]
    assert CliRunner().invoke(app, ["compact", str(tmp_path)]).exit_code == 0
    (run,) = cf.open_logs(tmp_path).runs
    assert run["test"].samples()["text"].tolist() == ["second", "second"]


def test_each_rank_may_have_its_own_samples(tmp_path: Path) -> None:
    shares = [[0, 2, 4], [1, 3, 0]]
    for rank, share in enumerate(shares):
        with cf.Run(tmp_path, "run", id="job", classes=["a", "b"], rank=rank, world_size=2) as run:
            run.log_samples("test", ids=share, text=[f"{i} of {rank}" for i in share])
            run.log(0, "test", y_true=[1] * 3, y_pred=[0] * 3, ids=share)
    (found,) = cf.open_logs(tmp_path).runs
    table = found["test"].instances(samples=True).sort_values("instance")
    assert table["text"].tolist() == ["0 of 0", "1 of 1", "2 of 0", "3 of 1", "4 of 0"]


def test_a_run_that_is_copied_alone_shows_ids(tmp_path: Path) -> None:
    logged(tmp_path / "logs", images=colours(4))
    (run,) = (path for path in (tmp_path / "logs").iterdir() if path.name.startswith("run-"))
    shutil.copytree(run, tmp_path / "copy" / run.name)
    series = cf.open_logs(tmp_path / "copy").runs[0]["test"]
    assert series.instances()["instance"].tolist() == [0, 1, 2, 3]
    with pytest.raises(NoSamplesError, match="is missing"):
        series.samples()
    assert CliRunner().invoke(app, ["check", str(tmp_path / "copy")]).exit_code == 0
    shutil.copytree(tmp_path / "logs" / "samples", tmp_path / "copy" / "samples")
    assert len(cf.open_logs(tmp_path / "copy").runs[0]["test"].samples()) == 4


def test_samples_are_removed_only_by_hand(tmp_path: Path) -> None:
    logged(tmp_path, images=colours(4))
    (tmp_path / "samples" / "notes.txt").write_text("mine")
    counts = cf.open_logs(tmp_path).runs[0]["test"].confusion()
    asked = CliRunner().invoke(app, ["remove", str(tmp_path), "--samples"], input="n\n")
    assert "Remove all samples (2 files, 0.0 MB) for good?" in asked.output
    assert len(files_of(tmp_path)) == 2
    for said in ("Removed samples (2 files", "No samples in"):
        ended = CliRunner().invoke(app, ["remove", str(tmp_path), "--samples", "--yes"])
        assert said in ended.output
    assert CliRunner().invoke(app, ["remove", str(tmp_path), "run", "--samples"]).exception
    assert [path.name for path in (tmp_path / "samples").iterdir()] == ["notes.txt"]
    series = cf.open_logs(tmp_path).runs[0]["test"]
    assert np.array_equal(series.confusion(), counts)
    with pytest.raises(NoSamplesError, match="none were logged"):
        series.samples()
    assert CliRunner().invoke(app, ["check", str(tmp_path)]).exit_code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "got nothing that shows instances"),
        ({"text": ["a"]}, "different numbers of values: text has 1, ids has 2"),
        ({"text": ["a", "b"], "images": colours(3)}, "text has 2, images has 3"),
        ({"text": "ab"}, "text is one str"),
        ({"images": "picture.png"}, "images is one str"),
        ({"images": Image.new("L", (2, 2))}, "images is one Image"),
        ({"images": [1.5, 2.5]}, "holds a float"),
        ({"images": np.zeros((2, 64))}, r"shape \(2, 64\)"),
        ({"images": np.zeros((2, 5, 8, 8))}, r"shape \(2, 5, 8, 8\)"),
        ({"images": [np.zeros(3)] * 2}, "array of shape"),
        ({"images": np.zeros((2, 8, 8), complex)}, "holds complex128 values"),
        ({"columns": {"text": ["a", "b"]}}, "Pass it as text="),
        ({"columns": {"": ["a", "b"]}}, "Pass names that are text"),
        ({"columns": ["a", "b"]}, "columns is a list"),
        ({"columns": {f"c{at}": [1, 2] for at in range(65)}}, "the limit is 64"),
        ({"text": ["a", "b"], "thumbnail_size": 4}, "from 8 to 512"),
        ({"text": ["a", "b"], "thumbnail_format": "gif"}, '"webp" or "png"'),
    ],
)
def test_wrong_calls_raise_and_log_nothing(
    tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    with (
        cf.Run(tmp_path, "run") as run,
        pytest.raises((ArgumentError, ShapeError, LabelError), match=said),
    ):
        run.log_samples("test", ids=[0, 1], **given)
    assert not list(tmp_path.rglob("samples*"))


def test_an_iterator_that_ends_early_raises(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run") as run, pytest.raises(ShapeError, match="1 images and 2 other"):
        run.log_samples("test", ids=[0, 1], images=iter(colours(1)))
    assert not list(tmp_path.rglob("samples*"))


def test_columns_come_from_data_frames_too(tmp_path: Path) -> None:
    data = {"source": ["x", "y"], "age": [1, None]}
    frames = [pd.DataFrame(data), pl.DataFrame(data), pa.table(data)]
    for at, frame in enumerate(frames):
        table = logged(tmp_path / str(at), 2, columns=frame).samples(backend="pyarrow")
        assert table["source"].to_pylist() == ["x", "y"]
        assert table["age"].to_pylist() == [1, None]
    series = logged(tmp_path / "series", 2, text=pd.Series(["x", None], index=[7, 9]))
    assert series.samples(backend="pyarrow")["text"].to_pylist() == ["x", None]


def test_long_texts_are_cut(tmp_path: Path) -> None:
    series = logged(tmp_path, 2, text=["a" * 20_000, "half \ud800 pair"])
    first, second = series.samples()["text"]
    assert first == "a" * 9_999 + "…"
    assert second == "half \\ud800 pair"


def test_a_full_disk_costs_the_samples_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: LocalFileSystem, folder: str, *rest: object) -> None:
        if folder == "samples":
            raise OSError(28, "No space left on device")
        commit(self, folder, *rest)  # type: ignore[arg-type]

    commit = LocalFileSystem.commit
    monkeypatch.setattr(LocalFileSystem, "commit", full)
    with pytest.warns(ConfusionFlowWarning, match=r"No space left.*goes on without them"):
        series = logged(tmp_path, images=colours(4))
    assert series.epochs.tolist() == [0]
    with pytest.raises(NoSamplesError, match="none were logged"):
        series.samples()
    with cf.Run(tmp_path, "strict", strict=True) as run, pytest.raises(LogWriteError):
        run.log_samples("test", images=colours(4))


def test_a_disk_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def silent(self: LocalFileSystem, folder: str, *rest: object) -> None:
        if folder == "samples":
            answers.wait()
        commit(self, folder, *rest)  # type: ignore[arg-type]

    commit = LocalFileSystem.commit
    monkeypatch.setattr(LocalFileSystem, "commit", silent)
    monkeypatch.setattr(logging_samples, "SILENCE_S", 0.2)
    try:
        with pytest.warns(ConfusionFlowWarning, match="disk does not answer"):
            series = logged(tmp_path, images=colours(4))
        assert series.epochs.tolist() == [0]
    finally:
        answers.set()


def test_without_pillow_the_error_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        with pytest.raises(MissingPackageError, match=r"confusionflow\[images\]"):
            run.log_samples("test", images=np.zeros((2, 4, 4)))
        run.log_samples("test", text=["a", "b"])
        run.log(0, "test", y_true=["a", "b"], y_pred=["a", "b"])


def test_closing_names_splits_whose_samples_no_page_shows(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["cat", "dog"], id="one")
    for split in ("test", "tset"):
        run.log_samples(split, text=["It purrs.", "It barks."])
    run.log(0, "test", y_true=[0, 1], y_pred=[0, 1])
    with pytest.warns(ConfusionFlowWarning) as told:
        run.close()
    (warning,) = [str(each.message) for each in told]
    assert "samples of split 'tset' were logged, but no predictions" in warning
    assert "Did you mean 'test'?" in warning
    # A training that goes on may log only the samples of a split that it had before.
    again = cf.Run(tmp_path, "run", id="one", resume=True)
    again.log_samples("test", text=["It purrs!", "It barks!"])
    with warnings.catch_warnings(action="error"):
        again.close()


def test_without_any_predictions_no_other_split_is_suggested(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run")
    run.log_samples("test", text=["It purrs."])
    with pytest.warns(ConfusionFlowWarning, match=r"page does not show them\. Log samples and"):
        run.close()
