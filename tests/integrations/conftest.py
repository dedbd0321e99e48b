"""Real frameworks, notebooks and TensorBoard; where one is missing, its tests are skipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.conftest import browser, page, tab
from tests.integrations.digits import Digits, load

import confusionflow as cf

__all__ = ["browser", "page", "tab"]  # fixtures


@pytest.fixture(scope="session")
def digits() -> Digits:
    return load()


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    return cf.Run(tmp_path, name="run", classes=range(10))
