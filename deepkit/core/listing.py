"""Lists of tensors as programs write them: one tensor, a list, the values of a dict, a generator, or any nesting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set, ValuesView
from typing import Any

_VIEWS = (Set, ValuesView, Iterator)


def listed(value: Any) -> list[Any]:
    """The entries of `value`, or `value` itself as the only one; those of a dict in the order of its keys."""
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, (list, tuple, *_VIEWS)) else [value]


def concrete(value: Any) -> Any:
    """A view of a dict, a set or a generator as a list; anything else as it is."""
    return list(value) if isinstance(value, _VIEWS) else value


def leaves(value: Any) -> list[Any]:
    """As `listed`, down to what has no entries.

    >>> leaves({"b": [1, (2, 3)], "a": 0})
    [0, 1, 2, 3]
    """
    entries = listed(value)
    if len(entries) == 1 and entries[0] is value:
        return entries
    return [leaf for entry in entries for leaf in leaves(entry)]
