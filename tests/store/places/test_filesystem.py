"""What the store needs of every place that holds a log directory.

The same claims for each, seen from behind the store's back: through pathlib, or a client of S3
that is not the store's.
"""

import secrets
from pathlib import Path
from typing import Any, Protocol

import boto3
import numpy as np
import pytest
from tests.store.s3 import BUCKET, url

import confusionflow as cf
from confusionflow.errors import DamagedFileError, ObjectStoreError
from confusionflow.store import Store
from confusionflow.store.format import ids
from confusionflow.store.places.filesystem import FileSystem, read_proven
from confusionflow.store.places.object_store import ObjectFileSystem
from confusionflow.store.places.open import open_filesystem


class Behind(Protocol):
    """A log directory without the store.

    Attributes:
        log_dir: What a user passes.
    """

    log_dir: str

    def files(self) -> dict[str, bytes]: ...

    def write(self, path: str, data: bytes) -> None: ...


class BehindLocal:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.log_dir = str(root)

    def files(self) -> dict[str, bytes]:
        found = (path for path in self._root.rglob("*") if path.is_file())
        return {path.relative_to(self._root).as_posix(): path.read_bytes() for path in found}

    def write(self, path: str, data: bytes) -> None:
        (self._root / path).write_bytes(data)


class BehindS3:
    def __init__(self, endpoint: str) -> None:
        self._prefix = f"logs-{secrets.token_hex(4)}/"
        self.log_dir = url(endpoint, self._prefix.rstrip("/"))
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )

    def files(self) -> dict[str, bytes]:
        listed = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=self._prefix
        )
        keys = [entry["Key"] for page in listed for entry in page.get("Contents", ())]
        return {
            key.removeprefix(self._prefix): self._client.get_object(Bucket=BUCKET, Key=key)[
                "Body"
            ].read()
            for key in keys
            if not key.endswith("/")
        }

    def write(self, path: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=self._prefix + path, Body=data)


@pytest.fixture(params=["local", "s3"])
def behind(request: pytest.FixtureRequest, tmp_path: Path) -> Behind:
    if request.param == "local":
        return BehindLocal(tmp_path)
    return BehindS3(request.getfixturevalue("s3"))


@pytest.fixture
def filesystem(behind: Behind) -> FileSystem:
    return open_filesystem(behind.log_dir)


def test_where_a_put_is_no_atom_a_file_is_written_beside_and_renamed(tmp_path: Path) -> None:
    filesystem = ObjectFileSystem(f"file://{tmp_path}")
    behind = BehindLocal(tmp_path)
    filesystem.make_folder("run-1/split-2")
    (tmp_path / "run-1/.tmp-0badcafe-a").mkdir()
    with pytest.raises(ObjectStoreError):
        filesystem.commit("run-1", {"a": b"one"}, "0badcafe")
    assert behind.files() == {}
    filesystem.commit("run-1/split-2", {"a": b"one"}, "0badcafe")
    assert behind.files() == {"run-1/split-2/a": b"one"}


def test_what_was_committed_is_there_under_its_name_and_nothing_else(
    behind: Behind, filesystem: FileSystem
) -> None:
    filesystem.make_folder("run-1/split-2")
    filesystem.commit("run-1/split-2", {"a": b"one", "b": memoryview(b"")}, "0badcafe")
    assert behind.files() == {"run-1/split-2/a": b"one", "run-1/split-2/b": b""}
    assert filesystem.read("run-1/split-2/a") == b"one"
    assert filesystem.read("run-1/split-2/b") == b""
    assert filesystem.size("run-1/split-2/a") == 3


def test_a_look_shows_files_and_folders(filesystem: FileSystem) -> None:
    filesystem.make_folder("run-1/split-2")
    filesystem.commit("run-1", {"x": b"x"}, "0badcafe")
    filesystem.commit("run-1/split-2", {"b": b"b", "a": b"a"}, "0badcafe")
    top, run = filesystem.scan(""), filesystem.scan("run-1")
    assert (top.files, top.folders) == ((), ("run-1",))
    assert (run.files, run.folders) == (("x",), ("split-2",))
    tree = filesystem.scan_tree("run-1")
    assert set(tree) == {"", "split-2"}
    assert sorted(tree["split-2"].files) == ["a", "b"]
    assert (tree[""].files, tree[""].folders) == (("x",), ("split-2",))
    assert tree["split-2"].changed_ns > 0


