"""What a run is: its id, config and classes, from its arguments and from its earlier attempts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confusionflow.analysis.tree import Tree
from confusionflow.log.arguments import background_of, parse_name
from confusionflow.log.classes import ClassList
from confusionflow.log.config import plain_config
from confusionflow.log.groups import declare_classes
from confusionflow.log.history import History, read_history
from confusionflow.log.resume import changes, run_to_resume
from confusionflow.store.format.ids import given_run_id, new_run_id


@dataclass(frozen=True)
class RunFacts:
    """What a run is.

    Attributes:
        id: Its id.
        given_id: The name that the caller gave as its id, if the id was made from that.
        name: What it is called.
        config: Its hyperparameters, as JSON can hold them.
        time_unit: What an epoch is.
        declared: Its classes, if they are declared.
        tree: The groups in which these are declared, or None.
        background: Name of the class that means "no object", or None.
        created_at: Now, UTC.
        history: What its earlier attempts logged.
        is_missing: Whether it is to be resumed, but there is no run of its name.
    """

    id: str
    given_id: str | None
    name: str
    config: dict[str, Any]
    time_unit: str
    declared: ClassList | None
    tree: Tree | None
    background: str | None
    created_at: datetime
    history: History
    is_missing: bool

    @classmethod
    def gather(
        cls,
        log_dir: str | os.PathLike[str],
        name: str,
        config: Mapping[str, Any] | None,
        classes: Iterable[Any] | Mapping[str, Any] | None,
        *,
        parents: Mapping[Any, str] | None,
        time_unit: str,
        background: str | None,
        id: str | None,  # noqa: A002
        resume: bool,
    ) -> RunFacts:
        """Complete the arguments of `Run` by what the run that it continues has.

        Raises:
            ConfusionFlowError: the arguments can't be right.
        """
        name, time_unit = parse_name(name, "name"), parse_name(time_unit, "time_unit")
        declared, tree = declare_classes(classes, parents)
        plain = None if config is None else plain_config(config, name)
        if id is not None:
            known_id: str | None = given_run_id(parse_name(id, "id"))
        else:
            known_id = run_to_resume(log_dir, name, plain) if resume else None
        created_at = datetime.now(UTC)
        run_id = known_id or new_run_id(created_at)
        history = read_history(log_dir, run_id) if known_id else History()
        if declared is None and history.declared is not None:
            declared = ClassList(history.declared, is_declared=True)
        if tree is None and declared and history.tree:
            tree = history.tree if declared.names == history.tree.classes else None
        return cls(
            id=run_id,
            given_id=id if id != run_id else None,
            name=name,
            config=history.config if plain is None else plain,
            time_unit=time_unit,
            declared=declared,
            tree=tree,
            background=background_of(background, declared) or history.background,
            created_at=created_at,
            history=history,
            is_missing=resume and known_id is None,
        )

    def surprises(self, place: str) -> Iterator[str]:
        """Yield what somebody who resumes a run may not expect.

        Arguments:
            place: The log directory, as text.
        """
        if self.is_missing:
            yield f"no run of that name is in {place}, so a new one begins."
        if self.history.attempt is None:
            return
        if differs := changes(self.history.config, self.config):
            yield f"it continues with another config: {differs}."
