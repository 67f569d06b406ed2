"""How a model was compiled and where its optimizer stands: written beside the weights, so that training goes on."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.core.nest import map_leaves
from deepkit.errors import ArgumentError, DeepkitError
from deepkit.keras import losses, metrics, optimizers, registry
from deepkit.keras.metrics.base import Metric
from deepkit.keras.optimizers.wrapped import TFOptimizer
from deepkit.keras.saving.objects import reading

_CHOSEN_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")
_CHOSEN = r"(binary|(sparse_)?categorical)_(accuracy|crossentropy)"
_NEWER = ("use_ema", "ema_momentum", "ema_overwrite_frequency", "jit_compile", "is_legacy_optimizer")


# ---- writing


def training_config(model: Any) -> dict[str, Any] | None:
    """The arguments of `compile`, with the optimizer as it stands; None for a model without an optimizer to write."""
    if model.optimizer is None:
        return None
    if isinstance(model.optimizer, TFOptimizer):
        warnings.warn(
            f"{model.optimizer.name} is an optimizer of deepkit.train, which has no configuration: the file has the model "
            "without it, compile the model again after loading",
            stacklevel=4,
        )
        return None
    chosen = model.compile_arguments
    return {
        "loss": _written(chosen["loss"]),
        "metrics": _written(chosen["metrics"], model.output_names),
        "weighted_metrics": _written(chosen["weighted_metrics"], model.output_names),
        "loss_weights": chosen["loss_weights"],
        "sample_weight_mode": chosen["sample_weight_mode"],
        "optimizer_config": registry.serialize_keras_object(model.optimizer),
    }


def _written(value: Any, outputs: Sequence[str] = ()) -> Any:
    """Losses or metrics by name or configuration, in the lists and dictionaries they came in."""
    return map_leaves(lambda leaf: _written_leaf(leaf, outputs) if callable(leaf) else leaf, value)


def _written_leaf(value: Any, outputs: Sequence[str]) -> Any:
    made = registry.serialize_keras_object(value)
    if type(value) is losses.LossFunctionWrapper:
        made["config"]["fn"] = registry.get_registered_name(value.fn)
    if isinstance(value, Metric) and "name" in made["config"]:
        made["config"]["name"] = _bare(value.name, outputs)
    return made


def _bare(name: str, outputs: Sequence[str]) -> str:
    """A metric's name without that of its output: compile puts it in front, and will do it again."""
    prefixes = [f"{output}_" for output in outputs if len(outputs) > 1]
    return name.removeprefix(next(filter(name.startswith, prefixes), ""))


def optimizer_weights(model: Any) -> tuple[list[str], list[np.ndarray]]:
    """Names and values of what the optimizer remembers; nothing before its first step."""
    if model.optimizer is None or isinstance(model.optimizer, TFOptimizer):
        return [], []
    names: list[str] = []
    for w in model.optimizer.weights:
        names.append(w.name if w.name not in names else f"{w.name.removesuffix(':0')}_{len(names)}:0")
    return names, model.optimizer.get_weights()


# ---- reading


def compile_from(model: Any, config: Any, custom_objects: Mapping[str, Any] | None) -> None:
    """Compiles the model as a training_config says."""
    with reading("the configuration of the training"), registry.CustomObjectScope(custom_objects):
        model.compile(
            optimizer=_optimizer(config["optimizer_config"], custom_objects),
            loss=_read(config.get("loss"), lambda x: _loss(x, custom_objects)),
            metrics=_read(config.get("metrics"), lambda x: _metric(x, custom_objects, model.output_names)),
            weighted_metrics=_read(config.get("weighted_metrics"), lambda x: _metric(x, custom_objects, model.output_names)),
            loss_weights=config.get("loss_weights"),
            sample_weight_mode=config.get("sample_weight_mode"),
        )


