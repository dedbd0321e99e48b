"""The writer's real file operations, to watch them or to make them fail."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock


class Operation(NamedTuple):
    """One file operation.

    Attributes:
        name: The name of the function: "open", "write", "fsync", …
        path: What it is done to, relative to the root.
        to: The new path of a rename.
        data: What a write writes.
        creates: Whether an open makes a new file.
    """

    name: str
    path: str
    to: str = ""
    data: bytes = b""
    creates: bool = False


Hook = Callable[[Operation], int | None]

# Each takes a path first; the others take a descriptor.
OF_PATHS = ("open", "rename", "unlink", "mkdir", "scandir", "stat")
OF_DESCRIPTORS = ("write", "fsync", "close")


@contextmanager
def intercepted(
    root: Path, before: Hook = lambda operation: None, after: Hook = lambda operation: None
) -> Iterator[None]:
    """Call hooks around each operation below a folder.

    Arguments:
        root: The folder; what happens elsewhere is left alone.
        before: May raise what the operation then fails with, or return how many bytes a write
            takes at most.
        after: Called when the operation succeeded.
    """
    real = {name: getattr(os, name) for name in (*OF_PATHS, *OF_DESCRIPTORS)}
    paths: dict[int, str] = {}

    def relative(path: Any) -> str | None:
        if not isinstance(path, (str, os.PathLike)):
            return None
        text = os.fspath(path)
        if text == str(root):
            return ""
        return text[len(str(root)) + 1 :] if text.startswith(f"{root}{os.sep}") else None

    def of_path(name: str) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **options: Any) -> Any:
            where = relative(path)
            if where is None:
                return real[name](path, *args, **options)
            to = relative(args[0]) or "" if name == "rename" else ""
            creates = name == "open" and bool(args[0] & os.O_CREAT)
            operation = Operation(name, where, to, creates=creates)
            before(operation)
            result = real[name](path, *args, **options)
            if name == "open":
                paths[result] = where
            after(operation)
            return result

        return call

    def of_descriptor(name: str) -> Callable[..., Any]:
        def call(descriptor: int, *args: Any) -> Any:
            where = paths.get(descriptor)
            if where is None:
                return real[name](descriptor, *args)
            operation = Operation(name, where, data=bytes(args[0]) if args else b"")
            if name == "close":
                del paths[descriptor]
                real[name](descriptor)  # it is closed, whatever it answers
                before(operation)
                after(operation)
                return None
            most = before(operation)
            if name == "write" and most is not None:
                args = (bytes(args[0])[:most],)
                operation = operation._replace(data=args[0])
            result = real[name](descriptor, *args)
            after(operation)
            return result

        return call

    real_io_open = io.open

    def io_open(file: Any, *args: Any, **options: Any) -> Any:
        where = relative(file)
        if where is not None:
            before(Operation("read", where))
        return real_io_open(file, *args, **options)

    replaced: dict[str, Any] = {name: of_path(name) for name in OF_PATHS}
    replaced |= {name: of_descriptor(name) for name in OF_DESCRIPTORS}
    with mock.patch.multiple(os, **replaced), mock.patch.object(io, "open", io_open):
        yield
