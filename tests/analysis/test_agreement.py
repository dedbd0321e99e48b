"""Agreement of models, against a loop over pairs and instances."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from confusionflow.analysis.agreement import agreement


@pytest.mark.parametrize("seed", range(20))
def test_agreement_is_that_of_each_pair_and_instance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    actual, predicted = rng.integers(0, 3, 20), rng.integers(-1, 3, (4, 20))
    found = agreement(actual, predicted)
    for a, b in np.ndindex(4, 4):
        pairs = [(x, y) for x, y in zip(predicted[a], predicted[b], strict=True) if min(x, y) >= 0]
        assert found.churn[a, b] == pytest.approx(sum(x != y for x, y in pairs) / len(pairs))
    for i in range(20):
        votes = [int(p) for p in predicted[:, i] if p >= 0]
        counts = Counter(votes)
        mode = min(counts, key=lambda c: (-counts[c], c), default=-1)
        assert found.consensus[i] == mode
        if votes:
            assert found.share[i] == pytest.approx(counts[mode] / len(votes))
            assert found.wrong[i] == pytest.approx(np.mean([v != actual[i] for v in votes]))


def test_models_without_a_common_instance_have_no_churn() -> None:
    found = agreement(np.array([0, 1]), np.array([[0, -1], [-1, 0]]))
    assert np.isnan(found.churn[0, 1])
