import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no wrong result.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Where a shell runs tests in the background they ignore Ctrl-C, and so would what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

POSTER_DATA = Path(__file__).parents[2] / "shared" / "data" / "cifar10-poster"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser: all of e2e, and elsewhere the tests that ask for one."""
    for item in items:
        asks = "browser" in getattr(item, "fixturenames", ())
        if asks or item.path.is_relative_to(Path(__file__).parent / "e2e"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def poster_data() -> Path:
    """The poster's own matrices: splits train, test and cifar10.1, epochs 0 to 194."""
    if not POSTER_DATA.is_dir():
        reason = f"The poster's data is missing: {POSTER_DATA}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return POSTER_DATA
