"""A table in files: one file, or a folder of them, on disk or in an object store."""

from __future__ import annotations

import posixpath

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from confusionflow.errors import ImportSourceError

FORMATS = {".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow"}
TEXTS = (".csv", ".tsv", ".json", ".jsonl", ".gz")
# Folders of tables whose files alone don't say which rows are in the table.
LAKES = {
    "_delta_log": "deltalake.DeltaTable(path).to_pyarrow_dataset()",
    "metadata": "catalog.load_table('…').scan().to_polars()",
    ".hoodie": "spark.read.format('hudi').load(path)",
}


def open_table(path: str) -> ds.Dataset:
    """Return the dataset of a file, or of all files of a folder; nothing is read yet.

    Folders may be partitions as Hive names them: `epoch=3/split=test/part.parquet`.

    Arguments:
        path: A path, or an address such as s3://bucket/table.

    Raises:
        ImportSourceError: there is no table, or one that can't be read from its files alone.
    """
    try:
        files, base = _filesystem(path)
        info = files.get_file_info(base)
        if info.type == fs.FileType.NotFound:
            raise ImportSourceError("There is no such file or folder.", file=path)
        names = [base]
        if info.type == fs.FileType.Directory:
            names = [found.path for found in files.get_file_info(fs.FileSelector(base))]
            _refuse_lakes(path, names, files)
            selector = fs.FileSelector(base, recursive=True)
            names = [f.path for f in files.get_file_info(selector) if f.type == fs.FileType.File]
        kinds = {posixpath.splitext(name)[1].lower() for name in names}
        known = next((FORMATS[kind] for kind in sorted(kinds) if kind in FORMATS), None)
        if known is None:
            raise ImportSourceError(_no_table(kinds), file=path)
        endings = tuple(ending for ending, form in FORMATS.items() if form == known)
        tables = sorted(name for name in names if name.lower().endswith(endings))
        return ds.dataset(
            [name for name in tables if not _is_hidden(name, base)],
            filesystem=files,
            format=known,
            partitioning=ds.partitioning(flavor="hive"),
            partition_base_dir=base,
        )
    except (pa.ArrowException, OSError) as error:
        raise ImportSourceError(f"It can't be read: {error}", file=path) from error


def _filesystem(path: str) -> tuple[fs.FileSystem, str]:
    if "://" in path:
        files, base = fs.FileSystem.from_uri(path)
        return files, base.rstrip("/")
    from pathlib import Path

    return fs.LocalFileSystem(), Path(path).absolute().as_posix()


def _is_hidden(name: str, base: str) -> bool:
    """Whether Spark and others would skip it, as they skip _SUCCESS and .crc files."""
    inner = name[len(base) :].split("/")
    return any(part.startswith((".", "_")) for part in inner)


def _refuse_lakes(path: str, names: list[str], files: fs.FileSystem) -> None:
    """Refuse a folder in which a log of another format says which files count."""
    inner = {posixpath.basename(name): name for name in names}
    for marker, call in LAKES.items():
        if marker not in inner:
            continue
        if marker == "metadata":  # a partition may have that name
            within = files.get_file_info(fs.FileSelector(inner[marker]))
            if not any(found.path.endswith(".metadata.json") for found in within):
                continue
        raise ImportSourceError(
            f"{marker} in it says which files belong to the table; the others were deleted or "
            f"replaced. Pass the table in Python: confusionflow.log_counts({call}, …).",
            file=path,
        )


def _no_table(kinds: set[str]) -> str:
    if kinds & set(TEXTS):
        return (
            "It holds text. `confusionflow import predictions` takes CSV and JSON; this command "
            "takes Parquet and Arrow files."
        )
    return "It holds no Parquet or Arrow files. Pass a table's file, or the folder that holds them."
