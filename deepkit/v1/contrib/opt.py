"""`tf.contrib.opt`: optimizers of papers, averages saved in place of the trained variables, and scipy.optimize on a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.graph import default_session
from deepkit.errors import ArgumentError
from deepkit.train.further_optimizers import (
    AdaMaxOptimizer,
    AdamWOptimizer,
    AddSignOptimizer,
    DecoupledWeightDecayExtension,
    LARSOptimizer,
    LazyAdamOptimizer,
    MomentumWOptimizer,
    NadamOptimizer,
    PowerSignOptimizer,
    VariableClippingOptimizer,
    extend_with_decoupled_weight_decay,
)
from deepkit.train.moving_average import ExponentialMovingAverage
from deepkit.train.optimizer import Optimizer
from deepkit.v1.framework.creators import (
    control_dependencies,
    global_variables,
    group,
    placeholder,
    trainable_variables,
)
from deepkit.v1.framework.derivatives import gradients
from deepkit.v1.train.saver import Saver

__all__ = [
    "AdaMaxOptimizer", "AdamWOptimizer", "AddSignOptimizer", "DecoupledWeightDecayExtension", "ExternalOptimizerInterface",
    "LARSOptimizer", "LazyAdamOptimizer", "MomentumWOptimizer", "MovingAverageOptimizer", "NadamOptimizer",
    "PowerSignOptimizer", "ScipyOptimizerInterface", "VariableClippingOptimizer", "extend_with_decoupled_weight_decay",
]


class MovingAverageOptimizer(Optimizer):
    """Another optimizer, after whose step moving averages of the variables are taken; `swapping_saver` saves those.

    average_decay, num_updates: as in tf.train.ExponentialMovingAverage.
    """

    def __init__(self, opt: Optimizer, average_decay: Any = 0.9999, num_updates: Any = None, sequential_update: bool = True):
        super().__init__(False, "MovingAverage", opt.learning_rate)
        self._inner, self._sequential = opt, sequential_update
        self._averages = ExponentialMovingAverage(average_decay, num_updates=num_updates)
        self._averaged: list[Any] = []

    def compute_gradients(self, *args: Any, **options: Any) -> list[tuple[Any, Any]]:
        """Those of the optimizer inside."""
        return self._inner.compute_gradients(*args, **options)

    def apply_gradients(self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None) -> Any:
        """The step of the optimizer inside, and the averages after it (beside it if not sequential_update)."""
        pairs = list(grads_and_vars)
        step = self._inner.apply_gradients(pairs, global_step, name)
        self._averaged = [var for grad, var in pairs if grad is not None]
        with control_dependencies([step] if self._sequential else []):
            averages = self._averages.apply(self._averaged)
        return group(step, averages, name="train_with_avg")

    def swapping_saver(self, var_list: Any = None, name: str = "swapping_saver", **options: Any) -> Saver:
        """A Saver that keeps the averages under the variables' names, and the variables under those of the averages.

        It is made after minimize, when all variables are there. A plain Saver then restores the averages for evaluation.
        """
        if not self._averaged:
            raise ArgumentError("swapping_saver before minimize", rule="minimize or apply_gradients makes the averages")
        listed = global_variables() if var_list is None else var_list
        named = dict(listed) if isinstance(listed, Mapping) else {v.op.name: v for v in listed}
        swapped = self._swapped()
        missing = [other.op.name for name, other in swapped.items() if name in named and other.op.name not in named]
        if missing:
            raise ArgumentError(
                f"swapping_saver: {', '.join(missing)} not among the variables to save",
                rule="a variable and its average are saved together",
            )
        return Saver({name: swapped.get(name, var) for name, var in named.items()}, name=name, **options)

    def _swapped(self) -> dict[str, Any]:
        """By the name of each variable its average, and by that of each average its variable."""
        pairs: list[tuple[Any, Any]] = [(var, self._averages.average(var)) for var in self._averaged]
        return {name.op.name: kept for var, average in pairs for name, kept in ((var, average), (average, var))}


class ExternalOptimizerInterface:
    """Base of what lets an algorithm of another library minimize a loss of the graph: a subclass defines `_minimize`.

    loss: (). var_list: all trainable variables by default. equalities, inequalities: tensors () that are to be 0, or at
    least 0. var_to_bounds: for a variable (low, high), numbers or arrays that broadcast to its shape. Other arguments are
    the algorithm's.
    """

    def __init__(
        self, loss: Any, var_list: Any = None, equalities: Sequence[Any] | None = None,
        inequalities: Sequence[Any] | None = None, var_to_bounds: Mapping[Any, Any] | None = None, **optimizer_kwargs: Any,
    ):
        self._vars = trainable_variables() if var_list is None else list(var_list)
        if not self._vars:
            raise ArgumentError("there are no variables to optimize", hint="tf.Variable(..., trainable=True)")
        self.optimizer_kwargs = optimizer_kwargs
        self._loss, self._equalities, self._inequalities = (
            (loss, self._slope(loss)), self._with_slopes(equalities), self._with_slopes(inequalities),
        )
        self._shapes = [tuple(v.shape.as_list()) for v in self._vars]
        self._ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes])
        self._bounds = None if var_to_bounds is None else self._bounds_of(var_to_bounds)
        self._start = _flattened(self._vars)
        self._values = [placeholder(v.dtype.base_dtype, shape) for v, shape in zip(self._vars, self._shapes, strict=True)]
        self._updates = [v.assign(value) for v, value in zip(self._vars, self._values, strict=True)]

    def _slope(self, tensor: Any) -> Any:
        """The gradient of a number by all variables, one after the other in a vector."""
        found = gradients(tensor, self._vars)
        return _flattened([ops.zeros_like(v) if g is None else g for g, v in zip(found, self._vars, strict=True)])

    def _with_slopes(self, tensors: Sequence[Any] | None) -> list[tuple[Any, Any]]:
        return [(tensor, self._slope(tensor)) for tensor in tensors or ()]

    def _bounds_of(self, given: Mapping[Any, Any]) -> list[tuple[float, float]]:
        rows: list[tuple[float, float]] = []
        for var, shape in zip(self._vars, self._shapes, strict=True):
            low, high = next((b for v, b in given.items() if v is var), (None, None))
            ends = (-np.inf if low is None else low, np.inf if high is None else high)
            low, high = (np.broadcast_to(np.asarray(end, float), shape).ravel() for end in ends)
            rows += zip(low.tolist(), high.tolist(), strict=True)
        return rows

    def minimize(
        self, session: Any = None, feed_dict: Mapping[Any, Any] | None = None, fetches: Sequence[Any] | None = None,
        step_callback: Callable[[Any], Any] | None = None, loss_callback: Callable[..., Any] | None = None, **run_kwargs: Any,
    ) -> None:
        """Runs the algorithm now, and leaves the variables at its result.

        step_callback(vector of all variables) is called after each of its steps, loss_callback(*values of fetches) whenever
        the loss is computed. run_kwargs go to the last Session.run.
        """
        sess = default_session() if session is None else session
        if sess is None:
            raise ArgumentError("minimize without a session", hint="optimizer.minimize(sess), or within `with sess:`")
        fed, asked = dict(feed_dict or {}), list(fetches or ())

        def run(tensors: Sequence[Any], x: Any, callback: Callable[..., Any] | None = None) -> list[Any]:
            values = sess.run([*tensors, *asked], {**self._parts(x), **fed})
            if callback is not None:
                callback(*values[len(tensors):])
            return values[: len(tensors)]

        def functions(pairs: Sequence[tuple[Any, Any]], k: int) -> list[Callable[[Any], Any]]:
            return [lambda x, tensor=pair[k]: run([tensor], x)[0] for pair in pairs]  # type: ignore[misc]

        best = self._minimize(
            initial_val=sess.run(self._start), loss_grad_func=lambda x: run(self._loss, x, loss_callback),
            equality_funcs=functions(self._equalities, 0), equality_grad_funcs=functions(self._equalities, 1),
            inequality_funcs=functions(self._inequalities, 0), inequality_grad_funcs=functions(self._inequalities, 1),
            packed_bounds=self._bounds, step_callback=step_callback or (lambda x: None),
            optimizer_kwargs=self.optimizer_kwargs,
        )
        values = self._parts(best).values()
        sess.run(self._updates, dict(zip(self._values, values, strict=True)), **run_kwargs)

    def _parts(self, x: Any) -> dict[Any, Any]:
        """The values of the variables in a vector of all."""
        parts = zip(self._vars, np.split(x, self._ends[:-1]), self._shapes, strict=True)
        return {v: part.reshape(shape).astype(v.dtype.base_dtype.as_numpy_dtype) for v, part, shape in parts}

    def _minimize(
        self, initial_val: Any, loss_grad_func: Any, equality_funcs: Any, equality_grad_funcs: Any, inequality_funcs: Any,
        inequality_grad_funcs: Any, packed_bounds: Any, step_callback: Any, optimizer_kwargs: Any,
    ) -> Any:
        """The best vector, from a first one, and functions of a vector: the loss with its gradient, and the constraints."""
        raise ArgumentError(f"{type(self).__name__} does not define _minimize", hint="ScipyOptimizerInterface")


class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """scipy.optimize.minimize on the graph; method="L-BFGS-B" by default, "SLSQP" for constraints; options={"maxiter": 100}.

    The result, SciPy's OptimizeResult, is in `result` afterwards.
    """

    result: Any = None

    def _minimize(
        self, initial_val: Any, loss_grad_func: Any, equality_funcs: Any, equality_grad_funcs: Any, inequality_funcs: Any,
        inequality_grad_funcs: Any, packed_bounds: Any, step_callback: Any, optimizer_kwargs: Any,
    ) -> Any:
        from scipy.optimize import minimize

        own = {"jac", "callback", "constraints", "bounds"} & optimizer_kwargs.keys()
        if own:
            raise ArgumentError(
                f"ScipyOptimizerInterface: {', '.join(sorted(own))}", rule="these are made from the graph",
                hint="var_to_bounds={var: (low, high)}, equalities=[...], inequalities=[...]; minimize(step_callback=...)",
            )

        def loss(x: Any) -> tuple[float, Any]:
            value, slope = loss_grad_func(x)
            return float(value), slope.astype(np.float64)

        kinds = (("eq", equality_funcs, equality_grad_funcs), ("ineq", inequality_funcs, inequality_grad_funcs))
        constraints = [
            {"type": kind, "fun": f, "jac": slope}
            for kind, values, slopes in kinds for f, slope in zip(values, slopes, strict=True)
        ]
        settings = {"method": "L-BFGS-B", **optimizer_kwargs}
        if constraints:
            settings["constraints"] = constraints
        self.result = minimize(
            loss, np.asarray(initial_val, np.float64), jac=True, callback=step_callback, bounds=packed_bounds, **settings
        )
        return self.result.x


def _flattened(tensors: Sequence[Any]) -> Any:
    """All numbers of the tensors in one vector."""
    return ops.concat([ops.reshape(t, [-1]) for t in tensors], 0)
