"""Read Thrift structs (compact protocol), which Parquet's footers and page headers are."""

from __future__ import annotations

from typing import Any

MOST_DEPTH = 16

_INTEGERS = (4, 5, 6)
_LISTS = (9, 10)
_STRUCT = 12


def read_struct(data: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Read the integers, lists and structs of a struct by field, and find where it ends.

    Raises:
        IndexError, KeyError: there is no such struct.
    """
    if depth > MOST_DEPTH:
        raise KeyError(depth)
    found: dict[int, Any] = {}
    field = 0
    while data[at]:
        kind, delta = data[at] & 15, data[at] >> 4
        at += 1
        if delta:
            field += delta
        else:
            field, at = _integer(data, at)
        value, at = _value(data, at, kind, depth)
        if value is not None:
            found[field] = value
    return found, at + 1


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    """Read a value, None if it is not an integer, list or struct, and find where it ends."""
    if kind in (1, 2):  # true, false
        return None, at
    if kind == 3:  # byte
        return None, at + 1
    if kind in _INTEGERS:
        return _integer(data, at)
    if kind == 7:  # double
        return None, at + 8
    if kind == 8:  # bytes
        length, at = _varint(data, at)
        return None, at + length
    if kind in _LISTS:
        return _list(data, at, depth)
    if kind == _STRUCT:
        return read_struct(data, at, depth + 1)
    raise KeyError(kind)  # Parquet has no maps


def _list(data: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    size, kind = data[at] >> 4, data[at] & 15
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    values = []
    for _ in range(size):
        if kind in (1, 2):
            value, at = None, at + 1  # a byte each, within a list
        else:
            value, at = _value(data, at, kind, depth)
        if at > len(data):
            raise IndexError(at)
        values.append(value)
    return values, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise KeyError(shift)
    return value | data[at] << shift, at + 1


def _integer(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at
