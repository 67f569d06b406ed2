"""What a layer declares of its weights, and the one way in which a layer of v1 or of Keras makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Declared(NamedTuple):
    """A weight that a layer has: its name and shape, what it starts with, and whether training moves it."""

    name: str
    shape: tuple[int, ...]
    initial: str = "glorot_uniform"
    trained: bool = True


SETTINGS = ("initializer", "regularizer", "constraint")
"""What a layer may say of each of its weights: `kernel_initializer`, or `depthwise_initializer` of its depthwise_kernel."""


def make_weights(
    layer: Any, declared: Iterable[Declared], dtype: Any = None, starts: Mapping[str, Any] | None = None
) -> None:
    """layer.<name> = layer.add_weight(<name>, shape, ...) for each declared weight, by the layer's settings of it.

    starts: initializers, by the names of weights, that stand above the settings.
    """
    for weight in declared:
        prefix = weight.name.removesuffix("_kernel")
        given = {what: getattr(layer, f"{prefix}_{what}", None) for what in SETTINGS}
        given["initializer"] = (starts or {}).get(weight.name, given["initializer"])
        made = layer.add_weight(weight.name, weight.shape, dtype, trainable=weight.trained, **given)
        setattr(layer, weight.name, made)
