"""Name the runs that a table becomes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable

from confusionflow.errors import ConfusionFlowError
from confusionflow.importers.helpers.names import refuse_known_name

Key = tuple[str | None, str | None]


def run_names(
    runs: Iterable[Key],
    name: str | None,
    log_dir: str | os.PathLike[str] | None,
    tell: Callable[[str], None],
) -> dict[Key, str]:
    """Return the name of each run that a table holds.

    Arguments:
        runs: Name and id of the runs, None for what the table does not tell; each may come again.
        name: What the user calls the run. If there are several, their names begin with it.
        log_dir: Where they will be logged; a run of one of the names must not be there yet. None:
            the run may be there.
        tell: Called with a sentence that names the runs, if there are several.

    Raises:
        ConfusionFlowError: the run has no name, or there already is a run of its name.
    """
    keys = list(dict.fromkeys(runs))
    times = Counter(said for said, _ in keys)
    names: dict[Key, str] = {}
    for said, run_id in keys:
        own = said if times[said] == 1 or name is None else f"{said} {run_id}"
        if name is not None:
            names[said, run_id] = name if len(keys) == 1 else f"{name} {own}"
        elif own is not None:
            names[said, run_id] = own
        else:
            raise ConfusionFlowError(
                "The run has no name. Pass one (--run NAME), or say which column holds the runs "
                "(--run-column)."
            )
    if log_dir is not None:
        for one in dict.fromkeys(names.values()):
            refuse_known_name(log_dir, one)
    if len(keys) > 1 and name is not None:
        listed = ", ".join(map(repr, list(names.values())[:4]))
        more = f", … ({len(keys)})" if len(keys) > 4 else ""
        tell(
            f"The table holds several runs. They are called {listed}{more}. Leave the run's name "
            "out to call them as the table does."
        )
    return names
