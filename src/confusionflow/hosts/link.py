"""Links to views, as client/src/state/link.ts writes and reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode

from confusionflow.errors import ArgumentError
from confusionflow.reading.findings.view_link import write_name

PARTS = (
    *("series", "run", "baseline", "fold", "band", "align", "epochs", "at", "part", "share"),
    *("curve", "scalars", "mode", "direction", "values", "gamma", "scale", "diagonal", "smooth"),
    *("detail", "by", "order", "group", "found", "open", "focus", "hidden", "sort", "filter"),
    *("tab", "rank", "wide", "listed", "passing", "rows", "instance"),
    *("find", "where", "beside", "only", "flow", "grid"),
    *("features", "map", "layer", "unit", "subsets", "lasso"),
)
CLASS_KINDS = ("inside", "fn", "fp", "precision", "recall", "f1", "support")


def fragment_of(link: str) -> str:
    """Return the part of a link that holds the view; the link itself if it is that part.

    Raises:
        ArgumentError: no part of it describes a view.

    Examples:
        >>> fragment_of("http://127.0.0.1:8080/#mode=lines")
        'mode=lines'
    """
    fragment = link.rpartition("#")[2]
    if fragment and not any(name in PARTS for name, _ in parse_qsl(fragment, True)):
        raise ArgumentError(
            f"The view is {link!r:.80}, which is not a link to a view. Pass a link from “Copy "
            "link” on the page, in quotes."
        )
    return fragment


def read_series(link: str) -> list[tuple[str, str, int]] | None:
    """Run id, split id and colour of each chosen series; None if none were chosen.

    Examples:
        >>> read_series("series=20261124T101500-ab12.0f3c.2&mode=lines")
        [('20261124T101500-ab12', '0f3c', 2)]
        >>> read_series("mode=lines")
    """
    text = _read(link, "series")
    if text is None:
        return None
    found = (re.fullmatch(r"([^.]+)\.([^.]+)\.(\d{1,4})", part) for part in text.split(","))
    return [(match[1], match[2], int(match[3])) for match in found if match]


def read_run(link: str) -> str | None:
    """Id of the run to begin with if no series are chosen; None for the newest."""
    return _read(link, "run") or None


def read_epoch(link: str) -> int | None:
    """The epoch that is marked; None for the newest.

    Examples:
        >>> read_epoch("at=12")
        12
    """
    text = _read(link, "at") or ""
    return int(text) if re.fullmatch("[0-9]+", text) else None


def read_range(link: str) -> tuple[int, int] | None:
    """First and last epoch that the charts show; None for all.

    Examples:
        >>> read_range("epochs=20-194")
        (20, 194)
    """
    return _read_range(read_text(link, "epochs"))


def read_cell(link: str) -> tuple[str, str] | None:
    """Actual and predicted class of the selected cell; None if no cell is selected.

    Examples:
        >>> read_cell("detail=cell%2CAuto%2CTruck")
        ('Auto', 'Truck')
    """
    kind, *names = read_selection(link)
    return (names[0], names[1]) if kind == "cell" else None


def read_selection(link: str) -> tuple[str, ...]:
    """What is selected: its kind, and the names of its classes.

    Examples:
        >>> read_selection("detail=fn%2CAuto")
        ('fn', 'Auto')
        >>> read_selection("mode=lines")
        ('accuracy',)
    """
    kind, *names = read_text(link, "detail").split(",")
    if len(names) != {"cell": 2, **dict.fromkeys(CLASS_KINDS, 1)}.get(kind):
        return ("accuracy",)
    return (kind, *map(_read_name, names))


def read_ref(link: str, part: str) -> tuple[str, str] | None:
    """Run and split id of the series that a part names; None if it names none.

    Examples:
        >>> read_ref("listed=20261124T101500-ab12.0f3c", "listed")
        ('20261124T101500-ab12', '0f3c')
    """
    match = re.fullmatch(r"([^.]+)\.([^.]+)", read_text(link, part))
    return (match[1], match[2]) if match else None


def read_names(link: str, part: str) -> list[str]:
    """Return the names in a part.

    Examples:
        >>> read_names("instance=a%252Cb%2C%25", "instance")
        ['a,b', '']
    """
    text = read_text(link, part)
    return [_read_name(name) for name in text.split(",")] if text else []


def read_text(link: str, part: str) -> str:
    """Return the content of a part; "" if the link does not have it."""
    return _read(link, part) or ""


def read_found(
    link: str,
) -> tuple[tuple[int, int] | None, list[tuple[str, str, tuple[int, int] | None]]] | None:
    """The epochs and series by which classes were put into groups; None if the view names none.

    Each series is a run, a split and its own range of epochs. None as a range means all epochs.

    Examples:
        >>> read_found("found=0-9,a.1,b.1.3-5")
        ((0, 9), [('a', '1', None), ('b', '1', (3, 5))])
    """
    epochs, *parts = read_text(link, "found").split(",")
    found = (re.fullmatch(r"([^.]+)\.([^.]+)(?:\.([0-9]+-[0-9]+))?", part) for part in parts)
    refs = [(each[1], each[2], _read_range(each[3] or "")) for each in found if each]
    return (_read_range(epochs), refs) if refs else None


def with_series(link: str, series: list[tuple[str, str]]) -> str:
    """The link with other series, by run and split id; series that it had keep their colours.

    Examples:
        >>> with_series("series=a.1.0%2Cb.1.1&at=3", [("b", "1"), ("c", "1")])
        'series=b.1.1%2Cc.1.0&at=3'
    """
    kept = {(run, split): color for run, split, color in read_series(link) or []}
    taken = {kept[ref] for ref in series if ref in kept}
    free = iter([color for color in range(len(series)) if color not in taken])
    colors = {ref: kept[ref] if ref in kept else next(free) for ref in dict.fromkeys(series)}
    chosen = ",".join(f"{run}.{split}.{color}" for (run, split), color in colors.items())
    return _with(_with(link, "run", None), "series", chosen)


def with_folds(link: str, folds: Sequence[Sequence[tuple[str, str]]], over: Sequence[str]) -> str:
    """The link with other series, by run and split id, folded over keys of their runs' configs.

    Examples:
        >>> with_folds("at=3", [[("a", "1"), ("b", "1")], [("c", "1")]], ["seed"])
        'fold=%25%2Cseed&series=a.1.0%2Cb.1.0%2Cc.1.1&at=3'
    """
    chosen = [f"{run}.{split}.{at}" for at, fold in enumerate(folds) for run, split in fold]
    shown = _with(_with(link, "run", None), "series", ",".join(chosen))
    # An empty name comes first, because folding over no key at all is possible, too.
    return _with(shown, "fold", ",".join(map(write_name, ["", *over])))


def with_epoch(link: str, epoch: int | None) -> str:
    """The link with another epoch marked; None marks the newest."""
    return _with(link, "at", None if epoch is None else str(epoch))


def with_range(link: str, epochs: tuple[int, int] | None) -> str:
    """The link with another range of epochs, both ends included; None shows all.

    Examples:
        >>> read_range(with_range("at=3", (20, 194)))
        (20, 194)
    """
    return _with(link, "epochs", epochs and f"{epochs[0]}-{epochs[1]}")


def with_cell(link: str, cell: tuple[str, str] | None) -> str:
    """The link with another cell selected, by names of classes; None selects the accuracy.

    Examples:
        >>> read_cell(with_cell("at=3", ("50%, red", "")))
        ('50%, red', '')
    """
    detail = None if cell is None else ",".join(["cell", *map(write_name, cell)])
    return _with(link, "detail", detail)


def _read(link: str, name: str) -> str | None:
    values = parse_qs(link, keep_blank_values=True).get(name)
    return values[0] if values else None


def _with(link: str, name: str, value: str | None) -> str:
    values = dict(parse_qsl(link, keep_blank_values=True))
    values.pop(name, None)
    return urlencode(({} if value is None else {name: value}) | values)


def _read_range(text: str) -> tuple[int, int] | None:
    match = re.fullmatch("([0-9]+)-([0-9]+)", text)
    if not match or int(match[1]) > int(match[2]):
        return None
    return int(match[1]), int(match[2])


def _read_name(text: str) -> str:
    return "" if text == "%" else re.sub("%25|%2C", lambda code: unquote(code[0]), text)
