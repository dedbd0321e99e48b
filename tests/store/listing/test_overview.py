"""Summaries of runs: whatever one says, it costs its own run at most, and is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.serving import client_of
from tests.store.forging import forge

import confusionflow as cf
from confusionflow.server.app import create_app
from confusionflow.server.models import RunList
from confusionflow.server.summaries import RunListText
from confusionflow.store import Store


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that finished, so that each has a summary; the first was resumed once."""
    log_dir = tmp_path_factory.mktemp("whole")
    for name, epochs in (("first", (0, 1)), ("other", (0,))):
        with cf.Run(log_dir, name=name, id=name, classes=["a", "b"]) as run:
            for epoch in epochs:
                run.log(epoch, "test", y_true=[0, 1, 1], y_pred=[0, 1, 0])
    with cf.Run(log_dir, name="first", id="first", resume=True) as run:
        run.log(1, "test", y_true=[0, 1, 1], y_pred=[0, 1, 1])
    return log_dir


def change_summary(log_dir: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change what the first run's summary says; its name still fits its bytes."""
    run_id = cf.open_logs(log_dir)["first"].id
    (summary,) = (log_dir / f"run-{run_id}").glob("summary-*")
    said = json.loads(summary.read_bytes())
    change(said)
    return forge(summary, json.dumps(said).encode())


def listed(log_dir: Path) -> dict[tuple[str, bool], dict[str, Any]]:
    """Entries of the list of runs, by name and whether they stand for an older attempt."""
    store = Store(log_dir)
    text = RunListText().encode(
        store.filesystem, store.overviews_of_attempts(), store.strays(), has_report=False
    )
    RunList.model_validate_json(text)
    return {(run["name"], run["attempt"] is not None): run for run in json.loads(text)["runs"]}


IMPOSSIBLE: dict[str, Any] = {
    "attempts that decrease": {"attempts": [1, 0]},
    "an attempt twice": {"attempts": [0, 1, 1]},
    "no attempts": {"attempts": []},
    "an attempt missing": {"attempts": [1]},
    "an attempt that is text": {"attempts": ["0", 1]},
    "a run that is still going": {"state": "running"},
    "a time without a zone": {"created_at": "2026-11-24T10:15:00"},
    "no splits": {"splits": None},
    "another format": {"format_version": "1"},
}


@pytest.mark.parametrize("change", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_summary_that_cannot_be_is_named_and_the_run_is_read_without_it(
    whole: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    log_dir = shutil.copytree(whole, tmp_path / "logs")
    truth = listed(log_dir)
    summary = change_summary(log_dir, lambda said: said.update(change))
    found = listed(log_dir)
    (problem,) = found["first", False].pop("problems")
    assert problem["file"] == str(summary.relative_to(log_dir))
    assert "confusionflow compact" in problem["reason"]
    truth["first", False].pop("problems")
    assert found == truth


SPLITS: dict[str, Any] = {
    "more right than there are": {"last_correct": 99},
    "more epochs than fit": {"epoch_count": 99},
    "no epochs": {"epoch_count": 0},
    "epochs backwards": {"first_epoch": 9},
    "an id that no split has": {"id": "../x"},
}


@pytest.mark.parametrize("change", SPLITS.values(), ids=SPLITS)
def test_a_split_that_cannot_be_is_named(
    whole: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    log_dir = shutil.copytree(whole, tmp_path / "logs")
    truth = listed(log_dir)["first", False]["splits"]
    summary = change_summary(log_dir, lambda said: said["splits"][0].update(change))
    run = listed(log_dir)["first", False]
    assert [Path(problem["file"]).name for problem in run["problems"]] == [summary.name]
    assert run["splits"] == truth


def test_a_summary_of_attempts_that_have_no_file_costs_its_run_only(
    whole: Path, tmp_path: Path
) -> None:
    log_dir = shutil.copytree(whole, tmp_path / "logs")
    truth = listed(log_dir)
    change_summary(log_dir, lambda said: said.update(attempts=[0, 1, 5, 7]))
    with client_of(create_app(log_dir)) as client:
        answer = client.get("/api/runs")
    assert answer.status_code == 200
    by_name = {run["name"]: run for run in answer.json()["runs"]}
    assert by_name["other"] == truth["other", False]
    (problem,) = by_name["first"]["problems"]
    assert "attempt 5" in problem["reason"]


def test_a_summary_that_is_whole_again_is_no_problem(whole: Path, tmp_path: Path) -> None:
    log_dir = shutil.copytree(whole, tmp_path / "logs")
    store = Store(log_dir)
    summary = next(log_dir.glob("run-*/summary-*"))
    data = summary.read_bytes()
    summary.write_bytes(data[:20])  # as a copy that is being made
    assert [len(run.problems) for run in store.overviews()] in ([0, 1], [1, 0])
    summary.write_bytes(data)
    assert [run.problems for run in store.overviews()] == [(), ()]


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from([2**31, 2**63, -1, 10**40, "\ud800", "../x", "0001-01-01T00:00:00+14:00"])
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "examples", [40, pytest.param(3000, marks=pytest.mark.torture)], ids=["few", "many"]
)
def test_whatever_a_summary_says_other_runs_are_listed(
    whole: Path, tmp_path: Path, examples: int
) -> None:
    truth = listed(whole)
    fields = sorted(json.loads(next(whole.glob("run-*/summary-*")).read_bytes()))
    fields.remove("files")  # of other files, it holds no more
    split_fields = ["id", "name", "epoch_count", "first_epoch", "last_epoch", "last_total"]

    @settings(
        max_examples=examples,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
    )
    @given(
        changes=st.dictionaries(st.sampled_from(fields), values, max_size=3),
        attempts=st.none() | st.lists(st.integers(-1, 4), max_size=4),
        split=st.dictionaries(st.sampled_from(split_fields), values, max_size=2),
    )
    def look(changes: dict[str, Any], attempts: list[int] | None, split: dict[str, Any]) -> None:
        log_dir = tmp_path / "logs"
        shutil.rmtree(log_dir, ignore_errors=True)
        shutil.copytree(whole, log_dir)

        def change(said: dict[str, Any]) -> None:
            said["splits"][0] |= split
            said |= changes if attempts is None else {**changes, "attempts": attempts}

        change_summary(log_dir, change)
        found = listed(log_dir)
        assert found["other", False] == truth["other", False]
        assert len({run["id"] for run in found.values()} - {truth["other", False]["id"]}) >= 1

    look()
