"""Tables of confusion that the real W&B wrote offline."""

from __future__ import annotations

import json
import re
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.importing import take_in
from tests.integrations.recipes import run_code

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ImportSourceError

pytest.importorskip("wandb")

NAMES = ["cat", "dog", "fox"]
ACTUAL = [0, 0, 0, 1, 1, 2]
PREDICTED = [[0, 1, 1, 1, 2, 2], [0, 0, 1, 1, 1, 0]]
COUNTS = np.array([[[1, 2, 0], [0, 1, 1], [0, 0, 1]], [[2, 1, 0], [0, 2, 0], [1, 0, 0]]])


@contextmanager
def tracking(
    folder: Path, name: str | None = "adam", run_id: str | None = None, **config: Any
) -> Iterator[Any]:
    """A run of W&B's, offline; nothing of the user's is read or written."""
    import wandb

    settings = wandb.Settings(mode="offline", root_dir=str(folder), console="off", silent=True)
    with wandb.init(project="pets", name=name, id=run_id, config=config, settings=settings) as run:
        yield run
    wait_until_written(folder)


def wait_until_written(folder: Path) -> None:
    """W&B writes a run's file from a process of its own, and may go on when the run has ended."""
    from confusionflow.importers.helpers.wandb_records import read_records

    for file in folder.glob("wandb/offline-run-*/*.wandb"):
        while not any(record.HasField("exit") for record in read_records(file)):
            time.sleep(0.05)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "own"))


def chart(predicted: list[int], **arguments: Any) -> Any:
    import wandb

    return wandb.plot.confusion_matrix(
        y_true=ACTUAL, preds=predicted, class_names=NAMES, **arguments
    )


def cells(*rows: list[Any]) -> Any:
    import wandb

    return wandb.Table(columns=["Actual", "Predicted", "nPredictions"], data=list(rows))


def picture() -> Any:
    import wandb

    return wandb.Image(np.zeros((4, 4, 3), np.uint8))


def import_it(folder: Path, **arguments: Any) -> list[str]:
    from confusionflow.importers.wandb import import_wandb

    return import_wandb(folder / "wandb", folder / "logs", **arguments)


def test_charts_become_epochs_at_the_steps_of_the_log(tmp_path: Path) -> None:
    with tracking(tmp_path, lr=0.1) as run:
        # The JSON file of the first is named after step 0.
        for step, predicted in ((4, PREDICTED[0]), (9, PREDICTED[1])):
            run.log({"val/confusion": chart(predicted), "loss": 0.5, "pic": picture()}, step=step)
        run.log({"apart": chart(PREDICTED[0], split_table=True)}, step=10)
    assert (
        take_in(tmp_path, "wandb", "wandb") == "Imported 1 run. See it: confusionflow serve logs\n"
    )
    logged = cf.open_logs(tmp_path / "logs")["adam"]
    assert logged.config == {"lr": 0.1}
    assert logged.time_unit == "step"
    assert list(logged) == ["val/confusion", "apart"]
    series = logged["val/confusion"]
    assert series.classes == tuple(NAMES)
    assert series.epochs.tolist() == [4, 9]
    np.testing.assert_array_equal(series.confusion(), COUNTS)
    np.testing.assert_array_equal(logged["apart"].confusion(), COUNTS[:1])


def test_a_number_beside_the_tables_may_be_their_epoch(tmp_path: Path) -> None:
    with tracking(tmp_path) as run:
        for epoch, predicted in enumerate(PREDICTED):
            run.log({"loss": 0.5})
            run.log({"val": chart(predicted), "epoch": epoch, "loss": 0.25})
    take_in(tmp_path, "wandb", "wandb", "--epoch", "epoch", "--classes", "fox,cat,dog")
    logged = cf.open_logs(tmp_path / "logs")["adam"]
    assert logged.time_unit == "epoch"
    assert logged["val"].epochs.tolist() == [0, 1]
    assert logged["val"].classes == ("fox", "cat", "dog")
    at = [1, 2, 0]
    np.testing.assert_array_equal(logged["val"].confusion()[:, at][:, :, at], COUNTS)


