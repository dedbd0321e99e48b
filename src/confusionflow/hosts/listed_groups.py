"""Find the groups of classes that a view shows, as state/classes/groups.svelte.ts does."""

from __future__ import annotations

from collections.abc import Sequence

from confusionflow.analysis.found_tree import find_tree
from confusionflow.analysis.tree import Tree
from confusionflow.errors import ConfusionFlowError
from confusionflow.hosts import link
from confusionflow.reading.run import Series
from confusionflow.server.routes import find_series
from confusionflow.store import Store

# More classes than these are shown in groups if nothing else was chosen: MOST_FLAT of the page.
MOST_FLAT = 30


class Groups:
    """The classes of a view and the groups that they are in.

    Arguments:
        view: The fragment of a link.
        shown: The series that the page shows.
        similar: The groups by similarity, if the page does not find them itself, as in a report.
    """

    def __init__(self, view: str, shown: Sequence[Series], similar: Tree | None = None) -> None:
        self._classes = tuple(dict.fromkeys(name for one in shown for name in one.classes))
        self._hidden = frozenset(link.read_names(view, "hidden"))
        self._tree = _tree(view, shown, self._classes, similar)

    def members(self, name: str) -> tuple[str, ...]:
        """The shown classes of a group; of a class, itself.

        Raises:
            KeyError: there is no such class or group, so the page selects nothing.
        """
        if name in self._classes:
            return (name,)
        if self._tree is None or name not in self._tree.groups:
            raise KeyError(name)
        members = [each for each in self._tree.classes_in(name) if each in self._classes]
        found = tuple(each for each in members if each not in self._hidden)
        # A group of one class is shown as that class, and one of all as no group.
        if len(found) < 2 or len(found) == len(set(self._classes) - self._hidden):
            raise KeyError(name)
        return found


def _tree(
    view: str, shown: Sequence[Series], classes: Sequence[str], similar: Tree | None
) -> Tree | None:
    """The tree of the classes; None if they are in no groups."""
    given = next((tree for one in shown if (tree := one.run.tree) is not None), None)
    usual = "none" if len(classes) <= MOST_FLAT else "given" if given else "similarity"
    wanted = link.read_text(view, "group")
    wanted = wanted if wanted in ("none", "given", "similarity") else usual
    if wanted == "given":
        return given
    return (similar or _similar(view, shown)) if wanted == "similarity" else None


def _similar(view: str, shown: Sequence[Series]) -> Tree | None:
    """Find the groups by similarity in the series and epochs that the view names, or in all shown.

    Returns:
        None if they can't be found; the page shows the classes without groups then.
    """
    epochs, refs = link.read_found(view) or (None, [])
    first, last = epochs or (None, None)
    by_ref = {(one.run.stored.api_id, one.id): one for one in shown}
    store = Store(shown[0].run.stored.filesystem)
    names, cubes = [], []
    try:
        for run, split, own in refs or [(*ref, None) for ref in by_ref]:
            one = by_ref.get((run, split)) or find_series(store, run, split)
            names.append(one.classes)
            cubes.append(one.cube().between(first, last).between(*(own or (None, None))))
        return find_tree(names, cubes)
    except ConfusionFlowError:
        return None
