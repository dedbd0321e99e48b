"""Break each promise on purpose, and see its test fail.

    python -m scripts.mutate [WORD …]

applies every mutation of `tests/mutations.toml` (or those whose title holds one of the words), one
after the other, to a copy of the checkout and runs the tests that must notice. A mutation that no
test notices, or that fits no longer, is an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scripts.patterns import Place, find_in_client, find_in_python

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 600.0

# pytest's answer for "tests failed"; others mean that it could not run them.
TESTS_FAILED = 1


@dataclass(frozen=True)
class Mutation:
    """A change that breaks a promise.

    Attributes:
        title: What is broken, in words.
        old: Code that is there exactly once, in whatever layout.
        new: What replaces it.
        tests: Arguments of pytest, or files of vitest; these must fail.
        function: The function, method, class or constant of the package that holds `old`, with the
            name of its class, in whatever file. None: the code is the client's.
        everywhere: Whether `old` may be in the function several times; all are replaced then.
    """

    title: str
    old: str
    new: str
    tests: tuple[str, ...]
    function: str | None = None
    everywhere: bool = False

    @property
    def is_of_client(self) -> bool:
        """Whether the page has to be built again."""
        return self.function is None

    @property
    def is_of_vitest(self) -> bool:
        """Whether vitest runs the tests."""
        return self.tests[0].startswith("client/")

    def places(self, root: Path) -> list[Place]:
        """Where it can be applied: one place, if it fits."""
        if self.function is None:
            return find_in_client(root / "client/src", self.old, self.new)
        return find_in_python(
            root / "src/confusionflow",
            self.function,
            self.old,
            self.new,
            everywhere=self.everywhere,
        )

    def misfit(self, root: Path) -> str | None:
        """Why it can't be applied, or None."""
        count = len(self.places(root))
        if count != 1:
            where = f"in {self.function}" if self.function else "in the client"
            return f"the old code is {count} times {where}"
        missing = [test for test in self.tests if not (root / test.partition("::")[0]).exists()]
        return f"there is no {missing[0]}" if missing else None


def read_mutations(root: Path = ROOT) -> list[Mutation]:
    """All mutations, in the order of the file."""
    entries = tomllib.loads((root / "tests/mutations.toml").read_text(encoding="utf-8"))
    return [Mutation(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries["mutation"]]


def copy_checkout(root: Path, into: Path) -> None:
    """Copy what git knows or would take in, the built page, and links to what is installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if name]
    static = root / "src/confusionflow/server/static"
    names += [str(path.relative_to(root)) for path in static.rglob("*") if path.is_file()]
    for name in names:
        if (root / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, into / name)
    (into / "client/node_modules").symlink_to(root / "client/node_modules")


def notices(mutation: Mutation, copy: Path) -> str:
    """Apply a mutation to a copy, run its tests, and take it back.

    Returns:
        "red" as it should be; otherwise what happened instead.
    """
    (place,) = mutation.places(copy)
    text = place.file.read_text(encoding="utf-8")
    place.file.write_text(place.text, encoding="utf-8")
    # The copy's package must come before the one that is installed, in the children too.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(copy / "src"), str(copy)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    node = [sys.executable, "scripts/node.py"]
    # With the time that `make test` allows each test: waiting for ever is noticed too.
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=120"]
    try:
        if mutation.is_of_vitest:
            files = [test.removeprefix("client/") for test in mutation.tests]
            command = [*node, "vitest", "run", *files]
        else:
            if mutation.is_of_client and _run([*node, "vite", "build"], copy, environment):
                return "could not build"
            command = [*pytest, "-m", "", *mutation.tests]
        code = _run(command, copy, environment)
    finally:
        place.file.write_text(text, encoding="utf-8")
    if code is None:
        return "no answer"
    return "red" if code == TESTS_FAILED else "green" if code == 0 else f"could not run ({code})"


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> int | None:
    """The exit status, or None if it took too long."""
    with tempfile.TemporaryFile() as output:
        try:
            ended = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        if ended.returncode not in (0, TESTS_FAILED):
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace")[-3000:])
        return ended.returncode


def main(words: list[str]) -> int:
    """Run mutations, print a table, and return the exit status."""
    chosen = [
        mutation
        for mutation in read_mutations()
        if not words or any(word.lower() in mutation.title.lower() for word in words)
    ]
    console = Console()
    table = Table("mutation", "outcome", "seconds")
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="mutate-") as name:
        copy = Path(name)
        copy_checkout(ROOT, copy)
        for mutation in chosen:
            started_s = time.monotonic()
            outcome = mutation.misfit(copy) or notices(mutation, copy)
            outcomes.append(outcome)
            took = f"{time.monotonic() - started_s:.0f}"
            console.print(f"{outcome}: {mutation.title} ({took} s)", markup=False)
            style = "" if outcome == "red" else "bold red"
            table.add_row(mutation.title, outcome, took, style=style)
    console.print(table)
    unnoticed = len(outcomes) - outcomes.count("red")
    console.print(f"{len(outcomes)} mutations, {unnoticed} not noticed")
    return 1 if unnoticed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
