"""What an answer leans on in other cells of its notebook: the definitions that it names, and those that they name."""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 100_000
_MOST_STATEMENTS = 20_000  # of a cell that is looked through
_BUILT_IN = frozenset(dir(builtins))


@dataclass(frozen=True)
class Piece:
    """A statement at top level of a cell that gives `names` a value or `changes` what is there, and the names it uses.

    Cells are counted from the top; places are in the order of the notebook.
    """

    cell: int
    place: tuple[int, int]
    names: frozenset[str]
    changes: frozenset[str]
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
    """The statements of a cell that leave something behind under a name; none where it is not Python."""
    for number, statement in enumerate(statements(source)):
        names = frozenset(defined_in([statement]))
        changes = frozenset(_changed(statement)) - names - {""}
        if names or changes:
            yield Piece(cell, (cell, number), names, changes, frozenset(_used(statement) - _bound(statement)), statement)


def borrowed(
    answer: str, cell: int, pieces: Iterable[Piece], known: set[str], wanted: set[str], *, live: bool = False
) -> tuple[list[str], list[str]]:
    """The pieces that an answer in cell number `cell` needs, in their order: those from above, and those from below.

    `known` are names that are there anyway, `wanted` those that the answer has to define. Of what defines a name above the
    answer the last counts, with all that changes it from there on: in a notebook that is run from top to bottom, it is what
    the test below the answer meets. Where there is nothing above, or where cells are in the order in which they were run
    (`live`), what defines it below counts as well.
    """
    tree = ast.Module(statements(answer), [])
    own = _bound(tree) | known | _BUILT_IN
    by_name = defaultdict[str, list[Piece]](list)
    for piece in pieces:
        for name in (piece.names | piece.changes if piece.cell != cell else ()):
            by_name[name].append(piece)
    missing = (wanted | _used(tree)) - own if tree.body else set[str]()
    looked_for, taken = set(missing), dict[tuple[int, int], Piece]()
    while missing:
        name = missing.pop()
        name = name if name in by_name else "*"  # what nothing defines may come from any import of *
        for piece in _that_count(name, cell, by_name, live):
            taken[piece.place] = piece
            missing |= piece.uses - own - looked_for
            looked_for |= piece.uses
        by_name.pop(name, None)  # taken, for all that ask: thousands of unknown names may mean the same imports
    above: list[str] = []
    below: list[str] = []
    for _, piece in sorted(taken.items()):
        (above if piece.cell < cell else below).append(piece.source)
    return above, below


def _that_count(name: str, cell: int, by_name: Mapping[str, Sequence[Piece]], live: bool) -> list[Piece]:
    """The pieces that make what stands under a name: in the cells above number `cell`, and perhaps in those below it."""
    found = by_name.get(name, ())
    above = _since_defined(name, [piece for piece in found if piece.cell < cell])
    below = _since_defined(name, [piece for piece in found if piece.cell > cell])
    return above + below if live or not above else above


def _since_defined(name: str, pieces: list[Piece]) -> list[Piece]:
    """The last of these pieces that defines a name, and what changes it afterwards; a module is not changed by its use."""
    anew = [i for i, piece in enumerate(pieces) if name in piece.names]
    if not anew or name == "*":
        return pieces
    first = pieces[anew[-1]]
    return [first] if isinstance(first.statement, ast.Import | ast.ImportFrom) else pieces[anew[-1] :]


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


def _changed(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement may give a value, or whose value it changes in place, but for those in `defined_in`."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            yield from map(_owner, targets)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            yield _owner(target)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner))):  # names.append(...)
            yield _owner(owner)
        case ast.If() | ast.For() | ast.While() | ast.With() | ast.Try() | ast.Match() | ast.Expr():
            yield from _changed_within(statement)


def _changed_within(statement: ast.stmt) -> Iterator[str]:
    """The same of a statement that holds others, or an expression in which := stands."""
    for node in _outside_functions(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.stmt) and node is not statement:
            yield from defined_in([node])
            yield from () if hasattr(node, "body") else _changed(node)


def _owner(target: ast.expr) -> str:
    """The name whose value a target is a part of: `table` for table["x"].y; empty where there is none."""
    while isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def _outside_functions(statement: ast.stmt) -> Iterator[ast.AST]:
    """A statement and all within it, but for what belongs to the functions and classes that it defines."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


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
    """The names among the targets of an assignment; table["x"] = 1 gives none a value."""
    parts = (part for target in targets for part in ast.walk(target))
    return (part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))


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
