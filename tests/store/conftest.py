from collections.abc import Iterator

import pytest
from tests.store.s3 import moto_server


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server of S3 that has a bucket."""
    with moto_server() as endpoint:
        yield endpoint
