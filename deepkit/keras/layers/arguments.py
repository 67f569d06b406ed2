"""Reading the arguments of layers (numbers for each axis, pairs, paddings) and writing them into configurations."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import constraints, initializers, registry, regularizers
from deepkit.keras.backend.nested import kept
from deepkit.layers.weights import SETTINGS

_OBJECTS = ("activation", "_initializer", "_regularizer", "_constraint")
_FINDERS: tuple[Callable[[Any], Any], ...] = (initializers.get, regularizers.get, constraints.get)


def numbers(value: Any, n: int, what: str, least: int = 1) -> tuple[int, ...]:
    """One whole number for all axes, or one for each, as a tuple of n.

    >>> numbers(3, 2, "kernel_size"), numbers([1, 2], 2, "strides")
    ((3, 3), (1, 2))
    """
    listed = tuple(value) if hasattr(value, "__iter__") and not isinstance(value, str) else (value,) * n
    if len(listed) != n or any(not _is_whole(v) or v < least for v in listed):
        axes = "one number" if n == 1 else f"one number, or one for each of {n} axes"
        raise ArgumentError(
            f"{what}={value!r}", rule=f"{axes}: whole numbers not below {least}",
            hint=f"{what}={max(least, 2)}" if n == 1 else f"{what}={(max(least, 2),) * n}",
        )
    return tuple(int(v) for v in listed)


def _is_whole(value: Any) -> bool:
    return not isinstance(value, (bool, str)) and hasattr(value, "__index__")


def pairs(value: Any, n: int, what: str) -> tuple[tuple[int, ...], ...]:
    """(before, after) for each of n axes, from one number for all, a number for each axis, or pairs.

    >>> pairs(1, 2, "padding"), pairs((1, (0, 2)), 2, "padding")
    (((1, 1), (1, 1)), ((1, 1), (0, 2)))
    """
    listed = tuple(value) if hasattr(value, "__iter__") and not isinstance(value, str) else (value,) * n
    if len(listed) != n:
        raise ArgumentError(
            f"{what}={value!r}", rule=f"one number, or {n} entries, each a number or a pair (before, after)",
            hint=f"{what}={tuple((1, 1) for _ in range(n))}",
        )
    return tuple(numbers(entry, 2, what, 0) for entry in listed)


def padding_name(value: Any, layer: str, allowed: tuple[str, ...] = ("valid", "same")) -> str:
    """A padding in small letters, one of `allowed`."""
    name = str(value).lower()
    if name not in allowed:
        hint = "'causal' is for Conv1D and SeparableConv1D" if name == "causal" else f"padding={allowed[-1]!r}"
        raise ArgumentError(
            f"{layer}: padding={value!r}",
            rule="'valid' (no zeros: the output shrinks) or 'same' (zeros around: stride 1 keeps the size)"
            + (" or 'causal' (all zeros in front)" if "causal" in allowed else ""),
            hint=hint,
        )
    return name


def share(rate: Any, layer: str, what: str = "rate") -> Any:
    """A share between 0 and 1 (or a tensor) as it is."""
    if isinstance(rate, (int, float)) and not 0 <= rate <= 1:
        raise ArgumentError(
            f"{layer}: {what}={rate!r}", rule=f"0 <= {what} <= 1: the share of numbers that is dropped",
            hint=f"{what}={rate / 100:g} for {rate:g} %" if 1 < rate <= 100 else None,
        )
    return rate


def settle(layer: Any, **given: tuple[Any, ...]) -> None:
    """Keeps (initializer, regularizer, constraint) of each named weight: kernel=(...) as layer.kernel_initializer, ..."""
    for name, settings in given.items():
        for what, get, value in zip(SETTINGS, _FINDERS, settings, strict=False):
            setattr(layer, f"{name}_{what}", get(value))


def described(layer: Any, *names: str) -> dict[str, Any]:
    """Arguments of a layer for its configuration: activations, initializers and their kin by name or configuration."""
    return {
        name: registry.serialize_keras_object(value) if name.endswith(_OBJECTS) else kept(value)
        for name, value in ((name, getattr(layer, name)) for name in names)
    }


@contextlib.contextmanager
def naming(layer: Any) -> Iterator[None]:
    """Inside, an error of shapes says in which layer it happened."""
    try:
        yield
    except ShapeError as error:
        if f"layer {layer.name!r}" in error.what:
            raise
        raise ShapeError(
            f"layer {layer.name!r} ({type(layer).__name__}): {error.what}",
            where=error.where, rule=error.rule, hint=error.hint,
        ) from error
