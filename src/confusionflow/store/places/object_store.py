"""A log directory in an object store, or any other place that `pyarrow.fs` reaches."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from confusionflow.errors import ObjectStoreError
from confusionflow.store.format.limits import check_size
from confusionflow.store.places.filesystem import Folder, join

if TYPE_CHECKING:
    import pyarrow.fs

T = TypeVar("T")

# Types of stores in which a put is atomic. In file systems one writes beside and renames.
ATOMIC_PUT = ("s3", "gs", "gcs", "abfs", "abfss")
RENAME = ("hdfs", "viewfs")
SCHEMES = (*ATOMIC_PUT, *RENAME)

# On top of the retries of the store's own client. No attempt begins after RETRY_S.
ATTEMPTS = 6
RETRY_S = 20.0
FIRST_WAIT_S = 0.05

# The most files that are kept until somebody reads them.
KEPT_UNREAD = 20_000

# Permanent errors, by their names in small letters, and the next step.
_DENIED = (
    "Access was denied. Check that there are credentials, such as AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, and that they may list, read and write there."
)
_LASTING = {
    "nosuchbucket": "There is no such bucket. Create it, or pass another log directory.",
    "accessdenied": _DENIED,
    "invalidaccesskeyid": "The access key is not known there. Check AWS_ACCESS_KEY_ID.",
    "signaturedoesnotmatch": "The secret key is wrong. Check AWS_SECRET_ACCESS_KEY.",
}


class ObjectFileSystem:
    """Objects below an address. It connects when it is first used.

    A failed request is repeated, unless its error is permanent. A put is repeated with the same
    name and bytes, so one that succeeded without a response is stored once.

    Arguments:
        url: Address of the log directory, such as "s3://bucket/logs", with the options that
            `pyarrow.fs.FileSystem.from_uri` takes.
        parallel_requests: How many requests to make at once; a client of S3 keeps 25 connections.
    """

    look_every_s = 5.0

    def __init__(self, url: str, parallel_requests: int = 24) -> None:
        parts = urlsplit(url)
        self._url = url
        self._atomic_put = parts.scheme in ATOMIC_PUT
        # Neither credentials nor options belong in messages.
        self._root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._connected: tuple[pyarrow.fs.FileSystem, str] | None = None
        self._scanned: dict[str, Folder] = {}
        self._lock = threading.Lock()
        self.parallel_requests = parallel_requests
        self._pool = ThreadPoolExecutor(parallel_requests, "confusionflow-read")
        self._coming: OrderedDict[str, Future[bytes]] = OrderedDict()

    @property
    def root(self) -> str:
        """The address without credentials and options."""
        return self._root

    def directory_of(self, folder: str) -> str | None:
        """Return None: there is one log directory."""

    def scan(self, folder: str) -> Folder:
        """List a folder with one request. A folder that does not exist counts as empty."""
        return self._list(folder, recursive=False).get("", Folder((), (), 0))

    def scan_tree(self, folder: str) -> dict[str, Folder]:
        """List a folder and the folders in it, with one request for each 1,000 files."""
        found = self._list(folder, recursive=True)
        if not found:
            raise FileNotFoundError(f"There is no folder {join(self.root, folder)}.")
        return found

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""
        return bool(self._info(path).is_file)

    def size(self, path: str) -> int:
        """Size of a file, bytes."""
        info = self._info(path)
        if not info.is_file:
            raise FileNotFoundError(f"There is no file {join(self.root, path)}.")
        return int(info.size)

    def read(self, path: str) -> bytes:
        """The bytes of a file, which may have been prefetched."""
        with self._lock:
            coming = self._coming.pop(path, None)
        return coming.result() if coming else self._fetch(path)

    def prefetch(self, paths: Iterable[str]) -> None:
        """Begin to read files, each kept until it is read once."""
        if self.parallel_requests < 2:
            return
        with self._lock:
            for path in paths:
                if path not in self._coming:
                    self._coming[path] = self._pool.submit(self._fetch, path)
            while len(self._coming) > KEPT_UNREAD:
                self._coming.popitem(last=False)

    def _fetch(self, path: str) -> bytes:
        def read(files: pyarrow.fs.FileSystem, base: str) -> bytes:
            with files.open_input_file(join(base, path)) as file:
                check_size(file.size())
                content: bytes = file.readall()
                return content

        return self._ask(read)

    def make_folder(self, folder: str) -> None:
        """Do nothing: object stores have no folders, only names."""
        if not self._atomic_put:
            self._ask(lambda files, base: files.create_dir(join(base, folder), recursive=True))

    def commit(self, folder: str, files: Mapping[str, bytes | memoryview], writer: str) -> None:
        """Put files one after another; each is stored whole and durably, or not at all."""
        for name, data in files.items():
            self._put(join(folder, name), data, join(folder, f".tmp-{writer}-{name}"))

    def remove(self, path: str) -> None:
        """Remove a file. A missing file is fine."""

        def remove(files: pyarrow.fs.FileSystem, base: str) -> None:
            try:
                files.delete_file(join(base, path))
            except FileNotFoundError:
                return

        self._ask(remove)

    def remove_folder(self, folder: str) -> None:
        """Remove all objects below a name."""
        self._ask(lambda files, base: files.delete_dir(join(base, folder)))

    def _put(self, path: str, data: bytes | memoryview, temporary: str) -> None:
        first = path if self._atomic_put else temporary

        def put(files: pyarrow.fs.FileSystem, base: str) -> None:
            with files.open_output_stream(join(base, first)) as file:
                file.write(data)
            if first != path:
                files.move(join(base, first), join(base, path))

        self._ask(put)

    def _info(self, path: str) -> pyarrow.fs.FileInfo:
        return self._ask(lambda files, base: files.get_file_info(join(base, path)))

    def _list(self, folder: str, *, recursive: bool) -> dict[str, Folder]:
        """List a folder, under "", and the folders directly below it, by their names."""
        from pyarrow.fs import FileSelector

        def ask(files: pyarrow.fs.FileSystem, base: str) -> list[tuple[str, pyarrow.fs.FileInfo]]:
            above = join(base, folder).rstrip("/")
            try:
                infos = files.get_file_info(FileSelector(above, recursive=recursive))
            except FileNotFoundError:
                return []
            return [(info.path[len(above) :].strip("/"), info) for info in infos]

        files: dict[str, list[str]] = {}
        folders: dict[str, list[str]] = {}
        changed_ns: dict[str, int] = {}
        for path, info in self._ask(ask):
            above, _, name = path.rpartition("/")
            if "/" in above or not name:
                continue
            (files if info.is_file else folders).setdefault(above, []).append(name)
            changed_ns[above] = max(changed_ns.get(above, 0), info.mtime_ns or 0)
        found = {
            above: Folder(tuple(files.get(above, ())), tuple(folders.get(above, ())), newest_ns)
            for above, newest_ns in changed_ns.items()
        }
        if found and "" not in found:
            found[""] = Folder((), tuple(found), 0)
        return {above: self._same(join(folder, above), new) for above, new in found.items()}

    def _same(self, folder: str, new: Folder) -> Folder:
        """Return the earlier list of a folder if nothing changed."""
        known = self._scanned.get(folder)
        if known == new:
            return known
        self._scanned[folder] = new
        return new

    def _connect(self) -> tuple[pyarrow.fs.FileSystem, str]:
        import pyarrow as pa
        from pyarrow.fs import FileSystem

        with self._lock:
            if self._connected is None:
                try:
                    self._connected = FileSystem.from_uri(_with_single_puts(self._url))
                except pa.ArrowInvalid:
                    self._connected = FileSystem.from_uri(self._url)
            return self._connected

    def _ask(self, request: Callable[[pyarrow.fs.FileSystem, str], T]) -> T:
        """Make a request, and repeat it while that may help.

        Raises:
            FileNotFoundError: there is no such file.
            ObjectStoreError: it failed for another reason.
        """
        import pyarrow as pa

        give_up_s = time.monotonic() + RETRY_S
        wait_s = FIRST_WAIT_S
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return request(*self._connect())
            except FileNotFoundError:
                raise
            except (OSError, pa.ArrowException) as error:
                reason = _lasting_reason(error)
                if reason is None and attempt < ATTEMPTS and time.monotonic() + wait_s < give_up_s:
                    time.sleep(wait_s)
                    wait_s *= 2
                    continue
                raise ObjectStoreError(self.root, reason or str(error)) from error
        raise AssertionError("unreachable")


def _with_single_puts(url: str) -> str:
    """Make the S3 client put each file in one request instead of a multipart upload."""
    if not url.startswith("s3://"):
        return url
    return f"{url}{'&' if '?' in url else '?'}allow_delayed_open=true"


def _lasting_reason(error: Exception) -> str | None:
    """Why repeating a request is useless; None if it may help."""
    text = str(error)
    name = text.replace("_", "").lower()
    for word, reason in _LASTING.items():
        if word in name:
            return reason
    return text if not isinstance(error, OSError) else None
