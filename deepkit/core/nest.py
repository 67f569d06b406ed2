"""Nested values: lists, tuples and dicts of tensors, in any depth, and what else programs write where a list belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set, ValuesView
from typing import Any

from deepkit.errors import ArgumentError, CallError

_VIEWS = (Set, ValuesView, Iterator)


def entries(value: Any) -> list[Any] | None:
    """The entries of a list, a tuple or a dict, those of a dict in the order of its keys; None for a leaf."""
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple)) else None


def rebuilt(like: Any, items: list[Any]) -> Any:
    """Something of the kind of `like` whose `entries` are `items`."""
    if isinstance(like, dict):
        by_key = dict(zip(sorted(like), items, strict=True))
        return {key: by_key[key] for key in like}
    return type(like)(*items) if hasattr(like, "_fields") else type(like)(items)


def flatten(value: Any, entries: Callable[[Any], list[Any] | None] = entries) -> list[Any]:
    """The leaves of a nested value, depth first.

    >>> flatten({"b": [1, (2, 3)], "a": 0})
    [0, 1, 2, 3]
    """
    found = entries(value)
    return [value] if found is None else [leaf for entry in found for leaf in flatten(entry, entries)]


def map_leaves(
    function: Callable[[Any], Any],
    value: Any,
    entries: Callable[[Any], list[Any] | None] = entries,
    rebuilt: Callable[[Any, list[Any]], Any] = rebuilt,
) -> Any:
    """The nested value with function(leaf) in the place of each leaf, called in the order of `flatten`."""
    found = entries(value)
    if found is None:
        return function(value)
    return rebuilt(value, [map_leaves(function, entry, entries, rebuilt) for entry in found])


def pack(like: Any, leaves: Iterable[Any]) -> Any:
    """`leaves`, in the order of `flatten`, nested as `like` is.

    >>> pack({"b": [0, (0, 0)], "a": 0}, [1, 2, 3, 4])
    {'b': [2, (3, 4)], 'a': 1}
    """
    rest = iter(leaves)
    return map_leaves(lambda _: next(rest), like)


def check_nested_as(what: str, like: Any, given: Any) -> None:
    """ArgumentError unless `given` is nested as `like` is; CallError, also a TypeError, for a list in a tuple's place.

    >>> check_nested_as("fn returns", (0, [1]), ("a", ["b"]))
    """
    if _nesting(like) == _nesting(given):
        return
    error = CallError if _nesting(like, kinds=False) == _nesting(given, kinds=False) else ArgumentError
    raise error(f"{what} {_outline(given)} where {_outline(like)} was expected", rule="both are nested in the same way")


def _nesting(value: Any, kinds: bool = True) -> Any:
    """Of what kind a nested value is, what its entries are called and how they are nested; None for a leaf."""
    found = entries(value)
    if found is None:
        return None
    kind, names = ("dict", sorted(value)) if isinstance(value, dict) else (type(value).__name__, len(found))
    return kind if kinds else "", names, [_nesting(entry, kinds) for entry in found]


def _outline(value: Any) -> str:
    """A nested value with a dot for each leaf."""
    return repr(map_leaves(lambda _: _Leaf(), value)) if entries(value) is not None else "a single value"


class _Leaf:
    """What stands for a leaf where only the nesting is shown."""

    def __repr__(self) -> str:
        return "."


def parts(leaf: Any) -> list[Any]:
    """The tensors that a leaf holds: of SparseTensor, IndexedSlices and TensorArray several, else the leaf alone."""
    return leaf.parts() if hasattr(leaf, "with_parts") else [leaf]


# ---- what stands for a list: also a view of a dict, a set, a generator


def listed(value: Any) -> list[Any]:
    """The entries of `value`, or `value` itself as the only one; those of a dict in the order of its keys."""
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple, *_VIEWS)) else [value]


def concrete(value: Any) -> Any:
    """A view of a dict, a set or a generator as a list; anything else as it is."""
    return list(value) if isinstance(value, _VIEWS) else value


def leaves(value: Any) -> list[Any]:
    """As `flatten`, where every part may be what `listed` takes for a list."""
    found = listed(value)
    if len(found) == 1 and found[0] is value:
        return found
    return [leaf for entry in found for leaf in leaves(entry)]
