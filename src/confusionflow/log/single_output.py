"""Find out what a model's single number for each instance means."""

from __future__ import annotations

from confusionflow.log.outputs import Floats, are_probabilities


class SingleOutput:
    """Knows what a model's single number for each instance means.

    A number outside of 0 … 1 in a split shows that all are logits, in this split and all others
    from then on, since it is the same model. Until then they are taken for probabilities.

    Attributes:
        are_logits: Whether a logit was seen.
    """

    def __init__(self) -> None:
        self.are_logits = False
        self._cut: dict[tuple[str, int], None] = {}

    def look(self, numbers: Floats) -> bool:
        """Whether these are logits; nothing is remembered."""
        return self.are_logits or not are_probabilities(numbers)

    def remember(self, split: str, epoch: int, *, are_logits: bool) -> list[tuple[str, int]]:
        """Remember how the numbers of an epoch were read.

        Returns:
            Splits and epochs that were taken for probabilities and, as this one shows, were logits.
        """
        if not are_logits:
            self._cut[split, epoch] = None
            return []
        self.are_logits = True
        self._cut.pop((split, epoch), None)
        wrong, self._cut = list(self._cut), {}
        return wrong
