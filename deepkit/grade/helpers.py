"""What an answer leans on in other cells of its notebook: the definitions that it names, and those that they name."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_CHARACTERS = 100_000
_MOST_STATEMENTS = 20_000  # of a cell that is looked through
_BUILT_IN = frozenset(dir(builtins))


@dataclass(frozen=True)
class Piece:
    """A statement at top level of a cell that gives names a value, and the names it uses.

    Cells are counted from the top; places are in the order of the notebook.
    """

    cell: int
    place: tuple[int, int]
    names: frozenset[str]
    uses: frozenset[str]
    statement: ast.stmt

    @property
    def source(self) -> str:
        """The statement's text; empty where it is nested too deeply to be written."""
        try:
            return ast.unparse(self.statement)
        except RecursionError:
            return ""


def pieces_of(source: str, cell: int) -> Iterator[Piece]:
    """The definitions, imports and assignments of a cell; none where it is not Python."""
    for number, statement in enumerate(statements(source)):
        names = frozenset(defined_in([statement]))
        if names:
            yield Piece(cell, (cell, number), names, frozenset(_used(statement) - _bound(statement)), statement)


def borrowed(answer: str, cell: int, pieces: Iterable[Piece], known: set[str], wanted: set[str]) -> tuple[list[str], list[str]]:
    """The pieces that an answer in cell number `cell` needs, in their order: those from above, and those from below.

    `known` are names that are there anyway, `wanted` those that the answer has to define. Of several pieces that define
    a name the last one counts, as in a notebook that was run from top to bottom.
    """
    tree = ast.Module(statements(answer), [])
    own = _bound(tree) | known | _BUILT_IN
    by_name = {name: piece for piece in pieces if piece.cell != cell for name in piece.names}
    missing = (wanted | _used(tree)) - own if tree.body else set[str]()
    taken: dict[tuple[int, int], Piece] = {}
    while missing:
        piece = by_name.get(missing.pop())
        if piece is not None and piece.place not in taken:
            taken[piece.place] = piece
            missing |= piece.uses - own
    above: list[str] = []
    below: list[str] = []
    for _, piece in sorted(taken.items()):
        (above if piece.cell < cell else below).append(piece.source)
    return above, below


def without_magics(source: str) -> str:
    """A cell's text without IPython's own lines, which keep their places; what `%time` and `%%time` run stays.

    >>> print(without_magics("%%time\\n%matplotlib inline\\nx = 1"))
    <BLANKLINE>
    <BLANKLINE>
    x = 1
    """
    timed = re.sub(r"^%time +", "", source, flags=re.MULTILINE)
    return re.sub(r"^(?:%%(?:time|timeit|capture|prun)\b|%(?!%)|!).*$", "", timed, flags=re.MULTILINE)


def defined_in(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that statements at top level give a value: by def, class, import or assignment."""
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                yield from ((alias.asname or alias.name).split(".")[0] for alias in imported)
            case ast.Assign(targets=targets):
                yield from _targets(targets)
            case ast.AnnAssign(target=target):
                yield from _targets([target])


def imports_of(source: str) -> list[str]:
    """The import statements at top level of a cell, each on a line; none where the cell is not Python."""
    return [ast.unparse(node) for node in statements(source) if isinstance(node, ast.Import | ast.ImportFrom)]


def statements(source: str) -> list[ast.stmt]:
    """The statements of a cell; none where it is not Python, or too long to be looked through."""
    if len(source) > MOST_CHARACTERS:
        return []
    try:
        return ast.parse(source).body[:_MOST_STATEMENTS]
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # its own answer will say so
        return []


def _targets(targets: Iterable[ast.AST]) -> Iterator[str]:
    return (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def _used(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _bound(tree: ast.AST) -> set[str]:
    """The names that something in a tree binds, wherever: who binds a name may mean his own."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.stmt):
            bound |= set(defined_in([node]))
    return bound
