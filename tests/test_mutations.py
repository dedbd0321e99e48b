"""`make mutations` runs what is listed; here it is held that all of it can run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from scripts.mutate import ROOT, Mutation, copy_checkout, notices, read_mutations
from scripts.patterns import find_in_client, find_in_python

MUTATIONS = read_mutations()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[m.title for m in MUTATIONS])
def test_a_mutation_still_fits_the_code(mutation: Mutation) -> None:
    assert mutation.misfit(ROOT) is None
    assert mutation.new != mutation.old


def test_titles_are_told_apart() -> None:
    titles = [mutation.title for mutation in MUTATIONS]
    assert len(set(titles)) == len(titles)


@pytest.mark.slow
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
        "told", "'There is none yet.'", "'?'", ("test_word.py",), function="did_you_mean"
    )
    untold = Mutation("untold", "'Did you mean '", "''", ("test_word.py",), function="did_you_mean")
    assert notices(told, tmp_path) == "red"
    assert notices(untold, tmp_path) == "green"


def test_code_is_found_in_whatever_layout_file_and_order(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "any.py").write_text(
        "class A:\n  def f(self): return g(1)\n"
        "class B:\n"
        "  def f(self):\n"
        "    # why\n"
        "    return (g(\n      1,\n    ) + 'to ' 'day')\n"
    )
    for old, new, changed in [("g(1)", "h()", "h() + 'to day'"), ("'day'", "'tal'", "'to tal'")]:
        (place,) = find_in_python(tmp_path, "B.f", old, new)
        assert place.text.count("g(1)") == (1 if new == "h()" else 2)
        assert changed in place.text
    assert len(find_in_python(tmp_path, "A.f", "return g(1)", "pass")) == 1
    assert find_in_python(tmp_path, "f", "g(1)", "h()") == []


def test_code_of_the_client_is_found_in_whatever_layout(tmp_path: Path) -> None:
    (tmp_path / "any.svelte").write_text("<p>{f(\n  'a',\n  b,\n)}</p>; f('a', c)")
    (place,) = find_in_client(tmp_path, 'f("a", b)', "g")
    assert place.text == "<p>{g}</p>; f('a', c)"


@pytest.mark.slow
def test_no_mutation_fits_less_when_files_are_moved_and_laid_out_in_another_way(
    tmp_path: Path,
) -> None:
    package, client = tmp_path / "src/confusionflow", tmp_path / "client/src"
    for at, file in enumerate(sorted((ROOT / "src/confusionflow").rglob("*.py"))):
        moved = package / f"moved_{at}" / "renamed.py"
        moved.parent.mkdir(parents=True)
        # Python's own layout: other quotes, no comments, no line breaks in expressions.
        moved.write_text(ast.unparse(ast.parse(file.read_text(encoding="utf-8"))), encoding="utf-8")
    for at, file in enumerate(sorted((ROOT / "client/src").rglob("*.*"))):
        moved = client / f"moved_{at}" / file.name
        moved.parent.mkdir(parents=True)
        text = re.sub(r"([({,])", r"\1\n   ", file.read_text(encoding="utf-8"))
        moved.write_text(re.sub(r"(?<=\w)([)\]])", r",\n\1", text), encoding="utf-8")
    misfits = [each.title for each in MUTATIONS if len(each.places(tmp_path)) != 1]
    assert misfits == []
