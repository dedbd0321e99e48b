"""Findings as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from confusionflow.reading.findings.finding import Finding


def plain(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Turn findings into dictionaries that JSON can hold: lists for tuples, None for NaN.

    Those that stand under a finding are in its `under`.
    """
    return [
        {name: _value(value) for name, value in vars(finding).items() if name != "under"}
        | {
            "guaranteed": finding.guaranteed,
            "leads": finding.leads,
            "under": plain(finding.under),
        }
        for finding in findings
    ]


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        values = [_value(inner) for inner in value]
        return None if values == [None, None] else values
    return None if isinstance(value, float) and math.isnan(value) else value
