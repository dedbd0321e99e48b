"""What the commands print, write and refuse; `serve` and `list` have files of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import confusionflow as cf

pytestmark = pytest.mark.slow


def confusionflow(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "confusionflow", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def matrices(tmp_path: Path) -> Path:
    folder = tmp_path / "matrices"
    for split in ("train", "test"):
        (folder / split).mkdir(parents=True)
        for epoch in (0, 5):
            text = f"class,cat,dog\ncat,{epoch + 1},2\ndog,3,4\n"
            (folder / split / f"epoch{epoch}_confusion.csv").write_text(text)
    return folder


def test_matrices_are_imported_once(matrices: Path, tmp_path: Path) -> None:
    command = ("import", "matrices", matrices, "--into", tmp_path / "logs", "--run", "old")
    ended = confusionflow(*command)
    assert ended.returncode == 0, ended.stderr
    run = cf.open_logs(tmp_path / "logs")["old"]
    assert run.id in ended.stdout
    assert f"confusionflow serve {tmp_path / 'logs'}" in ended.stdout
    assert run["test"].confusion()[1].tolist() == [[6, 2], [3, 4]]
    again = confusionflow(*command)
    assert again.returncode == 1
    assert "already has a run named 'old'" in again.stderr
    assert len(cf.open_logs(tmp_path / "logs").runs) == 1


def test_what_is_wrong_in_a_matrix_is_named_by_file_line_and_column(
    matrices: Path, tmp_path: Path
) -> None:
    wrong = matrices / "test" / "epoch5_confusion.csv"
    wrong.write_text("class,cat,dog\ncat,1,2\ndog,3,many\n")
    ended = confusionflow(
        "import", "matrices", matrices, "--into", tmp_path / "logs", "--run", "old"
    )
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert f"Error: {wrong}, line 3, column 3: The count is the text 'many'" in ended.stderr
    assert not (tmp_path / "logs").exists()


def test_tables_of_predictions_are_imported_and_exported(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text("round,truth,guess\n0,cat,dog\n1,dog,dog\n")
    ended = confusionflow(
        *("import", "predictions", table, "--into", tmp_path / "logs", "--run", "old"),
        *("--split", "val", "--actual-column", "truth", "--predicted-column", "guess"),
    )
    assert ended.returncode == 0, ended.stderr
    assert cf.open_logs(tmp_path / "logs")["old"]["val"].epochs.tolist() == [0, 1]
    out = tmp_path / "counts.csv"
    ended = confusionflow("export", tmp_path / "logs", "-o", out, "--epochs", "1-1")
    assert ended.returncode == 0, ended.stderr
    assert out.read_text().splitlines()[1:] == [
        f'"old","{cf.open_logs(tmp_path / "logs")["old"].id}","val",1,"dog","dog",1'
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["-o", "report.pdf"],
            "Use .html, .csv, .parquet or .json. confusionflow figure",
        ),
        (["-o", "c.csv", "--view", "#mode=lines"], "No option 'view' for a .csv file. There are"),
        (["-o", "report.html", "--run", "odl"], "No run 'odl'. Did you mean 'old'?"),
        (["-o", "report.html", "--split", "tset"], "No split 'tset'. Did you mean 'test'?"),
        (["-o", "report.html", "--epochs", "9"], "Pass the first and the last, such as 0-99"),
        (["-o", "report.html", "--epochs", "7-9"], "no series has an epoch from 7 to 9"),
        (
            ["-o", "report.html", "--view", "http://a/#…"],
            "which is not a link to a view. Pass a link",
        ),
        (["-o", "report.html", "--class", "cta"], "No class 'cta' in these series. Did you mean"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_line(
    tmp_path: Path, options: list[str], words: str
) -> None:
    with cf.Run(tmp_path / "logs", name="old", classes=["cat", "dog"]) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
    output = tmp_path / options[1]
    ended = confusionflow("export", tmp_path / "logs", "-o", output, *options[2:])
    assert ended.returncode == 1
    assert words in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not output.exists()


def test_compact_says_how_many_files_it_merged_and_where_there_was_nothing_to(
    tmp_path: Path,
) -> None:
    run = cf.Run(tmp_path, name="killed", classes=["cat", "dog"])
    for epoch in range(3):
        run.log_matrix(epoch, "test", [[1, 0], [0, 1]])
    merged = confusionflow("compact", tmp_path)
    assert re.fullmatch(
        r"Removed \d+ files of .*; packed files hold their content\.\n", merged.stdout
    )
    assert confusionflow("compact", tmp_path).stdout == f"Nothing to pack in {tmp_path}.\n"
    run.close()


def test_runs_that_were_chosen_are_shown_as_the_page_opens(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        with cf.Run(tmp_path, name=name, classes=["cat", "dog"]) as run:
            run.log_matrix(0, "test", [[1, 0], [0, 1]])
    chosen = [cf.open_logs(tmp_path)[name]["test"] for name in ("one", "two")]
    refs = [f"{one.run.id}.{one.id}.{color}" for color, one in enumerate(chosen)]
    page = tmp_path / "r.html"
    ended = confusionflow("export", tmp_path, "-o", page, "--run", "one", "--run", "two")
    assert ended.stdout.endswith(", 2 series).\n")
    assert f'"view": "series={"%2C".join(refs)}"' in page.read_text()
    ended = confusionflow("export", tmp_path, "-o", page)
    assert ended.stdout.endswith(", 3 series).\n")
    assert '"view": ""' in page.read_text()


def test_a_log_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    for command in ("serve", "list", "check", "compact", "export"):
        ended = confusionflow(command, tmp_path / "nowhere")
        assert ended.returncode == 1, command
        assert "nowhere" in ended.stderr
        assert "Traceback" not in ended.stderr
