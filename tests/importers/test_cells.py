"""Tables of cells, as MLflow and W&B write them, here by hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.cells import Cells, Table, place, read_table

COLUMNS = ["Actual", "Predicted", "nPredictions"]
ROWS = [["cat", "cat", 5], ["cat", "dog", 2.0], ["dog", "cat", 0], ["dog", "dog", 7]]


def table(tmp_path: Path, rows: Any = ROWS, columns: Any = COLUMNS) -> Table:
    file = tmp_path / "table.json"
    file.write_text(json.dumps({"columns": columns, "data": rows}))
    return read_table(file)


def test_rows_of_the_matrix_are_actual_and_classes_stand_as_they_came(tmp_path: Path) -> None:
    cells = Cells()
    cells.add(table(tmp_path), "val", 3)
    split = cells.splits(None)["val"]
    assert split.classes == ("cat", "dog")
    np.testing.assert_array_equal(split.epochs[3], [[5, 2], [0, 7]])


def test_columns_say_epoch_and_split_and_a_cell_that_is_not_there_is_zero(tmp_path: Path) -> None:
    rows = [["val", 0, 1, 0, 4], ["val", 2, 0, 1, 3], ["test", 2, 1, 1, 9]]
    read = table(tmp_path, rows, ["split", "step", "y_true", "y_pred", "Count"])
    assert read.has_cells
    cells = Cells()
    cells.add(read, "unused", 8)
    splits = cells.splits(["0", "1"])
    np.testing.assert_array_equal(splits["val"].epochs[0], [[0, 0], [4, 0]])
    np.testing.assert_array_equal(splits["val"].epochs[2], [[0, 3], [0, 0]])
    np.testing.assert_array_equal(splits["test"].epochs[2], [[0, 0], [0, 9]])
    assert list(splits) == ["val", "test"]


def test_a_class_that_comes_later_has_its_row_in_every_epoch(tmp_path: Path) -> None:
    cells = Cells()
    cells.add(table(tmp_path), "val", 0)
    cells.add(table(tmp_path, [["owl", "dog", 1]]), "val", 1)
    split = cells.splits(None)["val"]
    assert split.classes == ("cat", "dog", "owl")
    np.testing.assert_array_equal(split.epochs[0], [[5, 2, 0], [0, 7, 0], [0, 0, 0]])
    np.testing.assert_array_equal(split.epochs[1], [[0, 0, 0], [0, 0, 0], [0, 1, 0]])


@pytest.mark.parametrize("columns", [["actual", "predicted", "p"], ["true", "count"], []])
def test_another_table_is_none_of_cells(columns: list[str], tmp_path: Path) -> None:
    assert not table(tmp_path, [], columns).has_cells


BAD_ROWS: dict[str, tuple[list[Any], str]] = {
    "a rate": (["dog", "cat", 0.25], "It holds 0.25. Counts are whole numbers from 0 on; rates"),
    "a negative count": (["dog", "cat", -1], "It holds -1. Counts are whole numbers"),
    "true": (["dog", "cat", True], "It holds True. Counts are whole numbers"),
    "an endless count": (["dog", "cat", float("inf")], "It holds inf. Counts are whole numbers"),
    "text for a count": (["dog", "cat", "2"], "It holds '2'. Counts are whole numbers"),
    "no name": (["cat", None, 2], "It holds None. Names are text or whole numbers"),
    "an empty name": (["", "dog", 2], "It holds ''. Names are text or whole numbers"),
    "a cell that was there": (["cat", "dog", 1], "Actual 'cat', predicted 'dog' occurs twice"),
}


@pytest.mark.parametrize(("row", "message"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_row_that_is_no_cell_is_named(row: list[Any], message: str, tmp_path: Path) -> None:
    read = table(tmp_path, [*ROWS[:2], row])
    expected = f"{tmp_path / 'table.json'}: Row 3: {message}"
    with pytest.raises(ImportSourceError, match=re.escape(expected)):
        Cells().add(read, "val", 0)


@pytest.mark.parametrize("epoch", [-1, 1.5, None, 2**53])
def test_an_epoch_that_is_no_whole_number_is_named(epoch: Any, tmp_path: Path) -> None:
    read = table(tmp_path, [["cat", "dog", 1, epoch]], [*COLUMNS, "epoch"])
    with pytest.raises(ImportSourceError, match=r"table\.json: Row 1: .* Epochs are whole numbers"):
        Cells().add(read, "val", 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"columns": ["Actual"', "It is not JSON"),
        ("[" * 100_000, "It is not JSON"),
        ("\ud800", "It is not JSON"),
        ("[1, 2]", "It does not hold a table"),
        ('{"columns": ["a"], "data": {"a": 1}}', "It does not hold a table"),
        (
            '{"columns": ["a"], "data": [[1], 2]}',
            "Row 2 does not have a value for each",
        ),
        ('{"columns": ["a"], "data": [[1], [1, 2]]}', "Row 2 does not have a value"),
    ],
)
def test_a_file_that_is_no_table_is_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(ImportSourceError, match=f"bad.json: {message}"):
        read_table(file)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImportSourceError, match=r"gone\.json: It can't be read: No such file"):
        read_table(tmp_path / "gone.json")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["cat", "fog"], "No class 'dog' was named. Did you mean 'fog'?"),
        (["cat", "dog", "dog"], "dog"),
    ],
)
def test_classes_that_are_not_those_of_the_rows_are_refused(
    classes: list[str], message: str, tmp_path: Path
) -> None:
    cells = Cells()
    cells.add(table(tmp_path), "val", 0)
    with pytest.raises(ImportSourceError, match=re.escape(message)):
        cells.splits(classes)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("confusion/Epoch_12.json", ("confusion", 12)),
        ("val-step-3.json", ("val", 3)),
        ("val.json", ("val", 0)),
        ("cifar-10.json", ("cifar-10", 0)),
        ("timestep4.json", ("timestep4", 0)),
        (f"epoch{'9' * 16}.json", (f"epoch{'9' * 16}", 0)),
    ],
)
def test_a_path_says_split_and_epoch(path: str, expected: tuple[str, int]) -> None:
    assert place(path) == expected


@pytest.mark.parametrize("tool", ["mlflow", "wandb"])
@pytest.mark.slow
def test_who_has_not_the_tracker_hears_what_to_install(tool: str, tmp_path: Path) -> None:
    # None in sys.modules is what Python takes for a package that can't be imported.
    script = (
        f"import sys; sys.modules[{tool!r}] = None; "
        f"sys.argv[1:] = ['import', {tool!r}, '.', '--into', 'logs']; "
        "from confusionflow.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert f"pip install 'confusionflow[{tool}]'" in done.stderr
