"""A finding, and a list of findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, overload

from confusionflow.reading.frames import Backend, native

Level = Literal["certain", "likely", "corroborated", "noticed", "nothing found"]
LEVELS: tuple[Level, ...] = get_args(Level)

# A fall is listed first if it is at least this, as a share, by its 95 % interval.
LARGE = 0.05

NAN = float("nan")
UNKNOWN = (NAN, NAN)
# What a table of findings has of each.
COLUMNS = (
    *(
        "kind",
        "level",
        "exploratory",
        "sentence",
        "actual",
        "predicted",
        "classes",
        "splits",
        "beyond",
    ),
    *("epochs", "effect", "interval", "adjusted_interval", "p", "q", "q_bh", "test", "n"),
    *("family_size", "link"),
)


@dataclass(frozen=True)
class Finding:
    """One thing that was found, with its evidence.

    Attributes:
        kind: "shift" between series of other instances, "difference" between series of the same
            ones, "event: …" in time, "data: …", or "nothing found".
        level: "certain", "likely", "corroborated" (an event that other splits show too), "noticed"
            or "nothing found".
        exploratory: Whether the epochs were picked on the page. It does not change the level.
        sentence: What was found.
        actual: The actual class; None if it is about all.
        predicted: The predicted class; None if it is about all.
        classes: Every class that it is about.
        splits: The splits that it is about; "run split" if the runs differ.
        epochs: First and last epoch.
        effect: Difference of rates, later or second minus first, as a share.
        interval: Its 95 % interval.
        adjusted_interval: Its interval at the level that the family needs.
        p: The p value; NaN if there is none.
        q: q value of Benjamini and Yekutieli.
        q_bh: q value of Benjamini and Hochberg.
        test: The test, in words.
        n: Instances on each side.
        family_size: Tests that were corrected together.
        link: The view that shows it, for the page's address.
        under: Findings that stand under this one.
        headline: The first sentence of `sentence`.
        rates: Rates before and after, or in both series.
        why: What was asked and tested, in a few sentences.
        beyond: Whether a class or cell shifts by more than all others do.
        general: Whether a class or cell moves as accuracy does, so that accuracy's card stands for
            it.
    """

    kind: str
    level: Level
    sentence: str
    exploratory: bool = False
    actual: str | None = None
    predicted: str | None = None
    classes: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    epochs: tuple[int, int] | None = None
    effect: float = NAN
    interval: tuple[float, float] = UNKNOWN
    adjusted_interval: tuple[float, float] = UNKNOWN
    p: float = NAN
    q: float = NAN
    q_bh: float = NAN
    test: str = ""
    n: tuple[int, ...] = ()
    family_size: int = 0
    link: str = ""
    under: tuple[Finding, ...] = ()
    headline: str = ""
    rates: tuple[float, float] = UNKNOWN
    why: str = ""
    beyond: bool = False
    general: bool = False

    @property
    def guaranteed(self) -> float:
        """Size of the effect that the adjusted interval leaves; 0 if it includes 0."""
        low, high = self.adjusted_interval
        return low if low > 0 else -high if high < 0 else 0.0

    @property
    def leads(self) -> bool:
        """Whether it is a lasting fall that is listed first: of 5 points or more, by its interval.

        Of all events, only falls that last to the end have an interval.
        """
        return self.kind.startswith("event: ") and self.interval[1] <= -LARGE

    def with_level_at_most(self, level: Level) -> Finding:
        """Lower the level to at most this one, also of what stands under it."""
        lowered = max(self.level, level, key=LEVELS.index)
        return replace(
            self, level=lowered, under=tuple(f.with_level_at_most(level) for f in self.under)
        )

    def __str__(self) -> str:
        return f"{self.level}: {self.sentence}"


class Findings(Sequence[Finding]):
    """Findings in the order of their evidence: level, then the effect that is guaranteed.

    Large falls that last come before all others, because they are what went wrong in the training.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._findings = tuple(sorted(findings, key=_rank))

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...
    def __getitem__(self, index: int | slice) -> Finding | Findings:
        if isinstance(index, slice):
            return Findings(self._findings[index])
        return self._findings[index]

    def __len__(self) -> int:
        return len(self._findings)

    def flat(self) -> Iterator[Finding]:
        """Iterate over all findings; those that stand under another follow it."""
        for finding in self._findings:
            yield finding
            yield from Findings(finding.under).flat()

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """Make a table: one row a finding, those that stand under another follow it.

        It has the fields of `Finding` as columns, pairs of numbers as two (`interval_low`, …), and
        `under`: the row that a finding stands under, -1 for none.

        Arguments:
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            ArgumentError: there is no such backend.
            ConfusionFlowError: it is not installed.
        """
        import pyarrow as pa

        rows: list[dict[str, Any]] = []
        _add_rows(self, -1, rows)
        return native(pa.Table.from_pylist(rows, schema=_schema()), backend)

    def __repr__(self) -> str:
        if not self._findings:
            return "Findings([])"
        return "\n".join(str(finding) for finding in self._findings)


def is_clear(finding: Finding) -> bool:
    """Whether a finding is more than noticed."""
    return finding.level in ("certain", "likely", "corroborated")


def is_shown_first(finding: Finding) -> bool:
    """Whether a finding has its own card while findings that are only noticed are hidden."""
    return not finding.general and (finding.level != "noticed" or finding.leads)


def _rank(finding: Finding) -> tuple[bool, int, float, int, float]:
    effect = finding.effect
    size = 0.0 if effect != effect else abs(effect)  # NaN
    place = (finding.actual is not None) + 2 * (finding.predicted is not None)
    level, guaranteed = LEVELS.index(finding.level), round(finding.guaranteed, 9)
    return not finding.leads, level, -guaranteed, place, -size


def _add_rows(findings: Iterable[Finding], under: int, rows: list[dict[str, Any]]) -> None:
    for finding in findings:
        row = {name: getattr(finding, name) for name in COLUMNS}
        for pair, names in PAIRS.items():
            first, second = row.pop(pair) or (None, None)
            row |= {names[0]: first, names[1]: second}
        for name in ("classes", "splits", "n"):
            row[name] = list(row[name])
        rows.append(row | {"under": under})
        _add_rows(finding.under, len(rows) - 1, rows)


PAIRS = {
    "epochs": ("first_epoch", "last_epoch"),
    "interval": ("interval_low", "interval_high"),
    "adjusted_interval": ("adjusted_low", "adjusted_high"),
}


def _schema() -> Any:
    import pyarrow as pa

    types: dict[str, Any] = {
        "exploratory": pa.bool_(),
        "beyond": pa.bool_(),
        "classes": pa.list_(pa.string()),
        "splits": pa.list_(pa.string()),
        "n": pa.list_(pa.int64()),
        **dict.fromkeys((*PAIRS["epochs"], "family_size", "under"), pa.int64()),
        **dict.fromkeys(("effect", "p", "q", "q_bh"), pa.float64()),
        **dict.fromkeys((*PAIRS["interval"], *PAIRS["adjusted_interval"]), pa.float64()),
    }
    names: list[str] = []
    for name in COLUMNS:
        names += PAIRS.get(name, (name,))
    return pa.schema([(name, types.get(name, pa.string())) for name in [*names, "under"]])
