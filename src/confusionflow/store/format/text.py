"""Make text storable in a file."""

from __future__ import annotations


def storable(text: str) -> str:
    r"""Make text that UTF-8 can hold: halves of surrogate pairs become escapes.

    Python makes such halves from file names that are not UTF-8, and JSON may contain them.

    Examples:
        >>> storable("caf\udce9")
        'caf\\udce9'
        >>> storable("Kätzchen 猫")
        'Kätzchen 猫'
    """
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
