"""What `confusionflow findings` prints, and the exit codes of its conditions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.errors import ArgumentError
from confusionflow.reading.findings.condition import judge, read_condition

pytestmark = pytest.mark.slow


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Three runs: a base, one whose class cat lost ten points, and one that is like the base."""
    with without_syncs():
        for name, right in (("base", 900), ("same", 902), ("worse", 800)):
            with cf.Run(tmp_path, name, classes=["cat", "dog"]) as run:
                run.log_matrix(0, "test", [[right, 1000 - right], [50, 950]])
                run.log_matrix(0, "small", [[right // 50, 20 - right // 50], [1, 19]])
    return tmp_path


def findings(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "confusionflow", "findings", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_newest_run_is_told_in_sentences(logs: Path) -> None:
    ended = findings(logs, "--baseline", "base")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("worse (")
    assert (
        "certain: Class cat is recognised less often in worse test than in base test"
        in ended.stdout
    )


def test_a_run_without_splits_says_so(tmp_path: Path) -> None:
    cf.Run(tmp_path, "empty", classes=["cat", "dog"]).close()
    assert findings(tmp_path).stdout.splitlines()[1:] == ["  It has no split yet."]


def test_epochs_that_were_not_logged_are_refused(logs: Path) -> None:
    ended = findings(logs, "--epochs", "5-9")
    assert ended.returncode == 1
    assert "Splits 'test', 'small' have no epoch from 5 to 9." in ended.stderr


def test_the_cards_that_the_page_shows_first_are_printed(logs: Path) -> None:
    """A run in which a class is lost, and all classes shift a little between two splits."""
    rng = np.random.default_rng(0)
    rates = np.full((60, 4, 4), 0.04)
    rates[:, range(4), range(4)] = 0.88
    rates[30:, 1] = [0.9, 0.1, 0, 0]
    with without_syncs(), cf.Run(logs, "lost", classes=["ant", "bee", "cat", "dog"]) as run:
        for epoch in range(60):
            for split, more in (("test", 0.0), ("new", 0.06)):
                moved = rates[epoch] * (1 - 4 * more) + more
                run.log_matrix(epoch, split, [rng.multinomial(500, row) for row in moved])
    short, full = (findings(logs, "--run", "lost", *more).stdout for more in ((), ("--all",)))
    name, first, *lines, last = short.splitlines()
    assert name.startswith("lost (")
    assert first.startswith(
        "  certain: Class bee was learned and then lost, since epoch 30, in both"
    )
    found = cf.open_logs(logs)["lost"].findings()
    assert any(f.general for f in found)
    cards = [f for f in found if not f.general and f.level != "noticed"]
    assert [first, *lines] == [f"  {f.level}: {f.sentence}" for f in cards]
    flat = list(found.flat())
    assert f"{len(flat) - sum(not f.general for f in found)} listed under others" in last
    assert last.endswith("--all prints them.")
    assert [line.strip() for line in full.splitlines()[1:]] == [str(f) for f in flat]


def test_json_has_no_nan_and_what_stands_under_a_finding(logs: Path) -> None:
    ended = findings(logs, "--run", "worse", "--run", "same", "--baseline", "base", "--json")
    answer = json.loads(ended.stdout, parse_constant=lambda name: pytest.fail(name))
    assert [one["run"] for one in answer] == ["worse", "same"]
    cat = next(f for f in answer[0]["findings"] if f["actual"] == "cat")
    assert cat["epochs"] == [0, 0]
    assert cat["effect"] == pytest.approx(-0.1)
    assert cat["under"][0]["predicted"] == "dog"


@pytest.mark.parametrize(
    ("condition", "run", "code", "said"),
    [
        ("class cat recall falls by 2 points against base in test", "worse", 1, "yes, by 6."),
        ("class cat recall falls by 5 points against base in test", "same", 0, ": no ("),
        ("class cat recall falls by 9 points against base in test", "worse", 2, "can't tell"),
        ("cell cat -> dog rises by 5 points against base in test", "worse", 1, "yes"),
        ("class cat recall falls by 2 points against base in small", "worse", 2, "can't tell"),
        ("class cat recall rises by 5 points against base in test", "worse", 0, ": no ("),
        ("accuracy falls by 20 points against base in test", "worse", 0, ": no ("),
        ("class cow recall falls by 2 points against base", "worse", 3, "No class 'cow'"),
        ("class cat recall falls by 2 points against bass", "worse", 3, "Did you mean 'base'"),
        ("cat gets worse", "worse", 3, "can't be read"),
        ("accuracy falls by 2 points against base in train", "worse", 3, "asks for split 'train'"),
    ],
)
def test_a_condition_decides_the_exit_code(
    logs: Path, condition: str, run: str, code: int, said: str
) -> None:
    ended = findings(logs, "--run", run, "--fail-on", condition)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert said in ended.stdout + ended.stderr


def test_without_a_run_the_newest_beside_the_base_is_judged(logs: Path) -> None:
    condition = "class cat recall falls by 2 points against worse in test"
    ended = findings(logs, "--fail-on", condition, "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)[0]["run"] == "same"


def test_several_questions_widen_the_intervals(logs: Path) -> None:
    opened = cf.open_logs(logs)
    condition = read_condition("class cat recall falls by 2 points against base in test")
    one = judge([(condition, opened["base"])], opened["worse"])
    four = judge([(condition, opened["base"])] * 4, opened["worse"])
    assert "95 % interval" in one[0].sentence
    assert "98.75 % interval" in four[0].sentence


def test_a_run_may_be_called_as_a_split_is(tmp_path: Path) -> None:
    text = "accuracy falls by 1 point against mine in test"
    assert read_condition(text).split == "test"
    assert read_condition(text, ["mine in test"]).base == "mine in test"
    with pytest.raises(ArgumentError, match="can't be read"):
        read_condition("accuracy falls by two points against base")


def test_a_cell_that_is_empty_in_both_can_be_asked(logs: Path) -> None:
    with without_syncs():
        for name in ("a", "b"):
            with cf.Run(logs, name, classes=["cat", "dog"]) as run:
                run.log_matrix(0, "test", np.diag([500, 500]))
    opened = cf.open_logs(logs)
    condition = read_condition("cell cat -> dog rises by 3 points against a")
    assert judge([(condition, opened["a"])], opened["b"])[0].answer == "no"
