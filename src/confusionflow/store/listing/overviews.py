"""Read the overviews of all runs of a log directory, again only if something changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from confusionflow.errors import ObjectStoreError
from confusionflow.store.cache import Cache
from confusionflow.store.format import file_names
from confusionflow.store.listing.index import OverviewIndex
from confusionflow.store.listing.overview import RunOverview, overview_of, read_summary
from confusionflow.store.places.filesystem import EXHAUSTED, FileSystem, in_parallel
from confusionflow.store.problem import Problem
from confusionflow.store.run import read_run
from confusionflow.store.run_listing import Tree, list_run

# Each call of `changed` looks at runs that ended for this long, but at least at FEW_RUNS of them.
QUIET_S = 0.03
FEW_RUNS = 64


@dataclass(frozen=True)
class _Known:
    """An overview, and what it was made from: the run's folders, and its damaged files."""

    tree: Tree
    damaged: tuple[str, ...]
    overview: RunOverview


class Overviews:
    """Overviews of runs. Threads may share them.

    Arguments:
        filesystem: Holds the log directory.
        cache: Knows which files are damaged.
    """

    def __init__(self, filesystem: FileSystem, cache: Cache) -> None:
        self._filesystem = filesystem
        self._cache = cache
        self._index = OverviewIndex(filesystem)
        self._known: dict[str, _Known] = {}
        self._seen: dict[str, RunOverview | None] = {}
        self._next_quiet = 0
        self._lock = threading.Lock()

    def of(self, run_ids: Sequence[str]) -> list[RunOverview]:
        """Describe these runs, oldest first, without folders that do not hold a run.

        Raises:
            ObjectStoreError: the object store refuses, or can't be reached.
        """
        began_ns = time.time_ns()
        found = in_parallel(self._filesystem, self._overview, run_ids)
        shown = [overview for overview in found if overview]
        trees = {run_id: known.tree for run_id, known in self._known.items()}
        self._index.keep(((run, trees.get(run.id, ())) for run in shown), began_ns)
        return sorted(shown, key=lambda run: (run.created_at, run.id))

    def changed(self, run_ids: Sequence[str]) -> frozenset[str]:
        """Ids of runs that changed since the last call: new files, an end, or a death.

        New and running runs are checked at every call. Finished runs seldom change: if there are
        very many, each call checks some of them, and a few calls check them all.

        Arguments:
            run_ids: Ids of the runs that there are now.

        Raises:
            OSError: the log directory can't be read.
        """
        with self._lock:
            before = self._seen
        due = [run_id for run_id in run_ids if not _has_ended(before.get(run_id))]
        seen = dict(zip(due, in_parallel(self._filesystem, self._overview, due), strict=True))
        quiet = sorted(set(run_ids) - seen.keys())
        ends_s = time.monotonic() + QUIET_S
        first = self._next_quiet % len(quiet) if quiet else 0
        in_turn = quiet[first:] + quiet[:first]
        few = in_turn[:FEW_RUNS]
        seen |= zip(few, in_parallel(self._filesystem, self._overview, few), strict=True)
        for run_id in in_turn[FEW_RUNS:]:
            if time.monotonic() > ends_s:
                break
            seen[run_id] = self._overview(run_id)
        self._next_quiet += len(seen) - len(due)
        for run_id in quiet:
            seen.setdefault(run_id, before[run_id])
        with self._lock:
            changed = {run_id for run_id in seen if before.get(run_id) != seen[run_id]}
            changed |= before.keys() - seen.keys()
            self._seen = seen
        return frozenset(changed)

    def _overview(self, run_id: str) -> RunOverview | None:
        """Find the overview of a run, and read it again if something in its folders changed."""
        known = self._known.get(run_id)
        damaged = self._damaged(run_id)
        if known is None and not damaged and (kept := self._index.get(run_id)):
            return kept
        try:
            tree = self._filesystem.scan_tree(file_names.run_folder(run_id))
        except ObjectStoreError:
            raise
        except OSError as error:
            return known.overview if known and error.errno in EXHAUSTED else None
        if known and _is_final(known.overview) and (known.tree, known.damaged) == (tree, damaged):
            return known.overview
        overview = self._read(run_id, tree, has_damage=bool(damaged))
        if overview is None:
            return None
        if known and known.overview == overview:
            overview = known.overview
        self._known[run_id] = _Known(tree, self._damaged(run_id), overview)
        return overview

    def _read(self, run_id: str, tree: Tree, *, has_damage: bool) -> RunOverview | None:
        """Read a run's summary, or the run itself if it has none; None if there is no run."""
        problems: list[Problem] = []
        if not has_damage:
            overview, problems = read_summary(self._filesystem, run_id, tree)
            if overview:
                return overview
        listing = list_run(self._filesystem, run_id, tree, self._cache)
        if not (listing.attempts or listing.splits):
            return None
        run = read_run(self._filesystem, run_id, listing, self._cache, time.time())
        overview = overview_of(run)
        return replace(overview, problems=(*overview.problems, *problems))

    def _damaged(self, run_id: str) -> tuple[str, ...]:
        return tuple(self._cache.damaged(file_names.run_folder(run_id)))


def _is_final(overview: RunOverview) -> bool:
    """Whether a run ended and has a good summary: one that can't change any more."""
    names = (problem.file.rpartition("/")[2] for problem in overview.problems)
    has_totals = all(split.last_total for split in overview.splits)
    is_damaged = any(map(file_names.parse_summary_file, names))
    return overview.state == "finished" and has_totals and not is_damaged


def _has_ended(overview: RunOverview | None) -> bool:
    return overview is not None and overview.state != "running"
