"""Find out which column of a table of predictions holds what."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from confusionflow.errors import ImportSourceError, did_you_mean

# Names that are tried if no name is given, in lower case. The first one in the table is taken.
USUAL: Mapping[str, Sequence[str]] = {
    "run": ("run", "run_name", "run_id"),
    "run_id": ("run_id",),
    "epoch": ("epoch", "step", "round", "iteration", "global_step"),
    "split": ("split_name", "split", "dataset", "data_set", "subset", "fold"),
    "actual": ("actual", "y_true", "true", "target", "label", "reference"),
    "predicted": ("predicted", "y_pred", "pred", "prediction"),
    "instance": ("instance", "id", "instance_id", "sample_id"),
    "confidence": ("confidence",),
    "count": ("count", "counts", "n", "freq", "frequency", "npredictions", "n_predictions"),
}
# Such a column may hold counts, weights of instances or a feature: only the user knows.
WEIGHTS = ("weight", "weights", "sample_weight", "sample_weights")
NEEDED = ("actual", "predicted")


@dataclass(frozen=True)
class Columns:
    """Names of columns. None means that the usual names are tried.

    Attributes:
        epoch: May be missing if the epoch is known otherwise.
        split: May be missing if all predictions belong to one split.
        actual, predicted: Must be there.
        instance: May be missing. It identifies instances from epoch to epoch.
        confidence: May be missing. It says how sure the model was of its prediction.
        count: May be missing. It holds the number of instances that a row counts.
        run: May be missing if all predictions belong to one run.
        ignore: Columns to ignore.
    """

    epoch: str | None = None
    split: str | None = None
    actual: str | None = None
    predicted: str | None = None
    instance: str | None = None
    confidence: str | None = None
    count: str | None = None
    run: str | None = None
    ignore: Sequence[str] = ()

    def find(self, names: Sequence[str], source: str = "the table") -> dict[str, str]:
        """Return the column for each thing that the table has.

        Arguments:
            names: The columns of the table.
            source: The table's name in errors: its file.

        Raises:
            ImportSourceError: a column that was named, or one that must be there, is missing; or
                two columns could be meant.

        Examples:
            >>> Columns(actual="truth").find(["step", "truth", "y_pred", "split"])
            {'epoch': 'step', 'split': 'split', 'actual': 'truth', 'predicted': 'y_pred'}
        """
        for ignored in self.ignore:
            if ignored not in names:
                raise ImportSourceError(
                    f"There is no column {ignored!r} to ignore. {did_you_mean(ignored, names)}",
                    file=source,
                )
        names = [name for name in names if name not in self.ignore]
        given: dict[str, str] = {what: getattr(self, what) for what in USUAL if self.is_given(what)}
        found: dict[str, str] = {}
        for what in USUAL:
            name: str | None = given.get(what)
            if name is not None and name not in names:
                raise ImportSourceError(
                    f"There is no column {name!r} for {what}. {did_you_mean(name, names)}",
                    file=source,
                )
            if name is None and not (what == "run_id" and "run" in given):
                name = _usual_column(what, names, {*given.values()}, source)
            if name is not None:
                if names.count(name) > 1:
                    raise ImportSourceError(
                        f"Two columns are called {name!r}. Rename one.", file=source
                    )
                found[what] = name
            elif what in NEEDED:
                raise missing_column(what, names, source)
        if "count" not in found:
            self._ask_about_weights(names, source)
        elif "instance" in found:
            raise ImportSourceError(
                f"Column {found['count']!r} counts instances, and column {found['instance']!r} "
                "names one. Say which one to ignore: "
                f"{ignoring(found['count'])}, or {ignoring(found['instance'])}.",
                file=source,
            )
        return found

    def is_given(self, what: str) -> bool:
        """Whether the user named the column, so that there is no doubt about it."""
        return getattr(self, what, None) is not None

    def _ask_about_weights(self, names: Sequence[str], source: str) -> None:
        used = {getattr(self, what, None) for what in USUAL}
        for name in names:
            if name.strip().lower() in WEIGHTS and name not in used:
                raise ImportSourceError(
                    f"Column {name!r} could be counts or weights. If a row counts that many "
                    f"instances, pass {naming('count', name)}. ConfusionFlow counts instances "
                    f"and has no weights: to count each row once, pass {ignoring(name)}.",
                    file=source,
                )


def _usual_column(
    what: str, names: Sequence[str], taken: Container[str], source: str
) -> str | None:
    """Return the column with a usual name for something; None if there is none.

    Arguments:
        what: One of `USUAL`.
        names: The columns of the table.
        taken: Columns that the user named for something else.
        source: What the table is called: its file.

    Raises:
        ImportSourceError: two columns could be one that must be there.
    """
    by_lower_case = {name.strip().lower(): name for name in reversed(names)}
    fitting = [by_lower_case[usual] for usual in USUAL[what] if usual in by_lower_case]
    fitting = [column for column in fitting if column not in taken]
    if what in NEEDED and len(fitting) > 1:
        raise ImportSourceError(
            f"Columns {fitting[0]!r} and {fitting[1]!r} could both be {what}. Say "
            f"which one is it: {naming(what, fitting[0])}.",
            file=source,
        )
    return fitting[0] if fitting else None


# What a column holds, and what can be said if there is no such column.
MISSING = {
    "actual": ("the actual classes", "call it 'actual'"),
    "predicted": ("the predicted classes", "call it 'predicted'"),
    "split": (
        "the split",
        "to which split all rows belong: --split NAME (in Python only_split='NAME')",
    ),
    "epoch": ("the epoch", "to which epoch all rows belong: --epoch 0 (in Python only_epoch=0)"),
}


def missing_column(what: str, names: Sequence[str], source: str) -> ImportSourceError:
    """The error for a table in which no column holds what must be there.

    Arguments:
        what: One of `MISSING`.
        names: The columns of the table.
        source: What the table is called: its file.
    """
    noun, otherwise = MISSING[what]
    return ImportSourceError(
        f"No column holds {noun}: there are {', '.join(map(repr, names))}. Say which one does: "
        f"{naming(what, 'NAME')}, or {otherwise}.",
        file=source,
    )


def ignoring(name: str) -> str:
    """How to ignore a column, on the command line and in Python."""
    return f"--ignore {name} (in Python ignore=[{name!r}])"


def naming(what: str, name: str) -> str:
    """How to name the column of something, on the command line and in Python.

    Examples:
        >>> naming("epoch", "step")
        "--epoch-column step (in Python epoch='step')"
    """
    return f"--{what}-column {name} (in Python {what}={name!r})"
