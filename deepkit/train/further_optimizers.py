"""Optimizers of papers: Nadam, AdaMax, lazy Adam, decoupled weight decay, LARS, signs, and norms that are held."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from deepkit import ops
from deepkit.core.control_flow import tracing
from deepkit.core.slices import IndexedSlices
from deepkit.core.symbol import Symbol
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError
from deepkit.train.optimizer import Optimizer
from deepkit.train.optimizers import AdamOptimizer, MomentumOptimizer
from deepkit.train.rules import ApplyAdam, ApplyAdaMax, ApplyMomentum, moved


class NadamOptimizer(AdamOptimizer):
    """Adam with Nesterov's look ahead: the step is along beta1 m + (1 - beta1) grad, m after its update.

    Rows that a sparse gradient does not name stay, while their m and v fade. Source: T. Dozat, ICLR workshop 2016.
    """

    def _update(self, var: Any, grad: Any) -> Any:
        m, v = (self._slot(var, s) for s in self.slot_names)
        power1, power2 = self._powers(var)
        named = None
        if isinstance(grad, IndexedSlices):
            named = _named(var, grad)
            grad = grad.dense_like(var.read())
        m = m.assign(self.beta1 * m + (1 - self.beta1) * grad)
        v = v.assign(self.beta2 * v + (1 - self.beta2) * ops.square(grad))
        rate = self._rate(var) * ops.sqrt(1 - power2) / (1 - power1)
        step = rate * (self.beta1 * m + (1 - self.beta1) * grad) / (ops.sqrt(v) + self.epsilon)
        return var.assign_sub(step if named is None else ops.where(named, step, ops.zeros_like(step)))


class AdaMaxOptimizer(AdamOptimizer):
    """Adam whose steps are divided by the largest gradient so far, fading by beta2; a sparse one moves only its rows.

    Source: D. Kingma and J. Ba, ICLR 2015, section 7.1.
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999, epsilon: Any = 1e-8,
        use_locking: bool = False, name: str = "AdaMax",
    ):
        super().__init__(learning_rate, beta1, beta2, epsilon, use_locking, name)

    def _power(self, like: Any) -> Any:
        return self._number("beta1_power", like, self.beta1)

    def _make_slots(self, var: Any) -> None:
        self._power(var)
        Optimizer._make_slots(self, var)

    def _update(self, var: Any, grad: Any) -> Any:
        slots = [self._slot(var, s) for s in self.slot_names]
        numbers = (self._power(var), self._rate(var), self.beta1, self.beta2, self.epsilon)
        return moved(ApplyAdaMax(), [var, *slots], grad, *numbers)

    def _once(self, like: Any) -> list[Any]:
        power = self._power(like)
        return [power.assign(power * self.beta1)]


class LazyAdamOptimizer(AdamOptimizer):
    """Adam that moves, of m and v too, only the rows a sparse gradient names: less work, and not quite Adam."""

    def _update(self, var: Any, grad: Any) -> Any:
        slots = [self._slot(var, s) for s in self.slot_names]
        return moved(
            ApplyAdam(), [var, *slots], grad, *self._powers(var), self._rate(var), self.beta1, self.beta2, self.epsilon
        )


# ---- decay beside the gradient


class DecoupledWeightDecayExtension(Optimizer):
    """Mixed in before an optimizer: var -= weight_decay * var, then that optimizer's step. A sparse one decays its rows.

    weight_decay: a number, a tensor, or a function that returns one; it is not multiplied by the learning rate.
    Source: I. Loshchilov, F. Hutter, Decoupled weight decay regularization, ICLR 2019 (arXiv 1711.05101).
    """

    def __init__(self, weight_decay: Any, *args: Any, **options: Any):
        self._weight_decay = weight_decay
        self._decayed: list[Any] | None = None
        super().__init__(*args, **options)

    def minimize(self, loss: Any, *args: Any, decay_var_list: Any = None, **options: Any) -> Any:
        """As Optimizer.minimize; decay_var_list: the variables that decay, all without it."""
        self._decayed = list(decay_var_list) if decay_var_list else None
        return super().minimize(loss, *args, **options)

    def apply_gradients(
        self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None, decay_var_list: Any = None
    ) -> Any:
        """As Optimizer.apply_gradients; decay_var_list: the variables that decay, by default those of minimize, or all."""
        self._decayed = list(decay_var_list) if decay_var_list else self._decayed
        try:
            return super().apply_gradients(grads_and_vars, global_step, name)
        finally:
            self._decayed = None

    def _update(self, var: Any, grad: Any) -> Any:
        if self._decayed is not None and all(var is not v for v in self._decayed):
            return super()._update(var, grad)
        with _after(var, grad):
            decay = self._weight_decay() if callable(self._weight_decay) else self._weight_decay
            share: Any = decay
            if isinstance(grad, IndexedSlices):
                share = decay * ops.cast(_named(var, grad), var.dtype)
            done = var.assign_sub(share * var.read_value() if isinstance(var, Variable) else share * var.read())
        with _after(var, done):
            return super()._update(var, grad)


