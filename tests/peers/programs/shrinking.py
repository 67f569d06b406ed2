"""The smallest program that still shows a difference, found by deleting greedily from its syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator


def smallest(text: str, fails: Callable[[str], bool], tries: int = 150) -> str:
    """Takes the first smaller program that still fails, again and again, until none does (or tries are used up)."""
    text, progress = ast.unparse(ast.parse(text)), True
    while progress and tries > 0:
        progress = False
        position = 0
        while tries > 0 and (candidate := _candidate(text, position)) is not None:
            position += 1
            if len(candidate) >= len(text):
                continue
            tries -= 1
            if fails(candidate):
                text, progress, position = candidate, True, position - 1
    return text


def _candidate(text: str, position: int) -> str | None:
    """The position-th way to make the program smaller: the last statements first, then parts of expressions."""
    tree = ast.parse(text)
    for number, change in enumerate(_changes(tree)):
        if number == position:
            change()
            return ast.unparse(ast.fix_missing_locations(tree))
    return None


def _changes(tree: ast.Module) -> Iterator[Callable[[], None]]:
    blocks = [b for node in ast.walk(tree) for b in (getattr(node, "body", None),) if isinstance(b, list)]
    for block in blocks:
        for i in reversed(range(len(block))):
            if len(block) > 1 and _free(tree, block[i]):
                yield lambda block=block, i=i: block.__delitem__(i)
            if isinstance(block[i], ast.With) and "control" in ast.unparse(block[i].items[0]):
                yield lambda block=block, i=i: block.__setitem__(slice(i, i + 1), block[i].body)
    for node in ast.walk(tree):
        yield from _shorter(node)
        yield from _hoisted(node)


def _free(tree: ast.Module, statement: ast.stmt) -> bool:
    """Whether nothing else reads what the statement names."""
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {statement.name} if isinstance(statement, ast.FunctionDef) else set()
    inside = set(ast.walk(statement))
    return not any(
        isinstance(n, ast.Name) and n.id in names and isinstance(n.ctx, ast.Load) and n not in inside
        for n in ast.walk(tree)
    )


def _shorter(node: ast.AST) -> Iterator[Callable[[], None]]:
    """One element fewer in a list or dict; one optional argument fewer in a call."""
    if isinstance(node, ast.Dict):
        for i in range(len(node.keys)):
            yield lambda i=i: (node.keys.__delitem__(i), node.values.__delitem__(i))[0]
    if isinstance(node, ast.List) and not all(isinstance(e, ast.Constant | ast.UnaryOp) for e in node.elts):
        for i in range(len(node.elts)):
            yield lambda i=i: node.elts.__delitem__(i)
    if isinstance(node, ast.Call):
        for i in range(len(node.keywords)):
            yield lambda i=i: node.keywords.__delitem__(i)


def _hoisted(node: ast.AST) -> Iterator[Callable[[], None]]:
    """A call or an operation gives way to one of its operands."""
    for name, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.Call | ast.BinOp) and "np.array" not in ast.unparse(part)[:9]:
                inner = part.args if isinstance(part, ast.Call) else [part.left, part.right]
                for operand in inner:
                    if isinstance(operand, ast.Name | ast.Call | ast.BinOp | ast.Subscript):
                        yield lambda name=name, part=part, operand=operand: _replace(node, name, part, operand)


def _replace(node: ast.AST, name: str, part: ast.expr, operand: ast.expr) -> None:
    value = getattr(node, name)
    if isinstance(value, list):
        value[value.index(part)] = copy.deepcopy(operand)
    else:
        setattr(node, name, copy.deepcopy(operand))
