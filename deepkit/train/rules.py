"""The update rules: each is an op that gives a variable and its slots their new values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import Op, lookup, register
from deepkit.core.shape import Shape
from deepkit.core.slices import IndexedSlices
from deepkit.device import rows as device_rows
from deepkit.device import updates
from deepkit.device.arrays import xp_of
from deepkit.errors import ShapeError


class UpdateRule(Op):
    """Base. Inputs: the variable, its slots, the gradient, then numbers; the first `len(writes)` are updated.

    `inplace` changes the arrays it is given and returns them; `forward` does the same to copies.
    """

    kinds = "f"
    gradient = None

    def shape(self, *shapes: Shape) -> Any:
        var, grad = shapes[0], shapes[len(self.writes)]
        if not var.is_compatible_with(grad):
            raise ShapeError(f"{self.type}: a gradient of shape {grad} for a variable of shape {var}")
        return tuple(shapes[: len(self.writes)]) if len(self.writes) > 1 else var

    def dtype(self, *dtypes: Any) -> Any:
        return dtypes[: len(self.writes)] if len(self.writes) > 1 else dtypes[0]

    def inplace(self, *arrays: Any) -> Any:
        raise TypeError(f"{self.type} does not define inplace")

    def forward(self, xp: Any, *arrays: Any) -> Any:
        count = len(self.writes)
        return self.inplace(*[xp.array(a) for a in arrays[:count]], *arrays[count:])


@register
class UpdateRows(UpdateRule):
    """Another rule applied only to the rows that `indices` (the last input) names: the others keep even their slots.

    Gradients of a row that is named twice are added first.
    """

    rule: Any = None

    def __init__(self, rule: UpdateRule):
        super().__init__(rule=rule)
        self.writes = rule.writes  # type: ignore[misc]

    types = ("T",)

    def type_of(self, i: int) -> str:
        return "index" if i == len(self.writes) + 1 else "T"

    def shape(self, *shapes: Shape) -> Any:
        states = shapes[: len(self.writes)]
        grad = shapes[len(self.writes)]
        if not states[0][1:].is_compatible_with(grad[1:]):
            raise ShapeError(f"{self.type}: rows of shape {grad[1:]} for a variable of shape {states[0]}")
        return tuple(states) if len(states) > 1 else states[0]

    def inplace(self, *arrays: Any) -> Any:
        count = len(self.writes)
        states, (grad, indices, *numbers) = arrays[:count], arrays[count:]
        named, each = indices.reshape(-1), grad.reshape(-1, *states[0].shape[1:])
        rows, summed = device_rows.summed(xp_of(grad), named, each)
        parts = [s[rows] for s in states]
        self.rule.inplace(*parts, summed, *numbers)
        for state, part in zip(states, parts, strict=True):
            state[rows] = part
        return states if count > 1 else states[0]


def in_type_of(var: Any, number: Any) -> Any:
    """A rate, a decay or a momentum in the variable's type: of a number, a tensor, or a function that returns one."""
    number = number() if callable(number) else number
    dtype = getattr(number, "dtype", None)
    if dtype is not None and hasattr(number, "node") and dtype is not var.dtype:
        return apply(lookup("Cast")(to=var.dtype), number)
    return number


def moved(rule: UpdateRule, states: Sequence[Any], grad: Any, *numbers: Any) -> Any:
    """A variable and its slots, the states, after one step by the rule; IndexedSlices move only the rows they name."""
    numbers = tuple(in_type_of(states[0], number) for number in numbers)
    if isinstance(grad, IndexedSlices):
        return apply(UpdateRows(rule), *states, grad.values, grad.indices, *numbers)
    return apply(rule, *states, grad, *numbers)


@register
class ApplyGradientDescent(UpdateRule):
    """var -= rate * grad."""

    writes = (0,)

    def inplace(self, var: Any, grad: Any, rate: Any) -> Any:
        updates.run(updates.gradient_descent_reference, (var, grad), rate[()])
        return var


@register
class ApplyMomentum(UpdateRule):
    """accum = momentum * accum + grad, var -= rate * accum. Source: B. Polyak 1964; Nesterov's form: I. Sutskever 2013."""

    nesterov: bool = False
    writes = (0, 1)

    def inplace(self, var: Any, accum: Any, grad: Any, rate: Any, momentum: Any) -> Any:
        updates.run(updates.momentum_reference, (var, accum, grad), rate[()], momentum[()], self.nesterov)
        return var, accum