def extend_with_decoupled_weight_decay(base_optimizer: type[Optimizer]) -> type[Optimizer]:
    """The class of base_optimizer with decoupled weight decay; its first argument is weight_decay.

    >>> import deepkit as dk
    >>> from deepkit.train.further_optimizers import extend_with_decoupled_weight_decay
    >>> descent = extend_with_decoupled_weight_decay(dk.train.GradientDescentOptimizer)
    >>> x = dk.Parameter(5.0)
    >>> descent(0.01, learning_rate=0.1).minimize(dk.square(x), var_list=[x])
    >>> round(x.item(), 5)
    3.95
    """

    class OptimizerWithDecoupledWeightDecay(DecoupledWeightDecayExtension, base_optimizer):  # type: ignore[misc, valid-type]
        """An optimizer with decoupled weight decay."""

    return OptimizerWithDecoupledWeightDecay


class MomentumWOptimizer(DecoupledWeightDecayExtension, MomentumOptimizer):
    """Momentum with decoupled weight decay."""

    def __init__(
        self, weight_decay: Any, learning_rate: Any, momentum: Any, use_locking: bool = False, name: str = "MomentumW",
        use_nesterov: bool = False,
    ):
        super().__init__(weight_decay, learning_rate, momentum, use_locking, name, use_nesterov)


class AdamWOptimizer(DecoupledWeightDecayExtension, AdamOptimizer):
    """Adam with decoupled weight decay."""

    def __init__(
        self, weight_decay: Any, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999, epsilon: Any = 1e-8,
        use_locking: bool = False, name: str = "AdamW",
    ):
        super().__init__(weight_decay, learning_rate, beta1, beta2, epsilon, use_locking, name)


# ---- steps of another length


class LARSOptimizer(Optimizer):
    """Momentum whose rate, for each variable, follows |var| / |grad|: for large batches.

    rate = learning_rate * eeta |var| / (|grad| + weight_decay |var| + epsilon), learning_rate where a norm is 0, where the
    variable's name contains a text of skip_list, and for sparse gradients. The gradient itself is not decayed.
    Source: Y. You et al., Large batch training of convolutional networks, 2017 (arXiv 1708.03888).
    """

    slot_names = ("momentum",)

    def __init__(
        self, learning_rate: Any, momentum: float = 0.9, weight_decay: float = 0.0001, eeta: float = 0.001,
        epsilon: float = 0.0, name: str = "LARSOptimizer", skip_list: Sequence[str] | None = None, use_nesterov: bool = False,
    ):
        super().__init__(False, name, learning_rate)
        if momentum < 0 or weight_decay < 0:
            raise ArgumentError(f"LARSOptimizer: momentum={momentum}, weight_decay={weight_decay}", rule="at least 0")
        self.momentum, self.rule = momentum, ApplyMomentum(nesterov=use_nesterov)
        self._numbers, self._skipped = (weight_decay, eeta, epsilon), tuple(skip_list or ())

    def _update(self, var: Any, grad: Any) -> Any:
        rate = self._rate(var)
        if not isinstance(grad, IndexedSlices) and not any(text in var.name for text in self._skipped):
            rate = rate * self._trust(var, grad)
        return moved(self.rule, [var, self._slot(var, "momentum")], grad, rate, self.momentum)

    def _trust(self, var: Any, grad: Any) -> Any:
        decay, eeta, epsilon = self._numbers
        of_var, of_grad = (ops.sqrt(ops.reduce_sum(ops.square(x))) for x in (var, grad))
        both = ops.logical_and(ops.greater(of_var, 0), ops.greater(of_grad, 0))
        below = ops.where(both, of_grad + decay * of_var + epsilon, ops.ones_like(of_grad))
        return ops.where(both, eeta * of_var / below, ops.ones_like(of_var))


