"""Values that are found once, by threads that ask together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from confusionflow.server.once_per_key import OncePerKey


def test_threads_that_ask_together_find_a_value_once() -> None:
    cache = OncePerKey[int](most=4)
    begun, go_on = threading.Event(), threading.Event()
    found: list[int] = []

    def find() -> int:
        begun.set()
        assert go_on.wait(90)
        found.append(1)
        return 7

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(cache.get, "slow", find)
        assert begun.wait(90)
        others = [pool.submit(cache.get, "slow", find) for _ in range(7)]
        assert cache.get("quick", lambda: 3) == 3  # nobody waits for another key
        go_on.set()
        assert [each.result(30) for each in [first, *others]] == [7] * 8
    assert found == [1]


def test_an_error_is_raised_for_all_and_the_value_is_found_at_the_next_call() -> None:
    cache = OncePerKey[int](most=4)

    def fail() -> int:
        raise OSError("gone")

    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            cache.get("key", fail)
    assert cache.get("key", lambda: 5) == 5
    assert cache.get("key", fail) == 5


def test_the_least_recently_used_goes_and_what_is_too_large_is_not_kept() -> None:
    cache = OncePerKey[str](most=5, size=len)
    assert cache.get("a", lambda: "xxxxxx") == "xxxxxx"
    assert cache.get("a", lambda: "xxx") == "xxx"
    assert cache.get("b", lambda: "yyy") == "yyy"
    assert cache.get("a", lambda: "new") == "new"
