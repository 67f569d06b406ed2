"""How much each sample counts: sample_weight and class_weight, as one array of weights for each output."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.keras.backend.nested import listed
from deepkit.keras.engine.data_checks import check_output_names, regular


def weights_of(sample_weight: Any, class_weight: Any, targets: list[Any], names: list[str]) -> list[Any]:
    """The weights of the samples for each output, None where all count the same; both kinds multiply."""
    weights: list[Any] = [None if w is None else regular(w, "sample_weight") for w in _by_output(sample_weight, names)]
    for i, (table, target, name) in enumerate(zip(_tables(class_weight, names), targets, names, strict=True)):
        if table is not None and target is not None:
            found = class_weights_of(target, table, name)
            weights[i] = found if weights[i] is None else _product(found, weights[i])
    return weights


def _by_output(value: Any, names: list[str]) -> list[Any]:
    """sample_weight for each output, from an array, a list or a dictionary by name; None for outputs without."""
    if value is None:
        return [None] * len(names)
    if isinstance(value, dict):
        check_output_names(value, names, "sample_weight")
        return [value.get(name) for name in names]
    several = isinstance(value, (list, tuple)) and (len(names) > 1 or _is_list_of_one(value))
    found = list(value) if several else [value]
    if len(found) != len(names):
        raise ArgumentError(
            f"sample_weight: {len(found)} arrays for {len(names)} ({', '.join(names)})",
            rule=f"the model has {len(names)} outputs",
            hint=f"a list of {len(names)} arrays, or a dictionary by name; None for an output whose samples count the same",
        )
    return found


def _is_list_of_one(value: Any) -> bool:
    return len(value) == 1 and (value[0] is None or hasattr(value[0], "shape"))


def _tables(class_weight: Any, names: list[str]) -> list[Any]:
    """The factors of the classes for each output, {class: factor} or None."""
    if class_weight is None:
        return [None] * len(names)
    if isinstance(class_weight, dict):
        if len(names) == 1 and names[0] not in class_weight:
            return [class_weight or None]
        check_output_names(class_weight, names, "class_weight")
        return [class_weight.get(name) for name in names]
    tables = listed(class_weight)
    if len(tables) != len(names) or not all(t is None or isinstance(t, dict) for t in tables):
        raise _no_table(class_weight)
    return tables


def _no_table(class_weight: Any) -> ArgumentError:
    return ArgumentError(
        f"class_weight={class_weight!r}", rule="a dictionary: {class number: factor of its samples' losses}",
        hint="class_weight={0: 1.0, 1: 5.0}; one of them for each output where there are several",
    )


def class_weights_of(targets: np.ndarray, table: Any, output: str) -> np.ndarray:
    """The weight of each sample from the weight of its class; targets are class numbers or one-hot rows.

    Targets of more axes, a class for each step or pixel, give a weight for each of them.
    """
    if not isinstance(table, dict):
        raise _no_table(table)
    one_hot = targets.ndim >= 2 and targets.shape[-1] > 1
    classes = targets.argmax(-1) if one_hot else targets.reshape(targets.shape[:1] + targets.shape[1:-1])
    factors = {float(number): float(factor) for number, factor in table.items()}
    kinds, where = np.unique(classes, return_inverse=True)
    missing = [kind for kind in kinds.tolist() if kind not in factors]
    if missing:
        raise ArgumentError(
            f"class_weight has no factor for class {missing[0]:g} of output {output!r}",
            rule=f"all classes in the targets have one; given are {', '.join(f'{c:g}' for c in factors)}; the targets, of "
            f"shape {targets.shape}, are read as {'one-hot rows' if one_hot else 'class numbers'}",
            hint=f"{missing[0]:g}: 1.0 lets the samples of this class count as they are",
        )
    return np.array([factors[kind] for kind in kinds.tolist()], np.float32)[where.reshape(classes.shape)]


def _product(factors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Factors of classes times weights, the one with fewer axes, (n,), for all steps of the other, (n, steps)."""
    axes = max(factors.ndim, weights.ndim)
    padded = [part.reshape(*part.shape, *[1] * (axes - part.ndim)) for part in (factors, weights)]
    return np.asarray(padded[0] * padded[1])
