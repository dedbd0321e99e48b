"""`make mutations` runs what is listed; here it is held that all of it can run."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.mutate import ROOT, Mutation, copy_checkout, notices, read_mutations

MUTATIONS = read_mutations()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[m.title for m in MUTATIONS])
def test_a_mutation_still_fits_the_code(mutation: Mutation) -> None:
    assert mutation.misfit(ROOT) is None
    assert mutation.new != mutation.old


def test_titles_are_told_apart() -> None:
    titles = [mutation.title for mutation in MUTATIONS]
    assert len(set(titles)) == len(titles)


def test_a_mutation_is_red_if_and_only_if_a_test_fails(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git repository")
    copy_checkout(ROOT, tmp_path)
    (tmp_path / "test_word.py").write_text(
        "from confusionflow.errors import did_you_mean\n"
        "def test_word():\n"
        "    assert did_you_mean('a', []) == 'There is none yet.'\n"
    )
    told = Mutation(
        "told", "src/confusionflow/errors.py", "There is none yet.", "?", ("test_word.py",)
    )
    untold = Mutation(
        "untold", "src/confusionflow/errors.py", "Did you mean {", "{", ("test_word.py",)
    )
    assert notices(told, tmp_path) == "red"
    assert notices(untold, tmp_path) == "green"