def _optimizer(config: Any, custom_objects: Mapping[str, Any] | None) -> Any:
    """The optimizer; versions from 2.11 on mark theirs and give them numbers that Keras 2's formulas do not have."""
    config = {**config, "config": dict(config["config"])}
    own = registry.get_registered_object(config["class_name"], custom_objects)
    if own is None:
        config["class_name"] = config["class_name"].removeprefix("Custom>")
    if "is_legacy_optimizer" in config["config"] and own is None:
        if config["config"].get("weight_decay") or config["config"].get("use_ema"):
            warnings.warn("the optimizer in the file decays or averages the weights, which is left out", stacklevel=5)
        for key in ("weight_decay", *_NEWER):
            config["config"].pop(key, None)
    return optimizers.deserialize(config, custom_objects)


def _loss(config: Any, custom_objects: Mapping[str, Any] | None) -> Any:
    """A loss; versions from 2.12 on name its function, too, which all classes but one know by themselves."""
    if not isinstance(config, dict) or "fn" not in config.get("config", {}):
        return losses.deserialize(config, custom_objects)
    inner = dict(config["config"])
    function = inner.pop("fn")
    if config["class_name"] == "LossFunctionWrapper":
        return losses.LossFunctionWrapper(losses.deserialize(function, custom_objects), **inner)
    return losses.deserialize({**config, "config": inner}, custom_objects)


def _metric(config: Any, custom_objects: Mapping[str, Any] | None, outputs: Sequence[str]) -> Any:
    """A metric; Keras' own names stay as they are: who compiled with "mae" finds "mae" in the history again.

    Later versions write an object with the output's name in front, and for "accuracy" the function that fits targets like
    the predictions if no targets came before: it is chosen anew.
    """
    if isinstance(config, dict) and "name" in config.get("config", {}):
        name = _bare(config["config"]["name"], outputs)
        if name in _CHOSEN_BY_SHAPE and re.fullmatch(_CHOSEN, str(config["config"].get("fn"))):
            return name
        config = {**config, "config": {**config["config"], "name": name}}
    found = config if config in _CHOSEN_BY_SHAPE else metrics.deserialize(config, custom_objects)
    own = isinstance(config, str) and registry.get_registered_object(config, custom_objects) is None
    return config if own else found


def _read(value: Any, one: Callable[[Any], Any]) -> Any:
    if value is None:
        return None
    if isinstance(value, str) or (isinstance(value, dict) and "class_name" in value):
        return one(value)
    if isinstance(value, dict):
        return {key: _read(item, one) for key, item in value.items()}
    return [_read(item, one) for item in value]


def restore_optimizer(model: Any, names: Sequence[str], arrays: Sequence[np.ndarray]) -> None:
    """Gives the optimizer what it remembered; a warning, and a fresh start, if that does not fit."""
    optimizer = model.optimizer
    try:
        optimizer.create_all_weights(model.trainable_weights)
        optimizer.set_weights(_in_slots(names, arrays, len(optimizer.weights)))
    except (DeepkitError, AttributeError) as error:
        what = error.what if isinstance(error, ArgumentError) else str(error)
        warnings.warn(
            f"the file's optimizer state does not fit {optimizer.name}, which starts afresh: {what}", stacklevel=4
        )


def _in_slots(names: Sequence[str], arrays: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """The arrays slot by slot; versions from 2.11 on keep them weight by weight, as Adam/m/kernel, Adam/v/kernel, ..."""
    newer = re.compile(r"[^/]+/([a-z_]+)/.+")
    if not names or names[0] != "iteration:0":
        return list(arrays)
    slots: dict[str, list[np.ndarray]] = {}
    for name, array in zip(names, arrays, strict=True):
        match = newer.fullmatch(name)
        if match:
            slots.setdefault(match[1], []).append(array)
    ordered = [array for slot in slots.values() for array in slot]
    return [arrays[0], *ordered[: count - 1]]  # plain SGD has a slot there, and none here
