"""The error for an argument that a layer, an optimizer or a method of a model does not have."""

from __future__ import annotations

from collections.abc import Iterable

from deepkit.errors import ArgumentError, did_you_mean


def unknown_argument(what: str, name: str, known: Iterable[str]) -> ArgumentError:
    """The error for an argument that `what` does not have, with the nearest one that it has."""
    known = [k for k in dict.fromkeys(known) if k not in ("self", "args", "kwargs", "unknown", "old")]
    return ArgumentError(
        f"{what} has no argument {name!r}", rule="arguments: " + ", ".join(known), hint=did_you_mean(name, known)
    )
