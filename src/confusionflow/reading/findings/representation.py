"""What features add to findings: whether they changed too, and changes without labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.errors import NoFeaturesError
from confusionflow.reading.features import Features
from confusionflow.reading.findings.finding import Finding
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.findings.words import percent

# An epoch's change, 1 - CKA, is an event if it is at least LEAST, and above the usual change by
# STRONG times the usual distance from it.
LEAST = 0.02
STRONG = 8.0
FEWEST_EPOCHS = 8

# A finding says what fell with accuracy only if accuracy fell by this share.
LEAST_FALL = 0.01

WHY = (
    "Is the layer more different from the epoch before than usual? Linear centered kernel "
    "alignment (Kornblith et al. 2019) of a fixed sample of instances, 1 if nothing changed but "
    "rotation and scale, compared with the median of all epochs. It needs no labels. There is no p "
    "value."
)
OF_HEAD = (
    " The nearest class mean decides by the features alone, without the layers after them: if its "
    "accuracy falls as well, the features changed; if not, the layers after them did."
)


@dataclass(frozen=True)
class Fall:
    """Accuracy before and at an event, of the classifier and of the nearest class mean."""

    layer: str
    classifier: tuple[float, float]
    nearest: tuple[float, float]

    def sentence(self, what: str) -> str:
        """Say in a sentence whether the features changed or what follows them."""
        (before, after), (near_before, near_after) = self.classifier, self.nearest
        fell, near_fell = before - after, near_before - near_after
        if near_fell >= 0.75 * fell:
            verdict = f"the features of layer {self.layer!r} changed, too"
        elif near_fell <= 0.25 * fell:
            verdict = f"the features of layer {self.layer!r} held, and the layers after it changed"
        else:
            verdict = f"the layers after {self.layer!r} changed more than its features"
        return (
            f"Features or head? The classifier's {what} went {percent(before)} → {percent(after)}, "
            f"that of the nearest class mean {percent(near_before)} → {percent(near_after)}: "
            f"{verdict}."
        )


def with_features(findings: Sequence[Finding], series: Sequence[Split]) -> list[Finding]:
    """Add to events of accuracy or recall whether the features fell with them."""
    known = {one.name: (one, found) for one in series if (found := _features(one)) is not None}
    return [_told(finding, known) for finding in findings] if known else list(findings)


def _told(finding: Finding, known: dict[str, tuple[Split, Features]]) -> Finding:
    under = tuple(_told(inner, known) for inner in finding.under)
    finding = replace(finding, under=under)
    is_event = finding.kind.startswith("event: ") and finding.kind not in (
        "event: gap",
        "event: early training",
        "event: representation",
    )
    named = [name for name in finding.splits if name in known]
    if not is_event or not named or finding.epochs is None:
        return finding
    fall = _fall(*known[named[0]], finding)
    if fall is None or fall.classifier[0] - fall.classifier[1] < LEAST_FALL:
        return finding
    what = "accuracy" if finding.actual is None else f"recall of {finding.actual}"
    sentence = f"{finding.sentence} {fall.sentence(what)}"
    return replace(finding, sentence=sentence, why=finding.why + OF_HEAD)


def _fall(one: Split, features: Features, finding: Finding) -> Fall | None:
    first, last = finding.epochs or (0, 0)
    nearest = features.nearest(finding.actual)
    rates = (
        metrics.accuracy(one.cube())
        if finding.actual is None
        else metrics.recall(one.cube())[:, one.classes.index(finding.actual)]
    )
    shared, at, to = np.intersect1d(one.epochs, features.epochs, return_indices=True)
    before, during = np.flatnonzero(shared < first), (shared >= first) & (shared <= last)
    if not len(before) or not during.any():
        return None
    own, near = rates[at], nearest[to]
    worst = np.flatnonzero(during)[np.argmin(own[during])]
    found = (
        (float(own[before[-1]]), float(own[worst])),
        (
            float(near[before[-1]]),
            float(near[worst]),
        ),
    )
    return None if np.isnan(found).any() else Fall(features.layer, *found)


def findings_in_features(series: Sequence[Split]) -> Iterator[Finding]:
    """Find the epochs at which a layer changed more than usual."""
    for one in series:
        features = _features(one)
        if features is None:
            continue
        change = features.change()
        unit = one.run.time_unit
        found = changes(change.before)
        usual = float(np.nanmedian(change.before))
        for run in np.split(found, np.flatnonzero(np.diff(found) > 1) + 1) if len(found) else ():
            at = run[np.argmin(change.before[run])]
            epoch, alike = int(change.epochs[at]), float(change.before[at])
            first, last = int(change.epochs[run[0]]), int(change.epochs[run[-1]])
            when = f"At {unit} {first}" if first == last else f"From {unit} {first} to {last}"
            headline = f"{when} layer {features.layer!r} changed more than usual, in {one.name}."
            yield Finding(
                "event: representation",
                "noticed",
                f"{headline} Its alignment with the {unit} before is {alike:.2f} at {epoch}; half "
                f"of all are above {usual:.4f}.",
                splits=(one.name,),
                epochs=(first, last),
                effect=alike - usual,
                n=(len(features.probe(epoch).ids),),
                test="linear CKA against its usual value",
                link=f"{view_link([one], None, epoch)}&tab=features",
                headline=headline,
                rates=(usual, alike),
                why=WHY,
            )


def changes(alike: NDArray[np.floating]) -> NDArray[np.intp]:
    """Positions at which a layer is more different from the epoch before than usual.

    Those at the beginning are early training, and left out.

    Arguments:
        alike: CKA with the epoch before, shape (epochs,); NaN where it is unknown.

    Examples:
        >>> calm = np.full(20, 0.9998)
        >>> calm[[0, 1, 12]] = np.nan, 0.8, 0.5
        >>> changes(calm)
        array([12])
    """
    distance = 1 - alike
    known = distance[~np.isnan(distance)]
    if len(known) < FEWEST_EPOCHS:
        return np.empty(0, np.intp)
    usual = np.median(known)
    spread = 1.4826 * np.median(np.abs(known - usual))
    is_large = np.nan_to_num(distance) >= max(LEAST, usual + STRONG * spread)
    calm = np.flatnonzero(~is_large & ~np.isnan(distance))
    return np.flatnonzero(is_large & (np.arange(len(alike)) > calm[0])) if len(calm) else calm


def _features(one: Split) -> Features | None:
    try:
        return one.features()
    except NoFeaturesError:
        return None
