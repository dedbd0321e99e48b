"""Remember what was logged at which epoch: the end of a training is often evaluated again."""

from __future__ import annotations

import warnings

from confusionflow.errors import ConfusionFlowWarning
from confusionflow.integrations.batches import Batches


class LoggedEpochs:
    """The epochs of each split that an integration has logged.

    Arguments:
        name: Name of the run, for warnings.
        advice: How to give other data a name in the framework, a sentence without its full stop.
    """

    def __init__(self, name: str, advice: str) -> None:
        self._name = name
        self._advice = advice
        self._labels: dict[tuple[str, int], bytes] = {}

    def __len__(self) -> int:
        return len(self._labels)

    def is_new(self, split: str, epoch: int, batches: Batches, *, may_be_again: bool) -> bool:
        """Whether to log an evaluation; if so, its epoch counts as logged from then on.

        Arguments:
            split, epoch: Its split and epoch.
            batches: What was evaluated.
            may_be_again: Whether to log it even if the epoch has been logged. If not, the same
                data is ignored, because the weights are the same, and other data is warned about.
        """
        digest = batches.digest_of_labels()
        known = self._labels.get((split, epoch))
        if known is None or may_be_again:
            self._labels[split, epoch] = digest
            return True
        if known != digest:
            warnings.warn(
                f"Run {self._name!r}: epoch {epoch} of split {split!r} is already logged. Other "
                f"data, evaluated under the same name, is not logged. {self._advice}.",
                ConfusionFlowWarning,
                stacklevel=3,
            )
        return False
