"""`tf.nest`: lists, tuples and dicts of anything, in any depth, leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from deepkit.core import nest as _nest
from deepkit.core.nest import entries, map_leaves
from deepkit.errors import ArgumentError

__all__ = ["assert_same_structure", "flatten", "is_nested", "map_structure", "pack_sequence_as"]


def is_nested(input: Any) -> bool:
    """True for a list, a tuple or a dict."""
    return entries(input) is not None


is_sequence = is_nested


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves, depth first, those of a dict in the order of its keys.

    >>> flatten({"b": [1, (2, 3)], "a": 0})
    [0, 1, 2, 3]
    """
    return _nest.flatten(structure)


def map_structure(func: Callable[..., Any], *structure: Any, check_types: bool = True) -> Any:
    """The first structure with func(leaf of each structure) in the place of each leaf.

    >>> map_structure(lambda x, y: x + y, {"a": 1, "b": (2, 3)}, {"a": 10, "b": (20, 30)})
    {'a': 11, 'b': (22, 33)}
    """
    if not structure:
        raise ArgumentError("map_structure without a structure", hint="map_structure(function, structure)")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types)
    leaves = zip(*map(flatten, structure), strict=True)
    return map_leaves(lambda _: func(*next(leaves)), structure[0])


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """The values of a flat list, nested as `structure` is. ArgumentError: more or fewer of them than leaves."""
    wanted = len(flatten(structure))
    if len(flat_sequence) != wanted:
        raise ArgumentError(f"pack_sequence_as: {len(flat_sequence)} values for {wanted} leaves", rule="one for each leaf")
    return _nest.pack(structure, flat_sequence)


def assert_same_structure(nest1: Any, nest2: Any, check_types: bool = True) -> None:
    """ArgumentError unless both are nested alike; with check_types lists, tuples and dicts are not taken for each other."""
    first, second = entries(nest1), entries(nest2)
    if first is None and second is None:
        return
    if first is None or second is None or _form(nest1, first, check_types) != _form(nest2, second, check_types):
        raise ArgumentError(f"not of one structure: {nest1!r} and {nest2!r}"[:300], rule="the same lists, tuples and keys")
    for a, b in zip(first, second, strict=True):
        assert_same_structure(a, b, check_types)


def _form(nested: Any, found: list[Any], check_types: bool) -> Any:
    """What has to be the same: how many entries, under which keys, and what holds them."""
    return len(found), sorted(nested) if isinstance(nested, dict) else None, type(nested) if check_types else None
