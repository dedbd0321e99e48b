"""The pictures of the docs show real data, and the numbers beside them are those of their logs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scripts import samples
from scripts.reading_picture import late_share
from scripts.screenshots import DOCS, make_logs, shots

import confusionflow as cf

ROOT = Path(__file__).parents[1]
DOCS_SHOTS = [shot for shot in shots() if shot.name in DOCS]


@pytest.mark.slow
def test_the_posters_pictures_show_the_posters_numbers(poster_data: Path, tmp_path: Path) -> None:
    run = samples.poster_logs(tmp_path)
    shares = []
    for epoch in range(145, 195):
        (file,) = poster_data.glob(f"cifar10.1/epoch{epoch}_*.csv")
        numbers = np.loadtxt(file, delimiter=",", skiprows=1, usecols=range(1, 11))
        shares.append(numbers[1, 9] / numbers[1].sum())
    assert late_share(run, "cifar10.1") == pytest.approx(100 * np.mean(shares))
    said = (ROOT / "README.md").read_text(encoding="utf-8")
    alt = re.search(r"!\[([^\]]*)\]\(docs/images/reading\.png\)", said)
    assert alt
    assert f"{late_share(run, 'cifar10.1'):.1f} % of the cars of cifar10.1" in alt[1]
    assert f"{late_share(run, 'test'):.1f} % of those of test" in alt[1]
    assert f"epoch 0 to {run['test'].epochs[-1]}" in alt[1]


def test_without_the_posters_data_no_picture_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "POSTER_DATA", tmp_path / "cifar10-poster")
    with pytest.raises(SystemExit, match="The poster's data is missing"):
        make_logs(tmp_path / "logs", {"poster"})


@pytest.mark.slow
def test_the_tutorials_pictures_show_what_the_tutorial_logs(tmp_path: Path) -> None:
    logs = samples.tutorial_logs(tmp_path / "logs")
    shown = {shot.run for shot in DOCS_SHOTS if shot.logs == "tutorial"}
    assert shown == {"sgd-0.01"}
    assert set(logs) == {"sgd-0.01", "sgd-0.001"}
    noisy = logs["sgd-0.01"]["noisy"]
    share = 100 * noisy.confusion(normalize="actual")[-1, 8, 1]
    said = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    assert f"at {share:.0f} % in the last epoch](images/detail.png)" in said


def test_data_that_is_made_up_is_called_so_in_the_picture(tmp_path: Path) -> None:
    made_up = {shot.logs for shot in DOCS_SHOTS} - {"poster", "tutorial", "planted", "digits"}
    for name, log_dir in make_logs(tmp_path, made_up).items():
        assert list(cf.open_logs(log_dir)) == ["made-up data"], name


def test_every_picture_of_the_docs_is_taken_by_the_scripts() -> None:
    taken = {*DOCS.values(), "reading", "notebook"}
    assert {path.stem for path in (ROOT / "docs" / "images").glob("*.png")} == taken
