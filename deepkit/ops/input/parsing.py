"""`tf.train.Example` and `SequenceExample` taken apart into tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import Array, ArrayModule, TensorLike
from deepkit.device.dtypes import DType
from deepkit.errors import ArgumentError, InvalidArgumentError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.ops.input.example_messages import message
from deepkit.ops.input.features import FixedLenFeature, FixedLenSequenceFeature, Layout, VarLenFeature, described

__all__ = ["parse_example", "parse_single_example", "parse_single_sequence_example"]

_NO_NAMES = np.empty(0, object)


def _parsed(kind: str, text: bytes, place: str) -> Any:
    """The message that some bytes are."""
    from google.protobuf.message import DecodeError

    try:
        return message(kind).FromString(text)
    except DecodeError as error:
        raise InvalidArgumentError(
            f"{place} is no tf.train.{kind}: {text[:24]!r}{'...' if len(text) > 24 else ''}",
            rule=f"the bytes that {kind}.SerializeToString() gave",
        ) from error


def _only_row(layout: Layout, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Outputs for one row, without the dimension that counts rows."""
    if layout.kind == "sparse":
        return [arrays[0][:, 1:], arrays[1], arrays[2][1:]]
    return [arrays[0][0, ...]]


@register
class ParseExample(Op):
    """Examples, one or a vector of them, into the values of their features.

    Inputs after the examples: their names (for messages; may be empty), and a default for each dense feature (empty:
    none). single: it can only be one. Outputs: one for a dense feature; indices, values and dense shape for a sparse one.
    """

    layouts: tuple[Layout, ...] = ()
    records = (Layout,)
    single: bool = False
    cpu_only = True
    types = ("string", "string", "any")
    gradient = None

    def shape(self, serialized: Shape, names: Shape, *defaults: Shape) -> Any:
        if serialized.lengths is None and not self.single:
            return tuple(s for layout in self.layouts for s in layout.unknown_shapes())
        rows = serialized.lengths or ()
        self._check(len(rows), serialized)
        return tuple(s for layout in self.layouts for s in layout.shapes(rows))

    def _check(self, rank: int, shape: Any) -> None:
        if rank > (0 if self.single else 1):
            rule = "one serialized example, of shape ()" if self.single else "a vector of serialized examples, or one"
            raise ShapeError(f"examples of shape {shape}", rule=rule, hint="parse_example" if rank == 1 else None)

    def dtype(self, *dtypes: DType) -> Any:
        return tuple(d for layout in self.layouts for d in layout.dtypes())

    def forward(self, xp: ArrayModule, serialized: Array, names: Array, *defaults: Array) -> Any:
        self._check(serialized.ndim, serialized.shape)
        texts = serialized.reshape(-1).tolist()
        places = _places(len(texts), names.reshape(-1).tolist())
        features = [_parsed("Example", text, place).features.feature for text, place in zip(texts, places, strict=True)]
        y: list[np.ndarray] = []
        waiting = iter(defaults)
        for layout in self.layouts:
            default = None if layout.kind == "sparse" else next(waiting)
            arrays = layout.arrays([f.get(layout.key) for f in features], default, places)
            y += arrays if serialized.ndim else _only_row(layout, arrays)
        return tuple(y)


def _places(count: int, names: list[bytes]) -> list[str]:
    if names:
        if len(names) != count:
            raise ShapeError(f"{len(names)} names of {count} examples", rule="one name for each example, or none")
        return [f"example {name.decode(errors='replace')!r}" for name in names]
    return [f"example {i}" for i in range(count)] if count > 1 else ["the example"] * count


@register
class ParseSequenceExample(Op):
    """One SequenceExample into the values of its context, and those of its sequences, one row for each step.

    Inputs and outputs as those of ParseExample: first the context, then the sequences.
    """

    context: tuple[Layout, ...] = ()
    sequences: tuple[Layout, ...] = ()
    records = (Layout,)
    cpu_only = True
    types = ("string", "string", "any")
    gradient = None

    def shape(self, serialized: Shape, names: Shape, *defaults: Shape) -> Any:
        if serialized.rank not in (0, None):
            raise ShapeError(f"a SequenceExample of shape {serialized}", rule="one serialized example, of shape ()")
        once = [s for layout in self.context for s in layout.shapes(())]
        return (*once, *[s for layout in self.sequences for s in layout.shapes((None,))])

    def dtype(self, *dtypes: DType) -> Any:
        return tuple(d for layout in (*self.context, *self.sequences) for d in layout.dtypes())

    def forward(self, xp: ArrayModule, serialized: Array, names: Array, *defaults: Array) -> Any:
        if serialized.ndim:
            raise ShapeError(f"a SequenceExample of shape {serialized.shape}", rule="one example, of shape ()")
        place = _places(1, names.reshape(-1).tolist())[0]
        example = _parsed("SequenceExample", serialized.item(), place)
        y: list[np.ndarray] = []
        waiting = iter(defaults)
        for layout in self.context:
            default = None if layout.kind == "sparse" else next(waiting)
            found = layout.arrays([example.context.feature.get(layout.key)], default, [place])
            y += _only_row(layout, found)
        for layout in self.sequences:
            steps = example.feature_lists.feature_list.get(layout.key)
            if steps is None and not layout.allow_missing:
                raise InvalidArgumentError(
                    f"the feature list {layout.key!r} is missing in {place}",
                    hint="FixedLenSequenceFeature(..., allow_missing=True), or VarLenFeature",
                )
            features = [] if steps is None else list(steps.feature)
            y += layout.arrays(features, None, [f"{place}, step {i}," for i in range(len(features))])
        return tuple(y)


