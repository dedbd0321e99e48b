"""`confusionflow serve`, `demo` and `mcp`: commands that run until they are stopped."""

from __future__ import annotations

import contextlib
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from confusionflow.cli.log_directory import suggest_log_directory
from confusionflow.cli.options import LogDir
from confusionflow.cli.printable import printable
from confusionflow.errors import ArgumentError

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all addresses.")]
Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Port to listen on.  [default: the first free one from 8080 on]"
    ),
]
Open = Annotated[
    bool | None,
    typer.Option("--open/--no-open", help="Open the page in a browser.  [default: in a terminal]"),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Another host name under which the page is opened, such as that of a proxy; repeat "
        "for more.",
    ),
]
AllowFrame = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ORIGIN",
        help="Another origin whose pages may show this one in a frame, such as "
        "https://huggingface.co; repeat for more.",
    ),
]
Samples = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SPLIT=DIR",
        help="Show images of a split in full size, from the files below a folder; repeat for "
        "more.  [default: thumbnails only]",
    ),
]
WithToken = Annotated[
    bool | None,
    typer.Option(
        "--token/--no-token",
        help="Ask for the token in the printed address; CONFUSIONFLOW_TOKEN sets its text.  "
        "[default: if other machines can reach the server]",
    ),
]


def serve(
    log_dir: Annotated[
        list[str],
        typer.Argument(
            metavar="LOGDIR...",
            help="Folder that runs are logged into, or s3://bucket/logs; several are shown side by "
            "side.",
        ),
    ],
    host: Host = "127.0.0.1",
    port: Port = None,
    open: Open = None,  # noqa: A002
    allow_host: AllowHost = None,
    allow_frame: AllowFrame = None,
    samples: Samples = None,
    token: WithToken = None,
) -> None:
    """Show a log directory, or several, live in the browser."""
    from confusionflow.exporters.report import make_report
    from confusionflow.server.serve import serve as run_server

    shown = ", ".join(log_dir)
    for one in log_dir:
        if near := suggest_log_directory(one):
            print(printable(f"No runs in {one} yet. There are runs in {near}."), file=sys.stderr)
    run_server(
        log_dir,
        host=host,
        port=port,
        allowed_hosts=allow_host or (),
        allowed_frames=allow_frame or (),
        samples=dict(map(_split_and_folder, samples or ())),
        with_token=token,
        make_report=make_report,
        ready=lambda address: _announce(f"ConfusionFlow shows {shown} at", address, open),
    )


def mcp(
    log_dir: LogDir,
    address: Annotated[
        str, typer.Option(metavar="URL", help="Where `confusionflow serve` shows the page.")
    ] = "http://127.0.0.1:8080/",
) -> None:
    """Let an assistant ask about a log directory: an MCP server on stdin and stdout.

    Needs the package mcp: pip install 'confusionflow[mcp]'.
    """
    from confusionflow.cli.assistant.server import create_assistant

    create_assistant(log_dir, address).run("stdio")


def demo(
    log_dir: Annotated[
        Path | None,
        typer.Argument(metavar="[LOGDIR]", help="Where to log.  [default: a new temporary folder]"),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = None,
    open: Open = None,  # noqa: A002
    allow_host: AllowHost = None,
    token: WithToken = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs to train.")] = 80,
    pace: Annotated[float, typer.Option(min=0, help="Minimum seconds per epoch.")] = 0.5,
) -> None:
    """Train three run configurations on handwritten digits, and watch them live."""
    from confusionflow.cli.demo import demo as run_demo

    run_demo(
        log_dir,
        host=host,
        port=port,
        allowed_hosts=allow_host or (),
        with_token=token,
        epochs=epochs,
        pace_s=pace,
        ready=lambda address, folder: _announce(
            f"ConfusionFlow trains three runs into {folder} and shows them at", address, open
        ),
    )


def _split_and_folder(text: str) -> tuple[str, Path]:
    """Read a split and the folder of its images. The name of a split may contain "="."""
    split, separator, folder = text.rpartition("=")
    if not (separator and split and Path(folder).is_dir()):
        raise ArgumentError(
            f"--samples is {text!r}. Pass the name of a split and a folder that is there, such as "
            "test=data/images."
        )
    return split, Path(folder)


def _announce(text: str, address: str, open_browser: bool | None) -> None:
    """Print the address at once, and open a browser if somebody is watching."""
    print(printable(f"{text} {address}"), flush=True)
    if open_browser if open_browser is not None else sys.stdout.isatty():
        # If no browser can be opened, the user can open the printed address.
        with contextlib.suppress(webbrowser.Error, OSError):
            webbrowser.open(address)
