"""Cells around a cell: dropout, residual connections, projections, and the choice of a device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.core.static import static_value
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, ShapeError
from deepkit.v1.framework.symbolic import symbolic
from deepkit.v1.framework.tensor_array import flat, packed
from deepkit.v1.nn.recurrent.base import RNNCell, activation_of, check_units, layer_in_scope
from deepkit.v1.nn.recurrent.states import LSTMStateTuple, check_cell, here, mapped, same_nesting, shape_of

_uniform = symbolic(ops.random_uniform)


class CellWrapper(RNNCell):
    """A cell made of another one, whose sizes, states and variables are that cell's; it adds no variable scope."""

    def __init__(self, cell: Any):
        super().__init__()
        check_cell(type(self).__name__, cell)
        self._cell = cell

    @property
    def cell(self) -> Any:
        """The cell inside."""
        return self._cell

    wrapped_cell = cell

    @property
    def state_size(self) -> Any:
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        return self._cell.output_size

    @property
    def variables(self) -> list[Any]:
        return self._cell.variables

    weights = variables

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero state of the cell inside."""
        return self._cell.zero_state(batch_size, dtype)


class DropoutWrapper(CellWrapper):
    """Dropout of a cell's inputs, outputs or state, anew at every time step.

    The keep probabilities are numbers, or tensors such as a placeholder that is fed 1.0 when the network is tested.
    An LSTM's memory c is never dropped, unless dropout_state_filter_visitor(state part) says so. With
    variational_recurrent one mask serves all time steps of a run; it needs dtype, and input_size if inputs are dropped.
    Source: Y. Gal, Z. Ghahramani, 2016 (arXiv 1512.05287).
    """

    def __init__(
        self, cell: Any, input_keep_prob: Any = 1.0, output_keep_prob: Any = 1.0, state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False, input_size: Any = None, dtype: Any = None, seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
    ):
        super().__init__(cell)
        self._seed = seed
        self._filter = dropout_state_filter_visitor or _keep_memory
        self._keep = {
            "input": _probability("input_keep_prob", input_keep_prob),
            "state": _probability("state_keep_prob", state_keep_prob),
            "output": _probability("output_keep_prob", output_keep_prob),
        }
        self._noise: dict[str, list[Any]] = {}
        if variational_recurrent:
            if dtype is None or (input_size is None and _drops(self._keep["input"])):
                raise ArgumentError(
                    "DropoutWrapper(variational_recurrent=True) without " + ("dtype" if dtype is None else "input_size"),
                    where=here(), rule="the masks are made before the inputs are known",
                    hint="DropoutWrapper(cell, ..., variational_recurrent=True, input_size=depth, dtype=tf.float32)",
                )
            sizes = {"input": input_size, "state": cell.state_size, "output": cell.output_size}
            for part, size in sizes.items():
                self._noise[part] = [self._mask(part, i, s, dtype) for i, s in enumerate(flat(size)) if s is not None]

    def _mask(self, part: str, i: int, size: Any, dtype: Any) -> Any:
        return _uniform([1, *shape_of(size)], dtype=as_dtype(dtype), seed=self._seed_of(part, i))

    def _seed_of(self, part: str, i: int) -> int | None:
        """A seed of its own for each tensor that is dropped, the same one TensorFlow derives."""
        if self._seed is None:
            return None
        return int(hashlib.md5(f"{self._seed}{part}_{i}".encode()).hexdigest()[:8], 16) & 0x7FFFFFFF

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One time step of the cell inside, with dropout."""
        if _drops(self._keep["input"]):
            inputs = self._drop_all("input", inputs)
        output, state = self._cell(inputs, state) if scope is None else self._cell(inputs, state, scope)
        if _drops(self._keep["state"]):
            state = self._drop_state(state)
        if _drops(self._keep["output"]):
            output = self._drop_all("output", output)
        return output, state

    def _drop_all(self, part: str, values: Any) -> Any:
        return packed(values, [self._drop(part, i, v, i) for i, v in enumerate(flat(values))])

    def _drop(self, part: str, i: int, value: Any, leaf: int) -> Any:
        keep = self._keep[part]
        if not self._noise:
            return ops.dropout(value, keep, seed=self._seed_of(part, i))
        mask = ops.floor(keep + self._noise[part][leaf])  # 1 with probability keep, else 0
        return value / keep * mask

    def _drop_state(self, state: Any) -> Any:
        """Walks through the state; seeds count the parts that were decided on, masks the tensors."""
        decided, leaves = 0, 0

        def walk(part: Any, verdict: Any) -> Any:
            nonlocal decided, leaves
            if isinstance(verdict, (list, tuple)):
                parts = [walk(p, v and self._filter(p)) for p, v in zip(part, verdict, strict=True)]
                return packed(part, [leaf for p in parts for leaf in flat(p)])
            if verdict and isinstance(part, (list, tuple)):
                return walk(part, [self._filter(p) for p in part])
            result = self._drop("state", decided, part, leaves) if verdict else part
            decided, leaves = decided + 1, leaves + len(flat(part))
            return result

        return walk(state, self._filter(state))


