"""What is damaged is read again, and what is whole is remembered."""

from __future__ import annotations

from confusionflow.errors import DamagedFileError
from confusionflow.store.cache import Cache


def test_a_file_that_another_thread_has_read_whole_is_not_taken_for_damaged() -> None:
    cache = Cache()

    def read_early() -> str:
        assert cache.get("run/file", lambda: "whole") == "whole"
        raise DamagedFileError("It was read before it was whole.")

    assert cache.get("run/file", read_early) == "whole"
    assert cache.damaged("run") == {}