def test_the_recipe_of_the_docs_is_taken_in(tmp_path: Path) -> None:
    run_code(tmp_path, "From Weights & Biases")
    wait_until_written(tmp_path)
    take_in(tmp_path, "wandb", "wandb", "--epoch", "epoch")
    series = cf.open_logs(tmp_path / "logs")["adam"]["val"]
    np.testing.assert_array_equal(
        series.confusion(), [[[2 - epoch % 2, epoch % 2], [0, 2]] for epoch in range(3)]
    )


@pytest.mark.parametrize(
    ("epoch", "message"),
    [
        ("epch", r"No 'epch' was logged together with the table at step 0\. Did you mean 'epoch'"),
        ("loss", r"At step 0, loss is 0\.5\. Epochs are whole numbers"),
        ("epoch", r"Steps 0 and 1 of 'val' both have epoch 3"),
    ],
)
def test_a_number_that_is_no_epoch_is_refused(epoch: str, message: str, tmp_path: Path) -> None:
    with tracking(tmp_path) as run:
        for predicted in PREDICTED:
            run.log({"val": chart(predicted), "epoch": 3, "loss": 0.5})
    with pytest.raises(ImportSourceError, match=rf"run-\w+\.wandb: {message}"):
        import_it(tmp_path, epoch=epoch)
    assert not (tmp_path / "logs").exists()


def test_what_a_step_logged_last_counts(tmp_path: Path) -> None:
    with tracking(tmp_path) as run:
        for predicted in PREDICTED:
            run.log({"val": chart(predicted)}, step=2)
    import_it(tmp_path)
    np.testing.assert_array_equal(
        cf.open_logs(tmp_path / "logs")["adam"]["val"].confusion(), COUNTS[1:]
    )


def test_a_table_that_wandb_cut_short_is_left_out_and_told(tmp_path: Path) -> None:
    n = 101
    with tracking(tmp_path) as run:
        rows = [[f"c{i}", f"c{j}", 1] for i in range(n) for j in range(n)]
        run.log({"many": cells(*rows), "few": cells(["a", "b", 1])})
    said = take_in(tmp_path, "wandb", "wandb")
    assert "step 0 of 'many' was left out. W&B kept 10,000 of its 10,201 cells" in said
    assert list(cf.open_logs(tmp_path / "logs")["adam"]) == ["few"]


# Runs of one second are read in the order of their ids, which W&B draws at random.
@pytest.mark.parametrize("ids", [("a1", "b2", "c3"), ("c3", "b2", "a1")])
def test_runs_with_one_name_or_no_name_are_told_apart_and_imported_once(
    ids: tuple[str, str, str], tmp_path: Path
) -> None:
    for count, (name, run_id) in enumerate(zip(("adam", "adam", None), ids, strict=True), 1):
        with tracking(tmp_path, name, run_id) as run:
            run.log({"val": cells(["a", "b", count])})
        (folder,) = tmp_path.glob(f"wandb/offline-run-*-{run_id}")
        folder.rename(folder.with_name(f"offline-run-20260101_000000-{run_id}"))
    assert len(import_it(tmp_path)) == 3
    logs = cf.open_logs(tmp_path / "logs")
    assert set(logs) == {f"adam {ids[0]}", f"adam {ids[1]}", ids[2]}
    assert logs[ids[2]]["val"].confusion()[0].sum() == 3
    with pytest.raises(ConfusionFlowError, match=f"already has a run named '({'|'.join(logs)})'"):
        import_it(tmp_path)


