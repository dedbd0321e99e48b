"""Arguments and options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

from confusionflow.errors import EpochError

LogDir = Annotated[
    str,
    typer.Argument(metavar="LOGDIR", help="Folder that runs are logged into, or s3://bucket/logs."),
]
LogDirs = Annotated[
    list[str],
    typer.Argument(
        metavar="LOGDIR...",
        help="Folders that runs are logged into, or addresses such as s3://bucket/logs.",
    ),
]
RunNames = Annotated[
    list[str] | None,
    typer.Option(
        "--run", metavar="NAME", help="Name or id of a run; repeat for more.  [default: all]"
    ),
]
SplitNames = Annotated[
    list[str] | None,
    typer.Option("--split", metavar="NAME", help="Split; repeat for more.  [default: all]"),
]
ClassNames = Annotated[
    list[str] | None,
    typer.Option("--class", metavar="NAME", help="Class; repeat for more.  [default: all]"),
]
Epochs = Annotated[
    str | None, typer.Option(metavar="FIRST-LAST", help="Epochs to include.  [default: all]")
]
ViewLink = Annotated[
    str, typer.Option(metavar="LINK", help="Link copied from the page: the view to begin with.")
]


def epoch_range(text: str | None) -> tuple[int, int] | None:
    """Read the first and last epoch of a text such as "0-99"; None means all.

    Raises:
        EpochError: the text is something else.
    """
    if text is None:
        return None
    first, separator, last = text.partition("-")
    if not (separator and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise EpochError(f"--epochs is {text!r}. Pass the first and the last, such as 0-99.")
    return int(first), int(last)
