"""Numbers and lists in the sentences of findings."""

from __future__ import annotations

from collections.abc import Sequence

MINUS = "\N{MINUS SIGN}"
PLURALS = {"class": "classes", "cell": "cells"}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def percent(rate: float) -> str:
    """Write a rate.

    Examples:
        >>> percent(0.0241), percent(1.0), percent(0.00004)
        ('2.4 %', '100 %', '0.0 %')
    """
    return f"{100 * rate:.1f} %".replace("100.0", "100")


def points(share: float) -> str:
    r"""Write a difference of rates, with its sign.

    Examples:
        >>> ascii(points(-0.1722)), points(0.1068)
        ("'\\u221217.2 points'", '+10.7 points')
    """
    return f"{signed(share)} points"


def signed(share: float) -> str:
    """Write a difference of rates in points, as a number with its sign."""
    text = f"{abs(100 * share):.1f}"
    return f"{MINUS if share < 0 else '+'}{text}"


def ends(low: float, high: float) -> str:
    r"""Write the ends of an interval of a difference of rates, in points.

    Examples:
        >>> ascii(ends(-0.235, -0.119))
        "'\\u221223.5 to \\u221211.9'"
    """
    return f"{signed(low)} to {signed(high)}"


def after_correction(guaranteed: float) -> str:
    """Say how much of an effect is left after correction; "" if it rounds to nothing.

    Examples:
        >>> after_correction(0.0442), after_correction(0.0004), after_correction(0.0)
        (', at least 4.4 after correction', '', '')
    """
    text = f"{abs(100 * guaranteed):.1f}"
    return "" if text == "0.0" else f", at least {text} after correction"


def number(count: int) -> str:
    """Write small numbers as words.

    Examples:
        >>> number(3), number(90), number(1000)
        ('three', '90', '1,000')
    """
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else f"{count:,}"


def like_others(count: int, thing: str) -> str:
    """Say that others are alike.

    Examples:
        >>> like_others(1, "cell"), like_others(2, "class")
        ('like one other cell', 'like two other classes')
    """
    return f"like {number(count)} other {thing if count == 1 else PLURALS[thing]}"


def capital(text: str) -> str:
    """Write the first letter large.

    Examples:
        >>> capital("class 7")
        'Class 7'
    """
    return text[:1].upper() + text[1:]


def spoken(name: str) -> str:
    """Write the name of a class that may stand beside a number.

    Examples:
        >>> spoken("cat"), spoken("7")
        ('cat', 'class 7')
    """
    return f"class {name}" if name[:1].isdigit() else name


def listed(names: Sequence[str], most: int = 3) -> str:
    """Write names as a list, some of them if they are many.

    Examples:
        >>> listed(["a"]), listed(["a", "b", "c"]), listed(list("abcdef"))
        ('a', 'a, b and c', 'a, b and 4 more')
    """
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def at_some(unit: str, first: int, last: int) -> str:
    """Write an epoch that is known to lie between two.

    Examples:
        >>> at_some("epoch", 20, 20), at_some("epoch", 19, 20), at_some("epoch", 18, 21)
        ('epoch 20', 'epoch 19 or 20', 'some epoch between 18 and 21')
    """
    if first == last:
        return f"{unit} {first}"
    if last == first + 1:
        return f"{unit} {first} or {last}"
    return f"some {unit} between {first} and {last}"


def in_splits(shown: Sequence[str], all_splits: Sequence[str]) -> str:
    """Say which splits show something.

    Examples:
        >>> in_splits(["a", "b"], ["a", "b"]), in_splits(["a"], ["a", "b"])
        ('in both splits', 'in a')
        >>> in_splits(list("abc"), list("abc")), in_splits(["a"], ["a"])
        ('in all three splits', 'in a')
    """
    if len(shown) == len(all_splits) > 1:
        many = len(all_splits)
        return "in both splits" if many == 2 else f"in all {number(many)} splits"
    return f"in {listed(list(shown))}"