def test_pictures_and_other_tables_are_said_to_have_no_numbers(tmp_path: Path) -> None:
    import wandb

    with tracking(tmp_path) as run:
        run.log({"cm": picture(), "rows": wandb.Table(columns=["x", "y"], data=[[1, 2]])})
    with pytest.raises(ImportSourceError, match="None of its runs logged numbers") as failure:
        import_it(tmp_path)
    assert "'cm' (image-file)" in str(failure.value)
    assert "'rows' (with columns x, y)" in str(failure.value)


def test_a_folder_without_runs_says_which_is_meant(tmp_path: Path) -> None:
    with pytest.raises(
        ImportSourceError, match=r"There is no run-\*\.wandb in it\. Pass the folder"
    ):
        import_it(tmp_path)


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """A run's file of more than one block, with a chart at each of its steps."""
    with tracking(tmp_path) as run:
        for step in range(12):
            text = f"{step}" * 3000
            run.log({"val": chart(PREDICTED[step % 2]), "text": text})
    (file,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    assert file.stat().st_size > 32 * 1024
    return file


def epochs(tmp_path: Path) -> list[int]:
    return list(map(int, cf.open_logs(tmp_path / "logs")["adam"]["val"].epochs))


def test_a_record_over_several_blocks_is_read(run_file: Path, tmp_path: Path) -> None:
    import_it(tmp_path)
    assert epochs(tmp_path) == list(range(12))


def test_a_file_that_a_killed_training_left_gives_what_is_whole(
    run_file: Path, tmp_path: Path
) -> None:
    content = run_file.read_bytes()
    run_file.write_bytes(content[: len(content) // 2])
    import_it(tmp_path)
    kept = epochs(tmp_path)
    assert kept == list(range(len(kept)))
    assert 2 < len(kept) < 12


@pytest.mark.parametrize("at", [9, 2000, 40_000])
def test_a_file_that_is_damaged_amid_its_records_is_named(
    at: int, run_file: Path, tmp_path: Path
) -> None:
    content = bytearray(run_file.read_bytes())
    content[at] ^= 0x40
    run_file.write_bytes(content)
    with pytest.raises(
        ImportSourceError, match=rf"{re.escape(str(run_file))}: It is damaged from byte [\d,]+ on"
    ):
        import_it(tmp_path)
    assert not (tmp_path / "logs").exists()


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "run-a.wandb").write_text("something else")
    with pytest.raises(
        ImportSourceError, match=r"run-a\.wandb: It does not begin like a file of W&B"
    ):
        import_it(tmp_path)


def test_a_table_that_is_gone_is_named(run_file: Path, tmp_path: Path) -> None:
    shutil.rmtree(run_file.parent / "files" / "media")
    with pytest.raises(ImportSourceError, match=r"val_table_0_\w+\.table\.json: It can't be read"):
        import_it(tmp_path)


@pytest.mark.parametrize("path", ["../../secret.json", "{root}/secret.json", "a\0b"])
def test_no_table_outside_of_a_runs_folder_is_read(path: str, tmp_path: Path) -> None:
    from wandb.proto.wandb_internal_pb2 import Record

    from confusionflow.importers.helpers.wandb_records import FRAME, FULL, MAGIC

    table = {"columns": ["Actual", "Predicted", "nPredictions"], "data": [["root", "secret", 1]]}
    (tmp_path / "secret.json").write_text(json.dumps(table))
    record = Record()
    item = record.history.item.add()
    item.key = "val"
    item.value_json = json.dumps(
        {"_type": "table-file", "path": path.replace("{root}", str(tmp_path))}
    )
    body = record.SerializeToString()
    frame = FRAME.pack(zlib.crc32(body, zlib.crc32(bytes([FULL]))), len(body), FULL)
    (tmp_path / "wandb" / "files").mkdir(parents=True)
    (tmp_path / "wandb" / "run-a.wandb").write_bytes(MAGIC + frame + body)
    with pytest.raises(ImportSourceError, match="is not a file of the run"):
        import_it(tmp_path)