@register
class ApplyKerasMomentum(UpdateRule):
    """accum = momentum * accum - rate * grad, var += accum; Nesterov: var += momentum * accum - rate * grad.

    The velocity holds the learning rate: a later change of the rate does not change the steps already under way.
    """

    nesterov: bool = False
    writes = (0, 1)

    def inplace(self, var: Any, accum: Any, grad: Any, rate: Any, momentum: Any) -> Any:
        updates.run(updates.velocity_reference, (var, accum, grad), rate[()], momentum[()], self.nesterov)
        return var, accum


@register
class ApplyAdagrad(UpdateRule):
    """accum += grad^2, var -= rate * grad / sqrt(accum). Source: J. Duchi et al., JMLR 12 (2011)."""

    writes = (0, 1)

    def inplace(self, var: Any, accum: Any, grad: Any, rate: Any) -> Any:
        updates.run(updates.adagrad_reference, (var, accum, grad), rate[()])
        return var, accum


@register
class ApplyAdagradV2(UpdateRule):
    """As Adagrad, with epsilon beside the root: var -= rate * grad / (sqrt(accum) + epsilon)."""

    writes = (0, 1)

    def inplace(self, var: Any, accum: Any, grad: Any, rate: Any, epsilon: Any) -> Any:
        accum += grad * grad
        var -= rate * grad / (np.sqrt(accum) + epsilon)
        return var, accum


@register
class ApplyAdadelta(UpdateRule):
    """Steps whose size adapts to the last steps' sizes. Source: M. Zeiler, arXiv 1212.5701."""

    writes = (0, 1, 2)

    def inplace(self, var: Any, accum: Any, delta: Any, grad: Any, rate: Any, rho: Any, epsilon: Any) -> Any:
        one = grad.dtype.type(1)
        accum *= rho
        accum += grad * grad * (one - rho)
        step = np.sqrt(delta + epsilon) / np.sqrt(accum + epsilon) * grad
        delta *= rho
        delta += step * step * (one - rho)
        var -= step * rate
        return var, accum, delta


@register
class ApplyRMSProp(UpdateRule):
    """ms = moving mean of grad^2, mom = momentum * mom + rate * grad / sqrt(ms + epsilon), var -= mom.

    Source: G. Hinton, lecture 6e (2012), in TensorFlow's form (epsilon under the root).
    """

    writes = (0, 1, 2)

    def inplace(
        self, var: Any, ms: Any, mom: Any, grad: Any, rate: Any, decay: Any, momentum: Any, epsilon: Any
    ) -> Any:
        numbers = rate[()], decay[()], momentum[()], epsilon[()]
        updates.run(updates.rmsprop_reference, (var, ms, mom, grad), *numbers)
        return var, ms, mom


@register
class ApplyCenteredRMSProp(UpdateRule):
    """As RMSProp, with the variance of the gradient (ms - mg^2) instead of its mean square. Source: A. Graves 2013."""

    writes = (0, 1, 2, 3)

    def inplace(
        self, var: Any, mg: Any, ms: Any, mom: Any, grad: Any, rate: Any, decay: Any, momentum: Any, epsilon: Any
    ) -> Any:
        one = grad.dtype.type(1)
        ms += (grad * grad - ms) * (one - decay)
        mg += (grad - mg) * (one - decay)
        mom *= momentum
        mom += rate * grad / np.sqrt(ms - mg * mg + epsilon)
        var -= mom
        return var, mg, ms, mom


@register
class ApplyPlainRMSProp(UpdateRule):
    """ms = moving mean of grad^2, var -= rate * grad / (sqrt(ms) + epsilon): no momentum, epsilon beside the root.

    Source: G. Hinton, lecture 6e (2012).
    """

    writes = (0, 1)

    def inplace(self, var: Any, ms: Any, grad: Any, rate: Any, decay: Any, epsilon: Any) -> Any:
        updates.run(updates.plain_rmsprop_reference, (var, ms, grad), rate[()], decay[()], epsilon[()])
        return var, ms


@register
class ApplyPlainCenteredRMSProp(UpdateRule):
    """As PlainRMSProp, with the variance of the gradient (ms - mg^2) instead of its mean square."""

    writes = (0, 1, 2)

    def inplace(self, var: Any, ms: Any, mg: Any, grad: Any, rate: Any, decay: Any, epsilon: Any) -> Any:
        one = grad.dtype.type(1)
        ms *= decay
        ms += grad * grad * (one - decay)
        mg *= decay
        mg += grad * (one - decay)
        var -= rate * grad / (np.sqrt(ms - mg * mg) + epsilon)
        return var, ms, mg


