"""The smallest program that still differs: statements, layers and arguments are taken away while it does."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator


def shrink(source: str, differs: Callable[[str], bool], most: int = 60) -> str:
    """Greedy: the first smaller program that differs takes the place of the program, until none does or `most` are tried."""
    tried = 0
    smaller = True
    while smaller:
        smaller = False
        for candidate in candidates(source):
            tried += 1
            if tried > most:
                return source
            if differs(candidate):
                source, smaller = candidate, True
                break
    return source


def candidates(source: str) -> Iterator[str]:
    """Programs with one statement, list element, keyword or call less."""
    tree = ast.parse(source)
    count = sum(1 for _ in _removals(tree))
    for index in range(count):
        copied = copy.deepcopy(tree)
        list(_removals(copied))[index]()
        yield ast.unparse(copied) + "\n"


def _removals(tree: ast.AST) -> Iterator[Callable[[], None]]:
    """What may be taken away, the largest parts first."""
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Module):
            yield from (_without(node.body, index) for index in reversed(range(len(node.body))))
    for node in nodes:
        if isinstance(node, ast.List) and len(node.elts) > 1:
            yield from (_without(node.elts, index) for index in range(len(node.elts)))
    for node in nodes:
        if isinstance(node, ast.Call):
            yield from (_without(node.keywords, index) for index in range(len(node.keywords)))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Call):
            yield _unwrap(node, node.value)


def _without(parts: list[ast.AST], index: int) -> Callable[[], None]:  # type: ignore[type-arg]
    return lambda: parts.pop(index) and None


def _unwrap(node: ast.Assign, call: ast.Call) -> Callable[[], None]:
    """t = layer(arguments)(x) becomes t = x."""

    def remove() -> None:
        node.value = call.args[0]

    return remove
