"""Arbitrary values, columns and bytes."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import strategies as st

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 2, 10**9, 2**31, 2**63, -1, 10**40]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["\ud800", "\0", "../x", "", "0001-01-01", "2026-11-24T10:00:00"]),
)
values = st.recursive(
    scalars,
    lambda each: st.one_of(
        st.lists(each, max_size=3), st.dictionaries(st.text(max_size=3), each, max_size=3)
    ),
    max_leaves=6,
)
columns = st.one_of(
    st.lists(st.integers(-1, 3), max_size=4).map(lambda v: pa.array(v, pa.int64())),
    st.lists(st.one_of(st.none(), st.integers(0, 255)), max_size=4).map(
        lambda v: pa.array(v, pa.uint8())
    ),
    st.lists(st.integers(0, 2**64 - 1), max_size=4).map(lambda v: pa.array(v, pa.uint64())),
    st.lists(st.floats(), max_size=4).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.text(max_size=3), max_size=4).map(lambda v: pa.array(v, pa.string())),
    st.lists(st.binary(max_size=3), max_size=4).map(
        # Strings that are no UTF-8, as nobody checks who only writes.
        lambda v: pa.array(v, pa.binary()).view(pa.string())
    ),
    st.lists(st.booleans(), max_size=4).map(pa.array),
    st.lists(st.lists(st.integers(0, 3)), max_size=4).map(
        lambda v: pa.array(v, pa.list_(pa.int64()))
    ),
    st.integers(0, 4).map(pa.nulls),
)
places = st.floats(0, 1, exclude_max=True)


def mutated(data: bytes, edits: list[tuple[float, int]], cut: float) -> bytes:
    """Bytes of which some are others, up to where they are cut."""
    changed = bytearray(data)
    for place, byte in edits:
        changed[int(place * len(changed))] = byte
    return bytes(changed[: int(cut * len(changed)) or len(changed)])