def test_a_look_is_the_same_object_until_something_changed(filesystem: FileSystem) -> None:
    filesystem.make_folder("run-1")
    filesystem.commit("run-1", {"a": b"a", "b": b"b"}, "0badcafe")
    first = filesystem.scan("run-1")
    assert filesystem.scan("run-1") is first
    filesystem.remove("run-1/a")
    assert filesystem.scan("run-1").files == ("b",)


def test_what_is_not_there_is_said_to_be_missing(filesystem: FileSystem) -> None:
    filesystem.make_folder("run-1")
    filesystem.commit("run-1", {"a": b"a"}, "0badcafe")
    assert filesystem.exists("run-1/a")
    assert not filesystem.exists("run-1/b")
    for look in (filesystem.read, filesystem.size):
        with pytest.raises(FileNotFoundError):
            look("run-1/b")
    with pytest.raises(FileNotFoundError):
        filesystem.scan_tree("run-2")


def test_a_file_is_removed_once_and_the_second_time_is_fine(
    behind: Behind, filesystem: FileSystem
) -> None:
    filesystem.make_folder("run-1")
    filesystem.commit("run-1", {"a": b"a", "b": b"b"}, "0badcafe")
    filesystem.remove("run-1/a")
    filesystem.remove("run-1/a")
    assert behind.files() == {"run-1/b": b"b"}


def test_what_was_changed_behind_the_stores_back_is_damaged(
    behind: Behind, filesystem: FileSystem
) -> None:
    filesystem.make_folder("run-1")
    filesystem.commit("run-1", {"a": b"as written"}, "0badcafe")
    digest = ids.digest_of(b"as written")
    assert read_proven(filesystem, "run-1/a", digest) == b"as written"
    behind.write("run-1/a", b"As written")
    with pytest.raises(DamagedFileError, match="has changed since it was written"):
        read_proven(filesystem, "run-1/a", digest)


def test_files_that_were_asked_for_beforehand_are_the_same(filesystem: FileSystem) -> None:
    filesystem.make_folder("run-1")
    filesystem.commit("run-1", {str(n): str(n).encode() for n in range(9)}, "0badcafe")
    filesystem.prefetch([f"run-1/{n}" for n in range(10)])
    assert [filesystem.read(f"run-1/{n}") for n in range(9)] == [str(n).encode() for n in range(9)]
    with pytest.raises(FileNotFoundError):
        filesystem.read("run-1/9")


def test_a_run_reads_back_as_it_was_logged(behind: Behind) -> None:
    with cf.Run(behind.log_dir, name="run", classes=["a", "b"], strict=True) as run:
        for epoch in range(3):
            run.log(epoch, "test", y_true=[0, 1, 1], y_pred=[0, 0, epoch % 2])
            run.log_matrix(epoch, "train", [[epoch, 2], [3, 4]])
    logged = cf.open_logs(behind.log_dir)["run"]
    assert logged.state == "finished"
    assert logged["test"].confusion()[:, 1].tolist() == [[2, 0], [1, 1], [2, 0]]
    assert logged["train"].confusion()[:, 0, 0].tolist() == [0, 1, 2]
    folder = f"run-{run.id}/"
    assert all(path.startswith(folder) for path in behind.files())


@pytest.mark.slow
def test_a_reader_follows_a_run(behind: Behind) -> None:
    with cf.Run(behind.log_dir, name="run", classes=["a", "b"], strict=True) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
        store = Store(behind.log_dir)
        assert store.refresh() == {run.id}
        assert store.refresh() == frozenset()
        run.log_matrix(1, "test", [[2, 0], [0, 1]])
        assert store.refresh() == {run.id}
        assert store.run(run.id).splits["test"].epochs.tolist() == [0, 1]
    assert store.refresh() == {run.id}


def test_a_damaged_file_costs_its_epoch_and_is_named(behind: Behind) -> None:
    run = cf.Run(behind.log_dir, name="run", classes=["a", "b"], strict=True)
    for epoch in range(3):
        run.log_matrix(epoch, "test", np.eye(2, dtype=int))
    damaged = next(path for path in behind.files() if "/counts-e00000001-" in path)
    data = bytearray(behind.files()[damaged])
    data[len(data) // 2] ^= 1
    behind.write(damaged, bytes(data))
    series = cf.open_logs(behind.log_dir)["run"]["test"]
    assert series.epochs.tolist() == [0, 2]
    assert [problem.file for problem in series.problems] == [damaged]
    run.close()
