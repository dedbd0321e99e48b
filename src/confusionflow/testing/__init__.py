"""What an integration's author needs to check a log that their code wrote.

Nothing here needs a test framework: a check that fails raises `AssertionError`.
"""

from confusionflow.testing.checks import assert_log_matches
from confusionflow.testing.confusion import Expected, read_confusion

__all__ = ["Expected", "assert_log_matches", "read_confusion"]
