"""Which samples a split has, of all that its attempts and ranks name."""

from __future__ import annotations

from pathlib import Path

import pytest

from confusionflow.store.cache import Cache
from confusionflow.store.format.ids import digest_of
from confusionflow.store.format.sample_names import SamplePart, SamplesFile
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.samples.document import NamedSamples, encode_named
from confusionflow.store.samples.named import named_samples
from confusionflow.store.split_folder import SplitFolder


@pytest.fixture
def folder(tmp_path: Path) -> SplitFolder:
    return SplitFolder(LocalFileSystem(tmp_path), "", Cache())


def samples(name: str) -> NamedSamples:
    """A set of one part."""
    content = digest_of(name.encode())
    return NamedSamples(content, (SamplePart(content, 0, 1, "0123456789abcdef"),))


def write(
    tmp_path: Path, name: str, *, attempt: int = 0, rank: int = 0, sequence: int = 0
) -> SamplesFile:
    """Write a file that names the set of a name."""
    data = encode_named("test", samples(name))
    file = SamplesFile(attempt, sequence, rank, "0badcafe", digest_of(data))
    (tmp_path / file.name).write_bytes(data)
    return file


def damage(tmp_path: Path, file: SamplesFile) -> None:
    (tmp_path / file.name).write_bytes(b"{}")


def named(folder: SplitFolder, *files: SamplesFile) -> tuple[list[str], list[str]]:
    """Contents of the named sets, and the files that could not be read."""
    noted: list[str] = []
    found = named_samples(folder, files, lambda path, _: noted.append(path))
    return [each.content for each in found], noted


def contents(*names: str) -> list[str]:
    return [samples(name).content for name in names]


def test_a_split_without_samples_names_none(folder: SplitFolder) -> None:
    assert named(folder) == ([], [])


def test_the_newest_attempt_that_names_samples_counts(folder: SplitFolder, tmp_path: Path) -> None:
    files = [write(tmp_path, f"attempt {n}", attempt=n, sequence=9 - n) for n in (0, 2, 1)]
    assert named(folder, *files) == (contents("attempt 2"), [])


def test_what_a_rank_named_last_counts(folder: SplitFolder, tmp_path: Path) -> None:
    files = [write(tmp_path, f"time {n}", sequence=n) for n in (1, 3, 2)]
    assert named(folder, *files) == (contents("time 3"), [])


def test_each_rank_names_a_set_and_one_that_several_name_comes_once(
    folder: SplitFolder, tmp_path: Path
) -> None:
    names = ("second", "first", "second", "third")
    files = [write(tmp_path, name, rank=3 - n) for n, name in enumerate(names)]
    assert named(folder, *files) == (contents("third", "second", "first"), [])


def test_a_damaged_file_is_noted_and_the_one_before_it_counts(
    folder: SplitFolder, tmp_path: Path
) -> None:
    before, last = (write(tmp_path, f"time {n}", sequence=n) for n in (0, 1))
    damage(tmp_path, last)
    assert named(folder, before, last) == (contents("time 0"), [last.name])


def test_an_attempt_of_which_nothing_can_be_read_gives_way_to_the_one_before(
    folder: SplitFolder, tmp_path: Path
) -> None:
    before = write(tmp_path, "before")
    resumed = [write(tmp_path, "resumed", attempt=1, rank=rank) for rank in (0, 1)]
    for file in resumed:
        damage(tmp_path, file)
    assert named(folder, before, *resumed) == (
        contents("before"),
        [file.name for file in resumed],
    )


def test_a_file_is_read_once(folder: SplitFolder, tmp_path: Path) -> None:
    file = write(tmp_path, "kept")
    assert named(folder, file) == (contents("kept"), [])
    (tmp_path / file.name).unlink()
    assert named(folder, file) == (contents("kept"), [])
