"""`tf.contrib.training`: a model's settings under their names; training and evaluation to their ends."""

from __future__ import annotations

import ast
import json
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.v1.contrib._loops import StopAfterNEvalsHook, SummaryAtEndHook, get_or_create_eval_step, train
from deepkit.v1.contrib.slim.evaluation import checkpoints_iterator, wait_for_new_checkpoint
from deepkit.v1.contrib.slim.learning import (
    add_gradients_summaries,
    clip_gradient_norms,
    create_train_op,
    multiply_gradients,
)
from deepkit.v1.train.balancing import GreedyLoadBalancingStrategy, byte_size_load_fn

__all__ = [
    "GreedyLoadBalancingStrategy", "HParams", "StopAfterNEvalsHook", "SummaryAtEndHook", "add_gradients_summaries",
    "byte_size_load_fn", "checkpoints_iterator", "clip_gradient_norms", "create_train_op", "get_or_create_eval_step",
    "multiply_gradients", "train", "wait_for_new_checkpoint",
]


class HParams:
    """Settings of a model by name: numbers, strings, truth values, or lists of one of them.

    >>> from deepkit.v1.contrib.training import HParams
    >>> settings = HParams(learning_rate=0.1, units=[64, 32])
    >>> settings.parse("learning_rate=0.3,units=[8,8]").learning_rate, settings.units
    (0.3, [8, 8])
    """

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any):
        self._names: list[str] = []
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """A new setting; its type is that of its first value."""
        if hasattr(self, name):
            raise ArgumentError(f"HParams: {name!r} is there already", hint=f"set_hparam({name!r}, ...) changes it")
        self._names.append(name)
        setattr(self, name, list(value) if isinstance(value, tuple) else value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Another value of the type that the setting has."""
        if name not in self._names:
            raise ArgumentError(
                f"HParams has no {name!r}", hint="add_hparam; there are: " + ", ".join(sorted(self._names))
            )
        setattr(self, name, self._fitting(name, getattr(self, name), value))

    @staticmethod
    def _fitting(name: str, old: Any, new: Any) -> Any:
        if isinstance(new, tuple):
            new = list(new)
        if isinstance(old, list) and old and isinstance(new, list):
            return [HParams._fitting(name, old[0], item) for item in new]
        if isinstance(old, float) and type(new) is int:
            return float(new)
        if old is not None and new is not None and type(old) is not type(new):
            raise ArgumentError(
                f"HParams: {name}={new!r}", rule=f"{name} is of type {type(old).__name__}, as its first value {old!r}"
            )
        return new

    def del_hparam(self, name: str) -> None:
        """Forgets a setting."""
        if name in self._names:
            self._names.remove(name)
            delattr(self, name)

    def override_from_dict(self, values_dict: dict[str, Any]) -> HParams:
        """Sets all these."""
        for name, value in values_dict.items():
            self.set_hparam(name, value)
        return self

    def parse(self, values: str) -> HParams:
        """Sets what a text such as "learning_rate=0.1,units=[8,8],cell=lstm" says."""
        for part in _parts(values):
            name, sign, text = part.partition("=")
            if not sign:
                raise ArgumentError(f"HParams.parse: {part!r}", rule="name=value, separated by commas")
            old = getattr(self, name.strip(), None)
            self.set_hparam(name.strip(), text.strip() if isinstance(old, str) else _value(text.strip()))
        return self

    def parse_json(self, values_json: str) -> HParams:
        """Sets what a JSON object says."""
        return self.override_from_dict(json.loads(values_json))

    def to_json(self, indent: int | None = None, separators: Any = None, sort_keys: bool = False) -> str:
        """All settings as a JSON object."""
        return json.dumps(self.values(), indent=indent, separators=separators, sort_keys=sort_keys)

    def values(self) -> dict[str, Any]:
        """All settings by name."""
        return {name: getattr(self, name) for name in self._names}

    def get(self, key: str, default: Any = None) -> Any:
        """The setting of that name, or the default."""
        return getattr(self, key) if key in self._names else default

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def __repr__(self) -> str:
        return f"HParams({', '.join(f'{name}={value!r}' for name, value in sorted(self.values().items()))})"


def _parts(text: str) -> list[str]:
    """The text cut at the commas outside brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part.strip()]


def _value(text: str) -> Any:
    """A number, a truth value or a list of them; else the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return [part.strip() for part in text[1:-1].split(",")] if text.startswith("[") else text
