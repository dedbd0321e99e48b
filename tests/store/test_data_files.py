"""What a packed file says that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.forging import forge_table

import confusionflow as cf
from confusionflow.errors import DamagedFileError
from confusionflow.store.cache import Cache
from confusionflow.store.data_files import read_index
from confusionflow.store.format.file_names import Kind, PackedFile
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.split_folder import SplitFolder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The folder of a split of epochs 0, 1 and 2, whose files were merged; epoch 1 has 3 rows."""
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        for epoch, rows in enumerate((2, 3, 1)):
            run.log(epoch, "test", y_true=[0] * rows, y_pred=[0] * (rows - 1) + [1])
    (path,) = tmp_path.glob("run-*/split-*")
    return path


def opened(path: Path, kind: Kind) -> tuple[SplitFolder, PackedFile]:
    """The folder, newly opened, and its packed file of a kind."""
    (file,) = path.glob(f"{kind}-merged-*")
    packed = PackedFile.parse(file.name)
    assert packed
    return SplitFolder(LocalFileSystem(path), "", Cache()), packed


@pytest.mark.parametrize(
    ("kind", "sizes"), [("predictions", {0: 2, 1: 3, 2: 1}), ("counts", {0: 2, 1: 2, 2: 1})]
)
def test_an_index_names_members_and_their_rows(
    path: Path, kind: Kind, sizes: dict[int, int]
) -> None:
    folder, packed = opened(path, kind)
    index = read_index(folder, packed)
    assert {file.epoch: size for file, size in zip(index.files, index.sizes, strict=True)} == sizes
    assert {(file.kind, file.within) for file in index.files} == {(kind, packed)}
    begins = [index.rows_of(index.position[file])[0] for file in index.files]
    assert begins == [0, *[sum(index.sizes[:at]) for at in (1, 2)]]
    assert [index.metadata_of(at).epoch for at in range(3)] == [f.epoch for f in index.files]


@pytest.mark.parametrize("kind", ["predictions", "counts"])
def test_an_index_is_read_once(path: Path, kind: Kind) -> None:
    folder, packed = opened(path, kind)
    index = read_index(folder, packed)
    (path / packed.name).unlink()
    assert read_index(folder, packed) is index


@pytest.mark.parametrize("kind", ["predictions", "counts"])
@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"rows": [2, 3, 9]}, "Its rows do not match its members"),
        ({"rows": [2, 3]}, "its lists do not match"),
        ({"names": ["a", "b", "c"]}, "its lists do not match"),
        ({"columns": None}, "Its index is not valid"),
        ({"format_version": 99}, "format"),
    ],
)
def test_an_index_that_does_not_fit_its_file_is_damage(
    path: Path, kind: Kind, members: dict[str, object], said: str
) -> None:
    forge_table(next(path.glob(f"{kind}-merged-*")), members=members)
    with pytest.raises(DamagedFileError, match=said):
        read_index(*opened(path, kind))


@pytest.mark.parametrize("kind", ["predictions", "counts"])
def test_a_packed_file_that_is_not_what_its_name_says_is_damage(path: Path, kind: Kind) -> None:
    folder, packed = opened(path, kind)
    data = bytearray((path / packed.name).read_bytes())
    data[len(data) // 2] ^= 1
    (path / packed.name).write_bytes(data)
    with pytest.raises(DamagedFileError, match="has changed since it was written"):
        read_index(folder, packed)
