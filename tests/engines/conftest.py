from tests.store.conftest import s3

__all__ = ["s3"]
