"""Which column of a table of predictions holds what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confusionflow.errors import ImportSourceError, did_you_mean

# Names that are looked for where none is given; the first that is there counts.
USUAL: Mapping[str, Sequence[str]] = {
    "epoch": ("epoch", "step", "round", "iteration"),
    "split": ("split", "dataset", "data_set", "subset", "fold"),
    "actual": ("actual", "y_true", "true", "target", "label"),
    "predicted": ("predicted", "y_pred", "pred", "prediction"),
    "instance": ("instance", "id", "instance_id", "sample_id"),
    "confidence": ("confidence",),
}
NEEDED = ("epoch", "actual", "predicted")


@dataclass(frozen=True)
class Columns:
    """Names of columns; None: the usual names are looked for.

    Attributes:
        epoch, actual, predicted: Must be there.
        split: Where there is none, all predictions are of one split.
        instance: May be missing; what identifies instances from epoch to epoch.
        confidence: May be missing; how sure the model was of its prediction.
    """

    epoch: str | None = None
    split: str | None = None
    actual: str | None = None
    predicted: str | None = None
    instance: str | None = None
    confidence: str | None = None

    def find(self, names: Sequence[str], source: str = "the table") -> dict[str, str]:
        """The column that holds each thing, for the things that are there.

        Arguments:
            names: The columns of the table.
            source: What the table is called in errors: its file.

        Raises:
            ImportSourceError: a column that was named, or one that must be there, is missing.

        Examples:
            >>> Columns(actual="truth").find(["step", "truth", "y_pred", "split"])
            {'epoch': 'step', 'split': 'split', 'actual': 'truth', 'predicted': 'y_pred'}
        """
        by_lower_case = {name.lower(): name for name in reversed(names)}
        found: dict[str, str] = {}
        for what, usual in USUAL.items():
            given: str | None = getattr(self, what)
            if given is not None and given not in names:
                raise ImportSourceError(
                    f"There is no column {given!r} for {what}. {did_you_mean(given, names)}",
                    file=source,
                )
            name = given or next((by_lower_case[u] for u in usual if u in by_lower_case), None)
            if name is not None:
                if names.count(name) > 1:
                    raise ImportSourceError(
                        f"Two columns are called {name!r}. Rename one.", file=source
                    )
                found[what] = name
            elif what in NEEDED:
                listed = ", ".join(map(repr, names))
                raise ImportSourceError(
                    f"No column holds {what}: there are {listed}. Say which one is it "
                    f"(--{what}-column, or Columns({what}=...)), or name it {what!r}.",
                    file=source,
                )
        return found