@register
class ApplyAdam(UpdateRule):
    """m, v = moving means of grad and grad^2; var -= rate sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).

    Source: D. Kingma and J. Ba, ICLR 2015, in TensorFlow's form ("epsilon hat"). power1, power2: beta1^t, beta2^t.
    """

    writes = (0, 1, 2)

    def inplace(
        self, var: Any, m: Any, v: Any, grad: Any, power1: Any, power2: Any, rate: Any, beta1: Any, beta2: Any,
        epsilon: Any,
    ) -> Any:
        one = grad.dtype.type(1)
        step = rate * np.sqrt(one - power2) / (one - power1)
        updates.run(updates.adam_reference, (var, m, v, grad), step[()], beta1[()], beta2[()], epsilon[()])
        return var, m, v


@register
class ApplyAmsgrad(UpdateRule):
    """Adam whose steps never grow again: divided by the root of the largest v so far, in vhat.

    Source: S. Reddi, S. Kale, S. Kumar, ICLR 2018.
    """

    writes = (0, 1, 2, 3)

    def inplace(
        self, var: Any, m: Any, v: Any, vhat: Any, grad: Any, power1: Any, power2: Any, rate: Any, beta1: Any,
        beta2: Any, epsilon: Any,
    ) -> Any:
        one = grad.dtype.type(1)
        m += (grad - m) * (one - beta1)
        v += (grad * grad - v) * (one - beta2)
        vhat[...] = np.maximum(vhat, v)
        var -= m * (rate * np.sqrt(one - power2) / (one - power1)) / (np.sqrt(vhat) + epsilon)
        return var, m, v, vhat


@register
class ApplyAdaMax(UpdateRule):
    """Adam by the largest gradient: v = max(beta2 v, |grad|), var -= rate / (1 - beta1^t) * m / (v + epsilon).

    Source: D. Kingma and J. Ba, ICLR 2015, section 7.1. power1: beta1^t.
    """

    writes = (0, 1, 2)

    def inplace(
        self, var: Any, m: Any, v: Any, grad: Any, power1: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any
    ) -> Any:
        one = grad.dtype.type(1)
        m += (grad - m) * (one - beta1)
        v[...] = np.maximum(v * beta2, np.abs(grad))
        var -= rate / (one - power1) * (m / (v + epsilon))
        return var, m, v


@register
class ApplyNadam(UpdateRule):
    """Adam with Nesterov's look ahead; the share of momentum follows a schedule. Source: T. Dozat, ICLR workshop 2016.

    share, next_share: the momentum of this step and the next; product, next_product: of all shares up to them;
    power2: beta2^t. The last input says which entries of the variable move (1) and which stay (0).
    """

    writes = (0, 1, 2)

    def inplace(
        self, var: Any, m: Any, v: Any, grad: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any, share: Any,
        next_share: Any, product: Any, next_product: Any, power2: Any, moves: Any,
    ) -> Any:
        one = grad.dtype.type(1)
        m *= beta1
        m += grad * (one - beta1)
        v *= beta2
        v += grad * grad * (one - beta2)
        ahead = (one - share) * (grad / (one - product)) + next_share * (m / (one - next_product))
        var -= moves * (rate * ahead / (np.sqrt(v / (one - power2)) + epsilon))
        return var, m, v


@register
class ApplyFtrl(UpdateRule):
    """Follow the regularized leader, which keeps weights at exactly 0. Source: H. B. McMahan et al., KDD 2013.

    linear collects gradients corrected for the changing learning rate accum^-power / rate; the variable is the
    minimizer of linear * x + quadratic * x^2 / 2 + l1 |x|.
    """

    writes = (0, 1, 2)

    def inplace(
        self, var: Any, accum: Any, linear: Any, grad: Any, rate: Any, l1: Any, l2: Any, power: Any, shrinkage: Any
    ) -> Any:
        larger = accum + grad * grad
        sigma = (larger**-power - accum**-power) / rate
        linear += grad + 2 * shrinkage * var - sigma * var
        quadratic = larger**-power / rate + 2 * l2
        var[...] = xp_of(var).where(np.abs(linear) > l1, (np.sign(linear) * l1 - linear) / quadratic, 0)
        accum[...] = larger
        return var, accum, linear
