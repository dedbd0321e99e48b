"""Errors that users can meet. Each says what was passed, what was expected, and what to do next."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence


class ConfusionFlowError(Exception):
    """The base of all errors of this package."""

    # LookupError's own text would be quoted like a key.
    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class LabelError(ConfusionFlowError, ValueError):
    """Labels, predictions, probabilities or counts that can't be what was meant."""


class ShapeError(ConfusionFlowError, ValueError):
    """An array of the wrong shape, or arrays whose lengths differ."""


class ClassesError(ConfusionFlowError, ValueError):
    """A class list that can't be used, or that differs from the one before."""


class EpochError(ConfusionFlowError, ValueError):
    """An epoch that is not an integer of 0 or more."""


class NameTextError(ConfusionFlowError, ValueError):
    """A name that is empty or not text."""


class SelectionError(ConfusionFlowError, ValueError):
    """A selection that the notebook widget can't make."""


class ConfigError(ConfusionFlowError, ValueError):
    """A configuration that can't be kept as JSON."""


class ArgumentError(ConfusionFlowError, ValueError):
    """An argument value that is not accepted."""


class TargetError(ConfusionFlowError, OSError):
    """A file that can't be written: its folder is missing, or it is a folder."""


class RunClosedError(ConfusionFlowError, RuntimeError):
    """A run was logged to after it was closed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Run {name!r} is closed. Log within its `with` block, or start another Run."
        )


class RunningError(ConfusionFlowError, RuntimeError):
    """A run that can't be removed because a training still logs into it."""

    def __init__(self, name: str, run_id: str) -> None:
        super().__init__(
            f"Run {name!r} ({run_id}) is running. End its training first; a training that died on "
            "another machine counts as running for 15 minutes."
        )


class LogWriteError(ConfusionFlowError, OSError):
    """An epoch that could not be written, in a run with `strict=True`."""


class LogDirectoryError(ConfusionFlowError, FileNotFoundError):
    """A log directory that does not exist."""

    def __init__(self, path: str | os.PathLike[str], found: str = "There is no folder") -> None:
        shown = os.fspath(path)
        super().__init__(
            f"{found} {shown!r}. Pass the folder that runs are logged into: "
            f"the first argument of confusionflow.Run."
        )


class ObjectStoreError(ConfusionFlowError, OSError):
    """An object store that refuses, or can't be reached."""

    def __init__(self, root: str, reason: str) -> None:
        super().__init__(f"{root}: {reason}")


class SchemeError(ConfusionFlowError, ValueError):
    """An address of an unknown kind."""

    def __init__(self, scheme: str, known: Iterable[str]) -> None:
        listed = ", ".join(f"{name}://" for name in known)
        super().__init__(
            f"No file system is known for {scheme}://. Pass a folder, or an address that begins "
            f"with one of {listed}."
        )


class RunNotFoundError(ConfusionFlowError, LookupError):
    """No run of that name or id."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        super().__init__(_not_found("run", name, known))


class SplitNotFoundError(ConfusionFlowError, LookupError):
    """No split of that name."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        super().__init__(_not_found("split", name, known))


class ClassNotFoundError(ConfusionFlowError, LookupError):
    """No class of that name or index."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        super().__init__(_not_found("class", name, known))


class ReportError(ConfusionFlowError, LookupError):
    """A server that makes no reports."""

    def __init__(self) -> None:
        super().__init__(
            "This server makes no reports. Run `confusionflow export LOGDIR -o report.html`."
        )


class AttemptNotFoundError(ConfusionFlowError, LookupError):
    """A run has no such attempt."""

    def __init__(self, attempt: object, run: str, known: Iterable[int]) -> None:
        listed = ", ".join(map(str, known))
        super().__init__(f"Run {run!r} has no attempt {attempt!r}. There are: {listed}.")


class MissingPackageError(ConfusionFlowError, ImportError):
    """An optional package that is not installed."""

    def __init__(self, package: str, extra: str, what: str, then: str = "") -> None:
        super().__init__(
            f"{what} needs {package}, which is not installed. Run `{install_command(extra)}`{then}."
        )


class DistributedError(ConfusionFlowError, ValueError):
    """A rank of a distributed training lacks what joining the ranks needs, such as ids."""


class EpochNotFoundError(ConfusionFlowError, LookupError):
    """An epoch that was not logged, or was logged without predictions."""


class NoPredictionsError(ConfusionFlowError, LookupError):
    """A split that was logged without predictions, so that there are no instances."""

    def __init__(self, split: str) -> None:
        super().__init__(
            f"Split {split!r} has counts only, so its instances are unknown. Log "
            "predictions: run.log(epoch, split, y_true=…, y_prob=…, ids=…). If there are too "
            "many, log a sample of them as another split."
        )


class NoFeaturesError(ConfusionFlowError, LookupError):
    """A split without features, or without those of a layer."""

    def __init__(self, split: str, layer: str | None, layers: Sequence[str]) -> None:
        if layers:
            names = ", ".join(map(repr, layers[:20]))
            super().__init__(f"Split {split!r} has no layer {layer!r}. It has: {names}.")
        else:
            super().__init__(
                f"Split {split!r} has no features. Log the activations of a layer: "
                "run.log_features(epoch, split, features, ids=…)."
            )


class NoSamplesError(ConfusionFlowError, LookupError):
    """A split whose samples were not logged or are missing."""

    def __init__(self, split: str, reason: str = "none were logged. To see them,") -> None:
        super().__init__(
            f"Split {split!r} has no samples: {reason} log them: "
            "run.log_samples(split, ids=…, images=…, text=…)."
        )


class ImageNotServedError(ConfusionFlowError, LookupError):
    """An image of an instance that does not exist, or may not be shown."""


class InstancesError(ConfusionFlowError, ValueError):
    """Instances that can't be followed over the epochs, or can't be matched."""


class DamagedFileError(ConfusionFlowError):
    """A file of a log whose content is not what was written."""


class UnreadableFileError(DamagedFileError):
    """A file of a log that could not be read this time; a later try may succeed."""


class ImportSourceError(ConfusionFlowError, ValueError):
    """A file of another tool that can't be read. Its text begins with file, line and column."""

    def __init__(
        self, message: str, *, file: str, line: int | None = None, column: int | None = None
    ) -> None:
        place = file
        if line is not None:
            place += f", line {line}"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {message}")
        self.file = file
        self.line = line
        self.column = column


class ConfusionFlowWarning(UserWarning):
    """A problem with logging that should be fixed, but does not stop the training."""


def install_command(extra: str) -> str:
    """The command that installs what an extra needs.

    This package is installed already, so pip takes it from there and not from an index.
    """
    return f"pip install 'confusionflow[{extra}]'"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Suggest the known name that is closest, or list the known names.

    Examples:
        >>> did_you_mean("resnt", ["resnet", "vgg"])
        "Did you mean 'resnet'?"
        >>> did_you_mean("x", ["resnet", "vgg"])
        "There are 'resnet', 'vgg'."
        >>> did_you_mean("x", [])
        'There is none yet.'
    """
    import difflib  # not loaded before something goes wrong

    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    if not names:
        return "There is none yet."
    listed = ", ".join(map(repr, names[:8]))
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"There {'is' if len(names) == 1 else 'are'} {listed}{more}."


def _not_found(noun: str, name: object, known: Iterable[str]) -> str:
    return f"No {noun} {name!r}. {did_you_mean(name, known)}"
