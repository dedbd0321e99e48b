"""The page with a real problem of hundreds of classes: which part of WordNet a gloss is from.

Run `python -m bench.wordnet [--folder /usr/share/wordnet] [--largest SYNSETS]`. Debian's package
`wordnet-base` has the glosses and the tree of their nouns. A class is a part of that tree with
not more than so many nouns; the groups are the parts around it. A linear model of hashed words is
trained on three quarters of the glosses, and the page opened with what it logged.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bench.scale import Budget, measure, table_of
from playwright.sync_api import sync_playwright
from rich.console import Console
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.exporters.browser import find_browser

SMALLEST = 40
EPOCHS = 30
FEATURES = 2**14


@dataclass
class Synset:
    """A noun of WordNet with what is below it."""

    name: str
    gloss: str
    parent: str | None
    below: list[Synset] = field(default_factory=list)

    def glosses(self) -> Iterator[str]:
        """Its gloss, and those of all below it."""
        waiting = [self]
        while waiting:
            synset = waiting.pop()
            yield synset.gloss
            waiting += synset.below


def read_nouns(folder: Path) -> list[Synset]:
    """The tops of the tree of nouns, by the first hypernym of each."""
    found: dict[str, Synset] = {}
    for line in (folder / "data.noun").read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):
            continue
        fields, _, gloss = line.partition(" | ")
        parts = fields.split()
        pointers = parts[4 + 2 * int(parts[3], 16) + 1 :]
        above = [pointers[i + 1] for i, symbol in enumerate(pointers) if symbol in ("@", "@i")]
        found[parts[0]] = Synset(parts[4], gloss.split(";")[0], above[0] if above else None)
    for synset in found.values():
        if synset.parent:
            found[synset.parent].below.append(synset)
    return [synset for synset in found.values() if synset.parent is None]


def classes_of(tops: list[Synset], largest: int) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Groups of groups of classes, and the glosses of each class."""
    glosses: dict[str, list[str]] = {}
    seen: dict[str, int] = defaultdict(int)

    def name_of(synset: Synset) -> str:
        seen[synset.name] += 1
        return synset.name if seen[synset.name] == 1 else f"{synset.name} {seen[synset.name]}"

    def divide(synsets: list[Synset]) -> dict[str, Any]:
        groups: dict[str, Any] = {}
        for synset in synsets:
            texts = list(synset.glosses())
            if len(texts) > largest and (within := divide(synset.below)):
                groups[name_of(synset)] = within
            elif SMALLEST <= len(texts) <= largest:
                name = name_of(synset)
                groups[name] = None
                glosses[name] = texts
        return groups

    return divide(tops), glosses


def train(log_dir: Path, folder: Path, largest: int) -> int:
    """Log a training; return its number of classes."""
    tree, glosses = classes_of(read_nouns(folder), largest)
    texts = [text for each in glosses.values() for text in each]
    names = np.array(list(glosses))
    labels = np.repeat(np.arange(len(glosses)), [len(each) for each in glosses.values()])
    words = HashingVectorizer(n_features=FEATURES, alternate_sign=False)
    samples = words.transform(texts)
    random = np.random.default_rng(0)
    is_held_out = random.random(len(labels)) < 0.25
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.3, n_jobs=2)
    with cf.Run(log_dir, "linear", classes=tree) as run:
        for epoch in range(EPOCHS):
            if epoch:
                shuffled = random.permutation(np.flatnonzero(~is_held_out))
                model.partial_fit(samples[shuffled], labels[shuffled], np.arange(len(glosses)))
            for split, chosen in (("train", ~is_held_out), ("held out", is_held_out)):
                guess = model.predict(samples[chosen]) if epoch else np.zeros(chosen.sum(), int)
                run.log(epoch, split, y_true=names[labels[chosen]], y_pred=names[guess])
    return len(glosses)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--largest", type=int, default=400)
    arguments = parser.parse_args()
    if not (arguments.folder / "data.noun").is_file():
        raise SystemExit(f"There is no {arguments.folder}/data.noun: install wordnet-base.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        with without_syncs():
            n_classes = train(Path(folder), arguments.folder, arguments.largest)
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        name = f"WordNet: {n_classes} x {EPOCHS} x 2"
        row = measure(browser, name, Path(folder), Budget(1500, 33, 66, 300), rounds=5)
        browser.close()
    table = table_of()
    table.add_row(*row)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
