"""Find a small piece of code wherever it stands and however it is laid out, and replace it.

Python is compared as a syntax tree, so that line breaks, quotes, parentheses and comments do not
matter. The client's sources are compared token by token, without semicolons and trailing commas.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Statements = list[ast.stmt]
Pattern = ast.expr | Statements
# The parent of what was found, the field that holds it, and its position if that is a list.
Match = tuple[ast.AST, str, int | None]

TOKEN = re.compile(r"""\w+|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\S""")


@dataclass(frozen=True)
class Place:
    """A place where a pattern was found.

    Attributes:
        file: The file.
        text: The whole file with the pattern replaced there.
    """

    file: Path
    text: str


def find_in_python(
    folder: Path, name: str, old: str, new: str, *, everywhere: bool = False
) -> list[Place]:
    """Find an expression or some statements within what has a qualified name.

    Arguments:
        folder: Where to look for Python files.
        name: A function, method, class or constant, as `Class.method`, in any of the files.
        old: One expression, or whole statements. A text stands for a part of a text.
        new: What replaces it.
        everywhere: Whether all that is found in a file is replaced together.

    Returns:
        Each place where `old` was found.

    Raises:
        SyntaxError: `old` or `new` is not Python.
    """
    pattern, substitute = _parse(old, new)
    places = []
    for file in sorted(folder.rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        # Most files need not be parsed.
        if name.rpartition(".")[2] not in source:
            continue
        module = _module(source)
        indices = range(len(_found(module, name, pattern)))
        for chosen in [indices] if everywhere and indices else [[index] for index in indices]:
            changed = copy.deepcopy(module)
            found = _found(changed, name, pattern)
            for index in chosen:
                _replace(found[index], pattern, substitute)
            places.append(Place(file, ast.unparse(ast.fix_missing_locations(changed))))
    return places


@functools.cache
def _module(source: str) -> ast.Module:
    return ast.parse(source)


def _found(module: ast.Module, name: str, pattern: Pattern) -> list[Match]:
    return [match for definition in _named(module, name) for match in _matches(definition, pattern)]


def find_in_client(folder: Path, old: str, new: str) -> list[Place]:
    """Find a sequence of tokens in the client's sources; tests are left out.

    Arguments:
        folder: Where to look for TypeScript, Svelte and CSS.
        old: Text whose tokens are looked for.
        new: Text that replaces them.

    Returns:
        Each place where `old` was found.
    """
    wanted = [token for token, _, _ in _tokens(old)]
    places = []
    for file in sorted(folder.rglob("*")):
        if file.suffix not in {".ts", ".svelte", ".css"} or ".test." in file.name:
            continue
        text = file.read_text(encoding="utf-8")
        tokens = _tokens(text)
        words = [token for token, _, _ in tokens]
        for start in range(len(words) - len(wanted) + 1):
            if words[start : start + len(wanted)] == wanted:
                begin, end = tokens[start][1], tokens[start + len(wanted) - 1][2]
                places.append(Place(file, text[:begin] + new + text[end:]))
    return places


@functools.cache
def _tokens(text: str) -> list[tuple[str, int, int]]:
    """Each token with its first and last offset, without what formatters add and remove."""
    found = [(match[0], match.start(), match.end()) for match in TOKEN.finditer(text)]
    kept = []
    for index, (token, begin, end) in enumerate(found):
        following = found[index + 1][0] if index + 1 < len(found) else ""
        if token == ";" or (token == "," and following in {")", "]", "}"}):
            continue
        kept.append(
            (f'"{token[1:-1]}"' if token[0] == "'" and end - begin > 1 else token, begin, end)
        )
    return kept


def _named(module: ast.Module, name: str) -> list[ast.stmt]:
    """The definitions with a qualified name."""
    *classes, last = name.split(".")
    bodies = [module.body]
    for each in classes:
        bodies = [
            statement.body
            for body in bodies
            for statement in _flat(body)
            if isinstance(statement, ast.ClassDef) and statement.name == each
        ]
    return [statement for body in bodies for statement in _flat(body) if last in _names(statement)]


def _flat(body: Statements) -> Iterator[ast.stmt]:
    """The statements of a body, and those under an `if` or `try` in it."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            yield from _flat([*statement.body, *statement.orelse])


def _names(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Assign():
            return {target.id for target in statement.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def _parse(old: str, new: str) -> tuple[Pattern, Pattern]:
    """Both as expressions if both are one, else both as statements."""
    try:
        return ast.parse(old.strip(), mode="eval").body, ast.parse(new.strip(), mode="eval").body
    except SyntaxError:
        return ast.parse(old).body, ast.parse(new).body


def _matches(definition: ast.stmt, pattern: Pattern) -> Iterator[Match]:
    """All that equals the pattern; a text, all texts that hold it."""
    if text := _text(pattern):
        nodes = list(ast.walk(definition))
        docstrings = [node.value for node in nodes if isinstance(node, ast.Expr)]
        for node in nodes:
            is_code = isinstance(node, ast.Constant) and node not in docstrings
            if is_code and text in (_text(node) or ""):
                yield node, "value", None
        return
    wanted = [ast.dump(part) for part in (pattern if isinstance(pattern, list) else [pattern])]
    for parent in ast.walk(ast.Module([definition], [])):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, ast.AST) and [ast.dump(value)] == wanted:
                yield parent, field, None
            elif isinstance(value, list):
                dumps = [ast.dump(each) if isinstance(each, ast.AST) else "" for each in value]
                for at in range(len(dumps) - len(wanted) + 1):
                    if dumps[at : at + len(wanted)] == wanted:
                        yield parent, field, at


def _text(pattern: ast.AST | Statements) -> str | None:
    value = pattern.value if isinstance(pattern, ast.Constant) else None
    return value if isinstance(value, str) else None


def _replace(match: Match, pattern: Pattern, substitute: Pattern) -> None:
    parent, field, position = match
    if isinstance(parent, ast.Constant):
        parent.value = str(parent.value).replace(_text(pattern) or "", _text(substitute) or "")
    elif position is None:
        setattr(parent, field, substitute)
    elif isinstance(pattern, list):
        getattr(parent, field)[position : position + len(pattern)] = substitute
    else:
        getattr(parent, field)[position] = substitute