def _keep_memory(part: Any) -> Any:
    """Which parts of a state are dropped: all but the memory c of an LSTM."""
    return LSTMStateTuple(c=False, h=True) if isinstance(part, LSTMStateTuple) else True


def _drops(keep: Any) -> bool:
    return not isinstance(keep, float) or keep < 1


def _probability(what: str, given: Any) -> Any:
    value = static_value(given)
    if value is None:
        return given
    if not 0 < float(value) <= 1:
        raise ArgumentError(
            f"DropoutWrapper: {what}={float(value):g}", where=here(), rule=f"0 < {what} <= 1",
            hint="it is the share that stays; 1 keeps everything",
        )
    return float(value)


class ResidualWrapper(CellWrapper):
    """A cell whose output is its inputs plus the output of the cell inside, or residual_fn(inputs, output)."""

    def __init__(self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None):
        super().__init__(cell)
        self._residual_fn = residual_fn or _sum

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One time step of the cell inside, with the inputs added to its output."""
        output, state = self._cell(inputs, state) if scope is None else self._cell(inputs, state, scope)
        return self._residual_fn(inputs, output), state


def _sum(inputs: Any, outputs: Any) -> Any:
    fits = same_nesting(inputs, outputs) and all(
        x.shape.is_compatible_with(y.shape) for x, y in zip(flat(inputs), flat(outputs), strict=True)
    )
    if not fits:
        raise ShapeError(
            f"ResidualWrapper: inputs {[str(x.shape) for x in flat(inputs)]}, outputs {[str(y.shape) for y in flat(outputs)]}",
            where=here(), rule="the inputs are added to the output, so both have one shape",
            hint="as many units as features, or a residual_fn that changes the inputs",
        )
    return mapped(ops.add, inputs, outputs)


class DeviceWrapper(CellWrapper):
    """A cell that runs on the given device: "/gpu:0", or a function of a node, as in tf.device."""

    def __init__(self, cell: Any, device: Any):
        super().__init__(cell)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The zero state of the cell inside, on the device."""
        with default_graph().device(self._device):
            return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One time step of the cell inside, on the device."""
        with default_graph().device(self._device):
            return self._cell(inputs, state) if scope is None else self._cell(inputs, state, scope)


class _Projection(CellWrapper):
    """Base of the wrappers with a layer of their own: kernel and bias, in a variable scope of the wrapper's name."""

    _units: int
    _activation: Any

    def __init__(self, cell: Any, units: int, activation: Any, reuse: Any):
        super().__init__(cell)
        self._units, self._reuse = (
            check_units("output_size" if isinstance(self, OutputProjectionWrapper) else "num_proj", units), reuse,
        )
        self._activation = activation_of("linear" if activation is None else activation)

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """One time step, with the projection."""
        return RNNCell.__call__(self, inputs, state, scope)

    @property
    def variables(self) -> list[Any]:
        return RNNCell.variables.fget(self)  # type: ignore[attr-defined]

    weights = variables

    def _project(self, x: Any) -> Any:
        depth = None if x.shape.lengths is None else x.shape.lengths[-1]
        if depth is None:
            raise ShapeError(
                f"{self.name}: values of shape {x.shape}", where=here(),
                rule="the number of features is known before the graph runs",
            )
        return self._activation(layer_in_scope([x], self._units))


class OutputProjectionWrapper(_Projection):
    """A cell with a layer on top: output @ kernel + bias, with output_size numbers.

    Where only the result counts, one dense layer over all time steps at once does the same with less work.
    """

    def __init__(self, cell: Any, output_size: int, activation: Any = None, reuse: Any = None):
        super().__init__(cell, output_size, activation, reuse)

    @property
    def output_size(self) -> int:
        return self._units

    def call(self, inputs: Any, state: Any) -> Any:
        output, state = self._cell(inputs, state)
        return self._project(output), state


class InputProjectionWrapper(_Projection):
    """A cell with a layer below: it gets inputs @ kernel + bias, num_proj numbers."""

    def __init__(self, cell: Any, num_proj: int, activation: Any = None, input_size: Any = None, reuse: Any = None):
        super().__init__(cell, num_proj, activation, reuse)

    def call(self, inputs: Any, state: Any) -> Any:
        return self._cell(self._project(inputs), state)
