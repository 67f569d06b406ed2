"""What a recurrent cell is: the base of all cells, how it names its variables, and how it makes them once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from deepkit import ops
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.inputs import explain_calls
from deepkit.core.symbol import Symbol
from deepkit.device.dtypes import as_dtype
from deepkit.errors import ArgumentError, DTypeError, ShapeError
from deepkit.layers.dense import dense_weights
from deepkit.layers.recurrent import joined_weights, linear
from deepkit.site import Cell, running_cell
from deepkit.train.initializers import Zeros
from deepkit.v1.framework.scopes import VariableScope, get_variable, variable_scope
from deepkit.v1.framework.symbolic import constant_of
from deepkit.v1.framework.tensor_messages import constant_value
from deepkit.v1.nn.recurrent.states import batch_of, check_state, here, mapped, root_graph, zeros_of

_ACTIVATIONS = ("elu", "exp", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh")


class RNNCell:
    """Base of all cells. `cell(inputs, state)` gives (output, new state) of one time step.

    A subclass of your own says `state_size` and `output_size` (numbers without the batch; a tuple of numbers for a
    nested state) and defines either `call(inputs, state)` or `__call__(inputs, state, scope=None)`. inputs:
    (batch, depth). Variables come from `get_variable` or, in `build(inputs_shape)`, from `self.add_variable`. They are
    made when the cell is first called and shared by all later calls; their names begin with the variable scope of
    the first call and the cell's name (default: the class's name, so LSTMCell gives "lstm_cell").
    """

    def __init_subclass__(cls) -> None:
        explain_calls(cls)

    trainable: bool = True
    built = False
    _name: str | None = None
    _dtype: Any = None
    _reuse: Any = None
    _scope: VariableScope | None = None
    _depth: int | None = None
    _root: Any = None
    _run: Cell | None = None
    _weights: tuple[Any, ...] = ()

    def __init__(self, trainable: bool = True, name: str | None = None, dtype: Any = None, _reuse: Any = None):
        self.trainable, self._name, self._reuse = trainable, name, _reuse
        self._dtype = None if dtype is None else as_dtype(dtype)

    # ---- what a subclass says

    @property
    def state_size(self) -> Any:
        """Size of the state: a number, or a nested tuple of numbers."""
        raise self._unsaid("state_size", "self._num_units")

    @property
    def output_size(self) -> Any:
        """Size of the output: a number."""
        raise self._unsaid("output_size", "self._num_units")

    def _unsaid(self, what: str, example: str) -> ArgumentError:
        return ArgumentError(
            f"the cell class {type(self).__name__} does not say its {what}", where=here(),
            rule="a cell has the properties state_size and output_size, with exactly these names",
            hint=f"@property def {what}(self): return {example}",
        )

    def build(self, inputs_shape: Any) -> None:
        """Makes the variables, before the first call."""

    def call(self, inputs: Any, state: Any) -> Any:
        """One time step: (output, new state)."""
        raise ArgumentError(
            f"the cell class {type(self).__name__} does not say what one time step computes",
            rule="a cell defines call(self, inputs, state), which returns (output, new_state)",
        )

    # ---- calling it

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """(output, new state) of one time step from inputs (batch, depth) and the state before it."""
        return self.in_scope(scope, inputs, lambda: self.call(inputs, state))

    def in_scope(self, scope: Any, inputs: Any, function: Callable[[], Any], rank: int = 2) -> Any:
        """`function()` in the cell's own variable scope, which the first call chooses, after the variables are made.

        rank: how many axes the inputs of a cell with a kernel have: 2 for one time step, 3 for all.
        """
        if self._is_stale():
            self._scope, self._weights, self._depth, self.built = None, (), None, False
        self._check_inputs(inputs, rank)
        if self._scope is None:
            self._scope, self._root, self._run = self._choose_scope(scope), root_graph(), running_cell()
        if self._dtype is None and isinstance(inputs, Symbol) and inputs.dtype.is_differentiable:
            self._dtype = inputs.dtype
        reuse = True if self.built else self._reuse
        names = default_graph().name_scope(self._scope.original_name_scope)
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False), names:
            if not self.built:
                self.build(getattr(inputs, "shape", None))
            result = function()
        self.built = True
        return result

    def _choose_scope(self, scope: Any) -> VariableScope:
        name = self._base_name() if scope is None and self._reuse else scope
        with variable_scope(name, default_name=self._base_name()) as chosen:
            return chosen

    def _check_inputs(self, inputs: Any, rank: int) -> None:
        """Raises an error if the cell cannot take these inputs."""

    def _base_name(self) -> str:
        if self._name:
            return self._name
        spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", type(self).__name__)
        snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()
        return f"private{snake}" if snake.startswith("_") else snake

    def _is_stale(self) -> bool:
        """The graph is another one now, or the notebook cell that first called this cell is run again."""
        if self._scope is None:
            return False
        now, then = running_cell(), self._run
        again = now is not None and then is not None and now.key == then.key and now.run != then.run
        return again or self._root is not root_graph() or any(v.node.retired for v in self._weights)

    # ---- variables

    @property
    def name(self) -> str:
        return self._base_name()

    @property
    def dtype(self) -> Any:
        """Type of the variables: that of the first inputs, if none was given."""
        return self._dtype

    @property
    def scope_name(self) -> str:
        """The variable scope of the cell, known from its first call on."""
        if self._scope is None:
            raise ArgumentError(
                f"{self.name} has no variable scope yet", rule="the first call chooses it", hint="call the cell first"
            )
        return self._scope.name

    def add_variable(self, name: str, shape: Any, dtype: Any = None, initializer: Any = None, **options: Any) -> Any:
        """A variable of the cell: made at the first call, found again at later ones."""
        if not self.trainable:
            options["trainable"] = False
        kind = self._dtype if dtype is None else dtype
        made = get_variable(name, shape, dtype=kind, initializer=_initializer(initializer), **options)
        if all(made is not v for v in self._weights):
            self._weights = (*self._weights, made)
        return made

    add_weight = add_variable

    @property
    def variables(self) -> list[Any]:
        """All variables of the cell, in the order they were made."""
        if self._scope is None:
            return []
        return list(self._weights) or self._root.get_collection(GraphKeys.GLOBAL_VARIABLES, f"{self._scope.name}/")

    weights = variables

    @property
    def trainable_variables(self) -> list[Any]:
        """Those that an optimizer changes."""
        return [v for v in self.variables if v.trainable]

    trainable_weights = trainable_variables

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The others."""
        return [v for v in self.variables if not v.trainable]

    non_trainable_weights = non_trainable_variables

    # ---- states

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros: (batch_size, n) for each number n of state_size."""
        with default_graph().name_scope(f"{type(self).__name__}ZeroState"):
            return zeros_of(self.state_size, batch_size, dtype)

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """zero_state of the batch and type of `inputs`, or of those given; where both are, they agree."""
        if inputs is not None:
            inputs = constant_of(inputs)
            found = batch_of([inputs], 0)
            given = None if batch_size is None else constant_value(constant_of(batch_size))
            if isinstance(found, int) and given is not None and found != given:
                raise ShapeError(f"get_initial_state: inputs of {found} rows and batch_size={given}", rule="they agree")
            if dtype is not None and as_dtype(dtype) != inputs.dtype:
                raise ArgumentError(f"get_initial_state: inputs of {inputs.dtype.name} and dtype={dtype}", rule="they agree")
            batch_size, dtype = found, inputs.dtype
        if batch_size is None or dtype is None:
            raise ArgumentError(
                f"get_initial_state(batch_size={batch_size}, dtype={dtype})", rule="both are needed, or the inputs"
            )
        return self.zero_state(batch_size, dtype)


class LayerRNNCell(RNNCell):
    """Base of the cells that come with the library: inputs and state are checked, variables are made by `build`."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """(output, new state) of one time step from inputs (batch, depth) and the state before it."""
        x, state = constant_of(inputs), mapped(constant_of, state)
        check_state(self.name, state, self.state_size)
        return super().__call__(x, state, scope)

    def _check_inputs(self, inputs: Any, rank: int) -> None:
        if not inputs.dtype.is_differentiable:
            raise DTypeError(
                f"{self.name}: the inputs are {inputs.dtype.name}", where=here(), rule="a cell computes with floats",
                hint="tf.cast(x, tf.float32); class numbers become vectors with tf.one_hot or tf.nn.embedding_lookup",
            )
        if inputs.shape.rank not in (None, rank):
            raise ShapeError(
                f"{self.name}: inputs of shape {inputs.shape}", where=here(),
                rule="(batch, depth): one time step" if rank == 2 else "(time, batch, depth): all time steps",
                hint="tf.nn.dynamic_rnn(cell, x) takes all time steps at once" if inputs.shape.rank == 3 else None,
            )
        depth = inputs.shape.lengths[-1] if inputs.shape.lengths is not None else None
        if depth is None:
            raise ShapeError(
                f"{self.name}: inputs of shape {inputs.shape}", where=here(),
                rule="the number of features is known before the graph runs: the kernel has a row for each",
                hint="tf.placeholder(tf.float32, [None, steps, features]), or x.set_shape(...)",
            )
        if self._depth not in (None, depth):
            raise ShapeError(
                f"{self.name} was built for inputs of {self._depth} features and is now given {depth}", where=here(),
                rule="one cell has one kernel, wherever it is used",
                hint="make a cell for each layer: [LSTMCell(n) for _ in range(layers)], not [cell] * layers",
            )
        self._depth = depth

    def _affine(self, width: int, prefix: str = "", kernel: Any = None, bias: Any = None) -> tuple[Any, ...]:
        """The kernel and the bias of [x, h] @ kernel + bias: (batch, width). kernel, bias: how they begin."""
        given = {"kernel": kernel, "bias": Zeros() if bias is None else bias}
        declared = joined_weights(self.depth, self.output_size, width)
        return tuple(self.add_variable(prefix + w.name, w.shape, initializer=given[w.name]) for w in declared)

    @property
    def depth(self) -> int:
        """The number of features of the inputs, known from the first call on."""
        return self._depth or 0


def activation_of(given: Any) -> Callable[..., Any]:
    """An activation function: tanh for None, else a function, or the name of one."""
    if given is None:
        return ops.tanh
    if callable(given):
        return given
    if given == "linear":
        return ops.identity
    if given not in _ACTIVATIONS:
        raise ArgumentError(f"activation={given!r}", rule="a function, or one of linear, " + ", ".join(_ACTIVATIONS))
    return getattr(ops, given)


def layer_in_scope(inputs: Sequence[Any], units: int) -> Any:
    """inputs side by side @ kernel + bias, (batch, units): variables of the open scope, for parts of a cell beside its gates."""
    declared = dense_weights(sum(x.shape.lengths[-1] for x in inputs), units)
    begin = {"kernel": None, "bias": Zeros()}
    return linear(inputs, *(get_variable(w.name, w.shape, inputs[0].dtype, begin[w.name]) for w in declared))


def check_units(what: str, number: Any) -> int:
    """A number of units as an int; ArgumentError unless it is at least 1."""
    if isinstance(number, bool) or not hasattr(number, "__index__") or int(number) < 1:
        raise ArgumentError(f"{what}={number!r}", rule="a whole number of at least 1")
    return int(number)


def _initializer(given: Any) -> Any:
    return given() if isinstance(given, type) else given