def _dictionary(layouts: tuple[Layout, ...], outputs: list[Any]) -> dict[str, Any]:
    """The outputs by the names of features; takes them from the front of the list."""
    found: dict[str, Any] = {}
    for layout in layouts:
        if layout.kind == "sparse":
            found[layout.key] = SparseTensor(*[outputs.pop(0) for _ in range(3)])
        else:
            found[layout.key] = outputs.pop(0)
    return found


def parse_example(
    serialized: TensorLike, features: Mapping[str, Any], name: str | None = None,
    example_names: TensorLike | None = None,
) -> dict[str, Any]:
    """Serialized tf.train.Examples taken apart: a tensor for each feature, by its name.

    Args:
        serialized: strings, shape (n,) or ().
        features: name to FixedLenFeature, VarLenFeature or FixedLenSequenceFeature(allow_missing=True).
        example_names: strings, shape (n,), for messages only.

    Returns:
        By name: a tensor of shape (n, *shape) for a FixedLenFeature; (n, most blocks, *shape) for a
        FixedLenSequenceFeature, filled up with its default; a SparseTensor of (n, most values) for a VarLenFeature.

    Raises:
        InvalidArgumentError: bytes that are no Example, a feature that is missing, of another type or of another length.

    >>> import deepkit as dk
    >>> from deepkit.ops.input.example_messages import message
    >>> example = message("Example")()
    >>> example.features.feature["age"].int64_list.value.append(7)
    >>> dk.parse_example([example.SerializeToString()], {"age": dk.FixedLenFeature([], dk.int64)})["age"].numpy()
    array([7])
    """
    return _parse(serialized, features, example_names, False, name)


def _parse(
    serialized: TensorLike, features: Mapping[str, Any], names: TensorLike | None, single: bool, name: str | None
) -> dict[str, Any]:
    if not features:
        raise ArgumentError("no features", hint='{"label": FixedLenFeature([], tf.int64)}')
    for key, feature in features.items():
        if isinstance(feature, FixedLenSequenceFeature) and not feature.allow_missing:
            raise ArgumentError(
                f"feature {key!r}: FixedLenSequenceFeature of an Example", rule="allow_missing=True",
                hint="only a SequenceExample can tell an empty sequence from one that is missing",
            )
    layouts, defaults = described(features, FixedLenFeature, VarLenFeature, FixedLenSequenceFeature)
    message("Example")  # if the library is missing, it is said here, not in the middle of a run
    op = ParseExample(layouts=layouts, single=single)
    outputs = apply(op, serialized, _NO_NAMES if names is None else names, *defaults, name=name)
    return _dictionary(layouts, list(outputs))


def parse_single_example(
    serialized: TensorLike, features: Mapping[str, Any], name: str | None = None,
    example_names: TensorLike | None = None,
) -> dict[str, Any]:
    """One serialized tf.train.Example, shape (), taken apart; as parse_example, without the dimension of examples.

    ArgumentError: no features. InvalidArgumentError: bytes that are no Example.
    """
    return _parse(serialized, features, example_names, True, name or "ParseSingleExample")


def parse_single_sequence_example(
    serialized: TensorLike, context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None, example_name: TensorLike | None = None, name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """One serialized tf.train.SequenceExample, shape (), taken apart: its context, and its sequences.

    Args:
        context_features: name to FixedLenFeature or VarLenFeature, as for parse_single_example.
        sequence_features: name to FixedLenSequenceFeature (a tensor (steps, *shape)) or VarLenFeature (a SparseTensor
            with one row for each step).

    Raises:
        ArgumentError: no features at all.
        InvalidArgumentError: bytes that are no SequenceExample.
    """
    if not context_features and not sequence_features:
        raise ArgumentError(
            "parse_single_sequence_example without features", rule="context_features, sequence_features"
        )
    context, defaults = described(context_features or {}, FixedLenFeature, VarLenFeature)
    sequences, _ = described(sequence_features or {}, FixedLenSequenceFeature, VarLenFeature)
    for key, feature in (sequence_features or {}).items():
        if getattr(feature, "default_value", None) is not None:
            raise ArgumentError(f"feature {key!r}: default_value", rule="a step of a sequence has no default")
    steps = tuple(x._replace(kind="fixed") if x.kind == "sequence" else x for x in sequences)
    message("SequenceExample")
    op = ParseSequenceExample(context=context, sequences=steps)
    names = _NO_NAMES if example_name is None else example_name
    outputs = list(apply(op, serialized, names, *defaults, name=name))
    return _dictionary(context, outputs), _dictionary(steps, outputs)
