"""Many tests at once: false discovery rates, and their effect on intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]


def benjamini_hochberg(p: ArrayLike, size: int | None = None) -> Float:
    """Compute the q values of Benjamini and Hochberg (1995): tests are independent or alike.

    Arguments:
        p: p values, shape (tests,).
        size: Number of tests of the family, where those with p = 1 are left out of `p`.

    Examples:
        >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(3)
        array([0.04 , 0.053, 0.053, 0.5  ])
    """
    p = np.asarray(p, np.float64)
    return _step_up(p, len(p) if size is None else size)


def benjamini_yekutieli(p: ArrayLike, size: int | None = None) -> Float:
    """Compute the q values of Benjamini and Yekutieli (2001): tests may depend on each other.

    Arguments:
        p: p values, shape (tests,).
        size: Number of tests of the family, where those with p = 1 are left out of `p`.

    Examples:
        >>> benjamini_yekutieli([0.01, 0.04, 0.03, 0.5]).round(3)
        array([0.083, 0.111, 0.111, 1.   ])
    """
    p = np.asarray(p, np.float64)
    size = len(p) if size is None else size
    return _step_up(p, size * (1 / np.arange(1, size + 1)).sum())


def adjusted_level(q_bh: ArrayLike, size: int | None = None, alpha: float = 0.05) -> float:
    """Level of intervals that stay right for those that were selected of many.

    1 - alpha R / m, with R of m selected at q_bh ≤ alpha (Benjamini and Yekutieli 2005). If none
    was selected, the level is that for one.

    Arguments:
        q_bh: q values of Benjamini and Hochberg, shape (tests,).
        size: m; None for the number of q values.
        alpha: Rate of false discoveries.

    Examples:
        >>> adjusted_level([0.01, 0.02, 0.4, 0.9])
        0.975
    """
    q = np.asarray(q_bh)
    size = len(q) if size is None else size
    selected = max(1, int((q <= alpha).sum()))
    return 1 - alpha * selected / max(size, selected)


def could_tell(least: ArrayLike, alpha: float = 0.05) -> NDArray[np.bool_]:
    """Tests whose least attainable p could pass alpha after correction (Tarone 1990).

    With m(k) the number of tests whose least p is at most alpha / k, the others are dropped at the
    first k for which m(k) ≤ k.

    Arguments:
        least: Least attainable p of each test, shape (tests,).
        alpha: Level.

    Examples:
        >>> could_tell([0.001, 0.02, 0.2, 1.0])
        array([ True,  True, False, False])
    """
    least = np.asarray(least, np.float64)
    k = np.arange(1, len(least) + 1)
    enough = np.searchsorted(np.sort(least), alpha / k, side="right") <= k
    return np.asarray(least <= alpha / (1 + int(np.argmax(enough)))) if len(least) else least > 0


def _step_up(p: Float, factor: float) -> Float:
    """Find, for each p value, the least p * factor / rank among it and all larger ones."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * factor / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q
