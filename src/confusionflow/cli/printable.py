"""Make text safe for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Escape what a terminal would obey, hide or reverse instead of showing.

    Control characters (escape sequences begin with one), line ends, marks that change the direction
    of writing, characters without width and halves of surrogate pairs become escapes, as `repr`
    writes them.

    Examples:
        >>> print(printable("\x1b[2Jcat\r\n"))
        \x1b[2Jcat\r\n
        >>> printable("Kätzchen 猫")
        'Kätzchen 猫'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def counted(count: int, noun: str) -> str:
    """Write a number with its noun.

    Examples:
        >>> counted(1, "run"), counted(2_000, "file")
        ('1 run', '2,000 files')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
