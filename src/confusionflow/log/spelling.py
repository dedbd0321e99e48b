"""Labels that are written differently and mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

# A whole number as people and programs write it; 007 is a name.
WHOLE_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*)(\.0*)?")

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

TRUTH_VALUES = {"true": "1", "false": "0"}


def spelled(label: str | int) -> str:
    """The spelling that a label has in common with others that mean the same.

    Spaces around it, Unicode's several ways to write one letter, and the way to write a whole
    number make no difference; upper and lower case do.

    Examples:
        >>> spelled(" cat"), spelled("1.0"), spelled(1), spelled("-0"), spelled("007")
        ('cat', '1', '1', '0', '007')
        >>> spelled("Käfer") == spelled("Ka\u0308fer")
        True
    """
    if isinstance(label, int):
        return str(int(label))
    text = label.strip()
    if WHOLE_NUMBER.fullmatch(text):
        return str(int(text.partition(".")[0]))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def spelled_alike(labels: Iterable[str | int]) -> dict[str | int, str]:
    """The common spelling of each label; True and False are 1 and 0 if numbers occur, too.

    Examples:
        >>> spelled_alike(["True", "False", 1, 0])
        {'True': '1', 'False': '0', 1: '1', 0: '0'}
        >>> spelled_alike(["True", "False"])
        {'True': 'True', 'False': 'False'}
    """
    keys = {label: spelled(label) for label in labels}
    if {"0", "1"} & set(keys.values()):
        return {label: TRUTH_VALUES.get(key.lower(), key) for label, key in keys.items()}
    return keys


def other_truth(key: str) -> str | None:
    """The other way to write a truth value, in lower case if it is text; None for other labels."""
    if key in ("0", "1"):
        return "true" if key == "1" else "false"
    return TRUTH_VALUES.get(key.lower())


def is_whole_number(label: str | int) -> bool:
    """Whether a label is a whole number, or text that spells one."""
    return isinstance(label, int) or WHOLE_NUMBER.fullmatch(label.strip()) is not None


def in_order(labels: Iterable[str | int]) -> list[str | int]:
    """Labels sorted: whole numbers by value, before names.

    Examples:
        >>> in_order(["10", "-1", "9", "-10"])
        ['-10', '-1', '9', '10']
        >>> in_order(["b", 10, "a", 9])
        [9, 10, 'a', 'b']
    """
    distinct = list(labels)
    numbers = [label for label in distinct if is_whole_number(label)]
    names = [label for label in distinct if not is_whole_number(label)]
    return [*sorted(numbers, key=lambda n: int(spelled(n))), *sorted(names, key=str)]


def first_score(labels: Sequence[str | int]) -> str | None:
    """One of the labels that is a number with a fraction, if all of them are numbers.

    Examples:
        >>> first_score(["0.93", "0.12", "1"])
        '0.93'
        >>> first_score(["v1.5", "1"])
        >>> first_score(["007", "1.0"])
    """
    texts = [str(label).strip() for label in labels]
    if not texts or not all(NUMBER.fullmatch(text) for text in texts):
        return None
    return next((text for text in texts if not float(text).is_integer()), None)