class _SignOptimizer(Optimizer):
    """Base: var -= learning_rate * factor(sign(grad) sign(m)) * grad, m the moving mean of the gradient.

    sign_decay_fn(global_step): by how much the signs count as training goes on; 1 without it.
    Source: I. Bello et al., Neural optimizer search with reinforcement learning, 2017 (arXiv 1709.07417).
    """

    slot_names = ("m",)

    def __init__(self, learning_rate: Any, beta: Any, sign_decay_fn: Callable[[Any], Any] | None, name: str):
        super().__init__(False, name, learning_rate)
        self.beta, self._decay_of, self._decay = beta, sign_decay_fn, 1.0

    def apply_gradients(self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None) -> Any:
        """As Optimizer.apply_gradients; with sign_decay_fn the global_step is needed."""
        if self._decay_of is not None:
            if global_step is None:
                raise ArgumentError(f"{self.name}: sign_decay_fn without global_step", rule="it is a function of the step")
            self._decay = self._decay_of(global_step)
        return super().apply_gradients(grads_and_vars, global_step, name)

    def _update(self, var: Any, grad: Any) -> Any:
        if isinstance(grad, IndexedSlices):  # the means of the other rows fade all the same
            grad = grad.dense_like(var.read())
        m = self._slot(var, "m")
        m = m.assign(self.beta * m + (1 - self.beta) * grad)
        agree = self._decay * ops.sign(grad) * ops.sign(m)
        return var.assign_sub(self._rate(var) * self._factor(agree) * grad)

    def _factor(self, agree: Any) -> Any:
        raise TypeError(f"{type(self).__name__} does not define _factor")


class PowerSignOptimizer(_SignOptimizer):
    """var -= learning_rate * base^(sign(grad) sign(m)) * grad: longer steps where the gradient goes on as it did."""

    def __init__(
        self, learning_rate: Any = 0.1, base: Any = math.e, beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None, use_locking: bool = False, name: str = "PowerSignOptimizer",
    ):
        super().__init__(learning_rate, beta, sign_decay_fn, name)
        self._log = ops.log(base) if hasattr(base, "node") else math.log(base)

    def _factor(self, agree: Any) -> Any:
        return ops.exp(self._log * agree)


class AddSignOptimizer(_SignOptimizer):
    """var -= learning_rate * (alpha + sign(grad) sign(m)) * grad."""

    def __init__(
        self, learning_rate: Any = 0.1, alpha: Any = 1.0, beta: Any = 0.9,
        sign_decay_fn: Callable[[Any], Any] | None = None, use_locking: bool = False, name: str = "AddSignOptimizer",
    ):
        super().__init__(learning_rate, beta, sign_decay_fn, name)
        self._alpha = alpha

    def _factor(self, agree: Any) -> Any:
        return self._alpha + agree


class VariableClippingOptimizer(Optimizer):
    """Another optimizer, after whose step the norms of some variables are at most max_norm.

    vars_to_clip_dims: for a variable the axes its norm is taken over. After a sparse gradient only its rows are held, unless
    axis 0 is among them.
    """

    def __init__(
        self, opt: Optimizer, vars_to_clip_dims: Mapping[Any, Sequence[int]], max_norm: Any, use_locking: bool = False,
        colocate_clip_ops_with_vars: bool = False, name: str = "VariableClipping",
    ):
        super().__init__(use_locking, name, opt.learning_rate)
        self._inner, self._axes, self._norm = opt, dict(vars_to_clip_dims), max_norm

    def compute_gradients(self, *args: Any, **options: Any) -> list[tuple[Any, Any]]:
        """Those of the optimizer inside."""
        return self._inner.compute_gradients(*args, **options)

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot of the optimizer inside."""
        return self._inner.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """Those of the optimizer inside."""
        return self._inner.get_slot_names()

    def variables(self) -> list[Any]:
        """Those of the optimizer inside."""
        return self._inner.variables()

    def _make_slots(self, var: Any) -> None:
        self._inner._make_slots(var)

    def _once(self, like: Any) -> list[Any]:
        return self._inner._once(like)

    def _update(self, var: Any, grad: Any) -> Any:
        done = self._inner._update(var, grad)
        if var not in self._axes:
            return done
        with _after(var, done):
            now = var.read_value() if isinstance(var, Variable) else var.read()
            held = ops.clip_by_norm(now, self._norm, list(self._axes[var]))
            if isinstance(grad, IndexedSlices) and 0 not in self._axes[var]:
                held = ops.where(_named(var, grad), held, now)
            return var.assign(held)


def _after(var: Any, done: Any) -> Any:
    """What follows waits for `done`, in a graph; at once it has happened."""
    done = done[0] if isinstance(done, (list, tuple)) else done
    done = done.values if isinstance(done, IndexedSlices) else done
    graph = tracing.target(var.graph) if isinstance(var, Symbol) else None
    return nullcontext() if graph is None else graph.control_dependencies([done.node if isinstance(done, Symbol) else done])


def _named(var: Any, grad: IndexedSlices) -> Any:
    """bool, of var's shape: the rows that a sparse gradient names."""
    return ops.greater(grad.with_values(ops.ones_like(grad.values)).dense_like(var.read()), 0)
