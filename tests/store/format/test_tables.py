"""The layout of the Parquet files that are written."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.store.format.footers import read_struct
from confusionflow.store.format.tables import Metadata, encode_table

N = 100_000
METADATA = Metadata("run", "test", 3, 0, 0, 1, "0" * 16, 0)


def test_a_column_of_an_epoch_is_one_page() -> None:
    """A header for every 20,000 rows would take longer to read than the rows."""
    labels = np.arange(N, dtype=np.int32) // 1000
    columns = {"epoch": np.full(N, 3), "instance": np.arange(N), "actual": labels}
    data = bytes(encode_table(columns, METADATA))
    group = pq.ParquetFile(pa.BufferReader(data)).metadata.row_group(0)
    for at in range(group.num_columns):
        chunk = group.column(at)
        header, begin = read_struct(data, chunk.data_page_offset)
        ends = (chunk.dictionary_page_offset or chunk.data_page_offset) + (
            chunk.total_compressed_size
        )
        assert begin + header[3] == ends, chunk.path_in_schema


def test_counts_are_small_dictionaries_without_compression() -> None:
    columns = {"epoch": np.full(100, 3), "actual": np.arange(100), "count": np.arange(100) % 7}
    file = pq.ParquetFile(pa.BufferReader(encode_table(columns, METADATA)))
    group = file.metadata.row_group(0)
    for at in range(group.num_columns):
        assert group.column(at).compression == "UNCOMPRESSED"
        assert group.column(at).has_dictionary_page
