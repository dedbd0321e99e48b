"""Turn a run's configuration into what JSON can hold."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import re
import warnings
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from confusionflow.errors import ConfigError, ConfusionFlowWarning, DamagedFileError
from confusionflow.log.checks import shown
from confusionflow.store.format.documents import decode_json

MOST_CONFIG_BYTES = 1 << 20

# The memory address of an object, which differs from run to run.
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")


def plain_config(config: Mapping[str, Any], run_name: str = "") -> dict[str, Any]:
    """Turn a configuration into JSON values that are the same in each of its runs.

    Numbers of numpy become numbers, arrays and sets lists, dataclasses objects, functions and
    classes their names. Other objects become their text, unless it contains a memory address:
    then they are left out, with a warning.

    Arguments:
        config: Hyperparameters by name.
        run_name: Name of the run, for the warning.

    Raises:
        ConfigError: it is not a mapping, or is too large or too deep.

    Examples:
        >>> plain_config({"lr": np.float32(0.5), "layers": (32, 10), "act": np.tanh})
        {'lr': 0.5, 'layers': [32, 10], 'act': 'tanh'}
    """
    if not isinstance(config, Mapping):
        raise ConfigError(
            f"config is a {type(config).__name__}. Pass a dict of hyperparameters, "
            "such as vars(args)."
        )
    left_out: list[str] = []
    try:
        text = json.dumps(_plain_mapping(config, "", left_out))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"config can't be kept as JSON: {error}. Pass plain values.") from None
    try:
        kept = decode_json(text.encode(), MOST_CONFIG_BYTES)
    except DamagedFileError as error:
        raise ConfigError(
            f"config can't be kept. {error} Leave out what is not a hyperparameter."
        ) from None
    if left_out:
        warnings.warn(
            f"Run {run_name!r}: config is kept without {shown(left_out)}, because the text of such "
            "an object differs from run to run. Pass what identifies it, such as a name.",
            ConfusionFlowWarning,
            stacklevel=3,
        )
    return kept


class _LeftOutError(Exception):
    """An object whose text differs from run to run."""


def _plain_mapping(config: Mapping[Any, Any], path: str, left_out: list[str]) -> dict[str, Any]:
    kept = {}
    for key, value in config.items():
        name = str(key)
        try:
            kept[name] = _plain(value, f"{path}{name}", left_out)
        except _LeftOutError:
            left_out.append(f"{path}{name}")
    return kept


def _plain(value: Any, path: str, left_out: list[str]) -> Any:
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        return _plain(value.tolist(), path, left_out)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return _plain_mapping(value, f"{path}.", left_out)
    if isinstance(value, (list, tuple)):
        return [_plain(each, path, left_out) for each in value]
    if isinstance(value, Set):
        return sorted((_plain(each, path, left_out) for each in value), key=str)
    text = str(value)
    if isinstance(value, type) or inspect.isroutine(value) or isinstance(value, np.ufunc):
        text = str(getattr(value, "__qualname__", None) or value.__name__)
    if ADDRESS.search(text) or "<lambda>" in text:
        raise _LeftOutError
    return text
