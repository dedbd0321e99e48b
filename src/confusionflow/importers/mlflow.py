"""Import confusion that trainings logged to MLflow as numbers.

Three forms are read: a matrix in JSON, as `mlflow.log_dict` writes it; a metric for each pair of
classes, `confusion/SPLIT/ACTUAL/PREDICTED` or `SPLIT_cm_0_1`; and a table of cells, with columns of
actual class, predicted class and count. A column of epochs, or the artifact's name
(`confusion/epoch3.json`), tells the epoch.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from confusionflow.errors import ConfusionFlowError, ImportSourceError, MissingPackageError
from confusionflow.importers.helpers.cells import Cells, Table, place, read_table
from confusionflow.importers.helpers.names import refuse_known_name, unlike_names
from confusionflow.importers.helpers.other_tables import (
    cell_of_scalar,
    matrix_table,
    scalar_table,
)
from confusionflow.importers.helpers.splits import ImportedRun, check_name, write_runs
from confusionflow.importers.helpers.steps import Progress, step_counter

try:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
except ImportError:
    raise MissingPackageError("mlflow", "mlflow", "Reading MLflow's runs") from None

DATABASE = "mlflow.db"
SQLITE = "sqlite:///"
# A matrix of 1,000 classes takes some 5 MB.
LARGEST_JSON = 64 << 20
PICTURES = (".png", ".jpg", ".jpeg", ".svg", ".webp", ".gif", ".pdf")
# How a file of mlflow.log_table begins; other JSON need not be a table.
TABLE_START = re.compile(rb'\s*\{\s*"columns"')


def import_mlflow(
    source: str,
    log_dir: str | os.PathLike[str],
    *,
    classes: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Import all runs that have tables of cells among their artifacts.

    Everything is read and checked before anything is written.

    Arguments:
        source: A folder with `mlflow.db` or `mlruns` in it, a database file, or a tracking URI of
            MLflow.
        log_dir: The log directory to write into; it is made if it is missing.
        classes: Class names in order. None: those of the tables, in the order of their first rows.
        progress: Called with (done, total) runs, each read and then written.

    Returns:
        The ids of the new runs.

    Raises:
        ImportSourceError: a table is not as described; names file and row.
        ConfusionFlowError: MLflow can't read its runs, none has a table of cells, or the log
            directory already has a run of one of the names.
    """
    address = tracking_address(source)
    try:
        client = MlflowClient(address)
        found = list(_runs(client))
        names = unlike_names((run.info.run_name or "", run.info.run_id) for run in found)
        step = step_counter(progress, 2 * len(found))
        runs: dict[str, ImportedRun] = {}
        passed_over: list[str] = []
        for run, name in zip(found, names, strict=True):
            cells = Cells()
            for path in _artifacts(client, run.info.run_id):
                table = _table(client, run.info.run_id, path, f"run {name!r}, {path}")
                if table is None:
                    if path.lower().endswith(PICTURES):
                        passed_over.append(path)
                    continue
                cells.add(table, *place(path))
            scalars = _scalars(client, run, f"run {name!r}, its metrics")
            if scalars is not None:
                cells.add(scalars, "confusion", 0)
            step()
            if cells.counts:
                check_name(name, source)
                refuse_known_name(log_dir, name)
                runs[name] = ImportedRun(cells.splits(classes), run.data.params)
            else:
                step()  # there is nothing to write
    except MlflowException as error:
        raise ConfusionFlowError(f"MLflow can't read {source}: {error}") from error
    if not runs:
        pictures = sorted(set(passed_over))
        kept = (
            f"; a picture such as {pictures[0]}, which is all that mlflow.evaluate and autolog "
            "keep, has no numbers in it"
            if pictures
            else ""
        )
        raise ImportSourceError(
            f"None of its {len(found)} runs has a table with columns of actual class, predicted "
            f"class and count, as mlflow.log_table writes it{kept}.",
            file=source,
        )
    return write_runs(runs, log_dir, step)


def tracking_address(source: str) -> str:
    """Make MLflow's tracking URI from a folder, a database file or an address.

    Raises:
        ImportSourceError: there is nothing of MLflow.
    """
    if "://" in source:
        file = source.removeprefix(SQLITE)
        if file != source and not Path(file).is_file():
            # If there is none, MLflow would make a database.
            raise ImportSourceError("There is no such file.", file=source)
        return source
    path = Path(source).resolve()
    if path.is_file():
        return f"{SQLITE}{path}"
    if (path / DATABASE).is_file():
        return f"{SQLITE}{path / DATABASE}"
    for folder in (path, path / "mlruns"):
        # Asked for a folder that holds nothing, MLflow would make an experiment in it.
        if any(folder.glob("*/meta.yaml")):
            return folder.as_uri()
    raise ImportSourceError(
        f"There is neither {DATABASE} nor a folder mlruns with runs in it. Pass the folder in "
        "which the training ran, or what was passed to mlflow.set_tracking_uri.",
        file=source,
    )


def _runs(client: Any) -> Iterator[Any]:
    """All runs that are not deleted, oldest first."""
    experiments = [
        experiment.experiment_id
        for experiment in _pages(lambda token: client.search_experiments(page_token=token))
    ]
    yield from _pages(
        lambda token: client.search_runs(
            experiments, order_by=["attributes.start_time ASC"], page_token=token
        )
    )


def _pages(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    token = None
    while True:
        page = ask(token)
        yield from page
        token = page.token
        if not token:
            return


def _artifacts(client: Any, run_id: str, folder: str | None = None) -> Iterator[str]:
    """Paths of a run's artifacts, by name."""
    for entry in client.list_artifacts(run_id, folder):
        if entry.is_dir:
            yield from _artifacts(client, run_id, entry.path)
        else:
            yield entry.path


def _table(client: Any, run_id: str, path: str, source: str) -> Table | None:
    if not path.endswith(".json"):
        return None
    with TemporaryDirectory() as folder:
        file = Path(client.download_artifacts(run_id, path, folder))
        with file.open("rb") as opened:
            is_table = TABLE_START.match(opened.read(100)) is not None
        if not is_table:
            return matrix_table(_json(file), source, path)
        table = read_table(file, source)
    return table if table.has_cells else None


def _json(file: Path) -> Any:
    """Read a file of JSON; None if that fails, because it need not be a matrix."""
    if file.stat().st_size > LARGEST_JSON:
        return None
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return None


def _scalars(client: Any, run: Any, source: str) -> Table | None:
    """Read the cells that were logged as a metric for each pair of classes."""
    found = {key: cell for key in run.data.metrics if (cell := cell_of_scalar(key)) is not None}
    histories = {
        cell: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, key)]
        for key, cell in found.items()
    }
    return scalar_table(histories, source)
