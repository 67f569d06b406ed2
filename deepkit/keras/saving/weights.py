"""Which weight of a file belongs to which weight of a model: by the order of the layers, or by their names."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, DataError
from deepkit.keras.backend.nested import keras_shape
from deepkit.keras.backend.session import World
from deepkit.keras.saving.cudnn import converted
from deepkit.keras.saving.stored import Stored, StoredLayer

OWN = "top_level_model_weights"
"""The group of the weights that a model holds itself, outside its layers."""


def weights_of(layer: Any) -> list[Any]:
    """A layer's weights in the order of files: those that training moves, then the others."""
    kept = {id(w): w for w in [*layer.trainable_weights, *layer.non_trainable_weights]}
    return list(kept.values())


def check_built(model: Any, doing: str) -> None:
    """ArgumentError if the model's weights do not exist yet."""
    bare = [layer.name for layer in model.layers if not layer.built]
    if not model.layers or not bare:
        return
    raise ArgumentError(
        f"{doing}: model {model.name!r} has no weights yet", rule="they are made when the shape of its input is known",
        hint="give input_shape=... to the first layer, or call model.build((None, ...)) or the model itself first",
    )


def names_of(layer: Any) -> list[str]:
    """Names for a layer's weights as files have them: "dense_1/kernel:0", each once.

    In the graph a name may have been counted up ("dense_1_2/kernel:0" in the third model with a layer dense_1); the
    file has the layer's own name.
    """
    inner = {id(w): x.name for x in layer.layers_inside() if len(x.layers_inside()) == 1 for w in x.own_weights}
    found: list[str] = []
    for w in weights_of(layer):
        scope, _, rest = w.name.partition("/")
        outer = inner.get(id(w), layer.name) if hasattr(layer, "layers") else layer.name
        name = f"{outer}/{rest}" if rest and _counted(scope, outer) else w.name
        found.append(name if name not in found else f"{name.removesuffix(':0')}_{found.count(name) + len(found)}:0")
    return found


def _counted(scope: str, name: str) -> bool:
    """Whether `scope` is `name`, perhaps counted up: "dense_1_2" of "dense_1"."""
    rest = scope.removeprefix(name)
    return scope.startswith(name) and (not rest or (rest[0] == "_" and rest[1:].isdigit()))


def load_in_order(model: Any, stored: Sequence[StoredLayer], path: str, reshape: bool = False) -> None:
    """Gives the model the weights of a file, layer after layer; layers without weights do not count."""
    check_built(model, "load_weights")
    ours = list(filter(weights_of, model.layers))
    theirs = [layer for layer in stored if layer.weights and layer.name != OWN]
    if len(ours) != len(theirs):
        raise DataError(
            f"{path} has weights for {len(theirs)} layers, model {model.name!r} has {len(ours)} layers with weights",
            rule=f"in the file: {_some(theirs)}; in the model: {_some(ours)}",
            hint="load into the same architecture, or by_name=True for the layers that have the same names",
        )
    pairs: list[tuple[Any, Stored]] = []
    for layer, saved in zip(ours, theirs, strict=True):
        own = weights_of(layer)
        pairs += _matched(own, _fitted(converted(layer, own, saved), own, reshape), f"layer {layer.name!r}", path)
    extra = next((x for x in stored if x.name == OWN), None)
    if extra is not None and (extra.weights or model.own_weights):
        pairs += _matched(model.own_weights, extra, f"model {model.name!r} itself", path)
    _assign(pairs)


def load_by_name(
    model: Any, stored: Sequence[StoredLayer], path: str, skip_mismatch: bool = False, reshape: bool = False
) -> None:
    """Gives weights to the layers whose names are in the file; the others keep theirs."""
    check_built(model, "load_weights")
    layers = {layer.name: layer for layer in model.layers}
    own = {name: weights_of(layer) for name, layer in layers.items()} | {OWN: model.own_weights}
    pairs: list[tuple[Any, Stored]] = []
    for found in stored:
        saved = found if found.name not in layers else converted(layers[found.name], own[found.name], found)
        if saved.name not in own or not (saved.weights or own[saved.name]):
            continue
        try:
            pairs += _matched(own[saved.name], _fitted(saved, own[saved.name], reshape), f"layer {saved.name!r}", path)
        except DataError as error:
            if not skip_mismatch:
                raise
            warnings.warn(f"layer {saved.name!r} keeps its weights: {error.what}", stacklevel=3)
    _assign(pairs)


def _fitted(saved: StoredLayer, weights: Sequence[Any], reshape: bool) -> StoredLayer:
    """The stored arrays; with `reshape` those of as many numbers as the weight in their place are put into its shape."""
    if not reshape or len(saved.weights) != len(weights):
        return saved
    arrays = list(saved.weights)
    for i, (found, weight) in enumerate(zip(saved.weights, weights, strict=True)):
        shape = keras_shape(weight)
        if math.prod(found.shape) == math.prod(shape):
            arrays[i] = replace(found, shape=shape, read=functools.partial(_reshaped, found, shape))
    return StoredLayer(saved.name, arrays)


def _reshaped(stored: Stored, shape: tuple[int, ...]) -> np.ndarray:
    return stored.read().reshape(shape)


def _matched(weights: Sequence[Any], saved: StoredLayer, what: str, path: str) -> list[tuple[Any, Stored]]:
    """(weight, stored array) for all weights of a layer; DataError if they do not fit."""
    if len(weights) != len(saved.weights):
        raise DataError(
            f"{what} has {len(weights)} weights, {path} has {len(saved.weights)} for it",
            rule=f"layer {saved.name!r} in the file: "
            + (", ".join(f"{s.name} {s.shape}" for s in saved.weights) or "none"),
            hint="the layer in the file was made with other arguments, such as use_bias",
        )
    for w, s in zip(weights, saved.weights, strict=True):
        if keras_shape(w) != s.shape:
            raise DataError(
                f"{what}: weight {w.name} has shape {keras_shape(w)}, {path} has {s.name} of shape {s.shape}",
                rule="the shapes must be equal", hint="by_name=True, skip_mismatch=True leaves such layers as they are",
            )
    return list(zip(weights, saved.weights, strict=True))


def _assign(pairs: Sequence[tuple[Any, Stored]]) -> None:
    """Sets all weights, after all arrays have been read: a damaged file changes nothing."""
    read = [(w, np.array(s.read(), w.dtype.numpy)) for w, s in pairs]
    for w, array in read:
        World.of(w).holder.store[w] = array  # no initializer runs for a weight that has its value


def _some(layers: Sequence[Any]) -> str:
    """The names of the first layers."""
    names = [layer.name for layer in layers]
    return ", ".join(names[:8]) + (f", ... ({len(names)})" if len(names) > 8 else "") or "none"
