"""Recurrent cells: their weights, and what one time step computes: the simple cell, the LSTM with its variants, the GRU.

x_t (batch, depth) and h_(t-1) (batch, n) reach a cell's gates through an affine map: [x, h] @ kernel + bias with one
kernel (depth + n, gates * n), or x @ kernel + h @ recurrent_kernel + bias with two. The cells of v1 take the first form,
those of Keras the second; what follows is the same. Every tensor below is (batch, n), or (batch, ..., n) of an image.
The same steps for a whole sequence at once are the ops `simple_rnn`, `lstm` and `gru`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from deepkit import ops
from deepkit.layers.dense import dense_weights
from deepkit.layers.weights import Declared

Function = Callable[[Any], Any]
"""Of a tensor, elementwise or along its last axis: an activation, a normalization, a bound."""

WHOLE_SEQUENCE = {
    ops.tanh: "tanh", ops.sigmoid: "sigmoid", ops.hard_sigmoid: "hard_sigmoid", ops.relu: "relu", ops.identity: "linear",
}
"""The activations that the ops for whole sequences know, by the name they have there."""

Biases = Literal["one", "pair", "row"]
"""One bias (m) for both maps; one for x and one for h, (2, m); or these two in one row (2 m), as the cuDNN library has them."""


def joined_weights(depth: int, state: int, width: int, bias: bool = True) -> list[Declared]:
    """Of [x, h] @ kernel + bias: kernel (depth + state, width), bias (width)."""
    return dense_weights(depth + state, width, bias)


def separate_weights(
    depth: int, units: int, gates: int = 1, biases: Biases | None = "one", window: Sequence[int] = ()
) -> list[Declared]:
    """Of x @ kernel + h @ recurrent_kernel + bias: kernel (depth, m), recurrent_kernel (units, m) and bias; m = gates * units.

    window: the lengths of the kernels' windows, in front of their shapes, where images are convolved instead.
    """
    wide, lengths = gates * units, tuple(window)
    kernels = [
        Declared("kernel", (*lengths, depth, wide)), Declared("recurrent_kernel", (*lengths, units, wide), "orthogonal"),
    ]
    if biases is None:
        return kernels
    return [*kernels, Declared("bias", {"one": (wide,), "pair": (2, wide), "row": (2 * wide,)}[biases], "zeros")]


def biases_of(bias: Any, form: Biases) -> tuple[Any, Any]:
    """The biases (m) of x and of h; None where there is none."""
    if bias is None or form == "one":
        return bias, None
    for_inputs, for_state = (bias[0], bias[1]) if form == "pair" else ops.split(bias, 2, 0)
    return for_inputs, for_state


def peephole_weights(units: int, gates: str = "fio") -> list[Declared]:
    """A weight (units) for each of these gates, by its letter, through which it sees the memory."""
    return [Declared(f"w_{gate}_diag", (units,)) for gate in gates]


def projection_weights(units: int, outputs: int) -> list[Declared]:
    """The kernel (units, outputs) that makes an output shorter."""
    return [Declared("projection/kernel", (units, outputs))]


def linear(inputs: Sequence[Any], kernel: Any, bias: Any = None) -> Any:
    """[x, h, ...] @ kernel + bias: inputs (batch, n_k) side by side, kernel (sum of n_k, m), bias (m): (batch, m)."""
    product = ops.matmul(ops.concat(list(inputs), 1) if len(inputs) > 1 else inputs[0], kernel)
    return product if bias is None else ops.bias_add(product, bias)


def lstm(
    gates: Sequence[Any], c: Any, activation: Function = ops.tanh, gate: Function = ops.sigmoid, *,
    forget_bias: float | None = None, peepholes: Mapping[str, Any] | None = None, candidate: Any = None,
    hold: Function | None = None,
) -> tuple[Any, Any]:
    """One step of an LSTM, from the affine maps i, j, f, o of x_t and h_(t-1), and c_(t-1): (h_t, c_t).

        c_t = gate(f + forget_bias + w_f c_(t-1)) c_(t-1) + gate(i + w_i c_(t-1)) activation(j)
        h_t = gate(o + w_o c_t) activation(c_t)

    The variants: forget_bias keeps the memory at first (F. Gers et al., 1999); peepholes are the weights w_i, w_f, w_o (n)
    by the letter of their gate (F. Gers, J. Schmidhuber, 2000); candidate (batch, n) stands for activation(j), where
    dropout changed it (S. Semeniuta et al., 2016); hold bounds c_t (H. Sak et al., 2014) or normalizes it (J. Ba et al.,
    2016) before it is read. `projected` makes the output shorter. Source: S. Hochreiter, J. Schmidhuber, 1997.
    """
    i, j, f, o = gates
    f = f if forget_bias is None else f + forget_bias
    if peepholes is not None:
        f, i = f + peepholes["f"] * c, i + peepholes["i"] * c
    c = gate(f) * c + gate(i) * (activation(j) if candidate is None else candidate)
    c = c if hold is None else hold(c)
    o = o if peepholes is None else o + peepholes["o"] * c
    return gate(o) * activation(c), c


def projected(h: Any, kernel: Any = None, limit: float | None = None) -> Any:
    """h (batch, n) @ kernel (n, p), held in [-limit, limit]; h itself without a kernel. Source: H. Sak et al., 2014."""
    if kernel is None:
        return h
    h = ops.matmul(h, kernel)
    return h if limit is None else bounded(h, limit)


def bounded(x: Any, limit: Any, straight: bool = False) -> Any:
    """x held in [-limit, limit]. straight: the gradient passes as if x were not held."""
    held = ops.clip_by_value(x, -limit, limit)
    return x + ops.stop_gradient(held - x) if straight else held


def gru(update: Any, reset: Any, h: Any, candidate: Function) -> Any:
    """One step of a GRU, from its gates z and r after their functions, and h_(t-1): h_t = z h_(t-1) + (1 - z) g.

    g = candidate(r) forgets a part of the state, in one of two forms (a_g: what x_t contributes to g):

        before the product:  g = activation(a_g + (r h_(t-1)) @ kernel_g)                 K. Cho et al., EMNLP 2014
        after the product:   g = activation(a_g + r (h_(t-1) @ kernel_g + bias_g))        the cuDNN library
    """
    new = candidate(reset)
    return mixed(update, h, new)


def mixed(keep: Any, old: Any, new: Any) -> Any:
    """keep old + (1 - keep) new: what a gate lets stay of the state, and what takes its place."""
    return keep * old + (1 - keep) * new


def reordered(weights: Any, order: Sequence[int]) -> Any:
    """The same weights with the columns (last axis) of their gates in another order: the k-th gate is order[k]."""
    gates = ops.split(weights, len(order), -1)
    return ops.concat([gates[k] for k in order], -1)


def read_by_rows(kernel: Any, gates: int) -> Any:
    """A kernel (features, gates * units) of cuDNN as it is multiplied from the right.

    cuDNN takes the numbers of a gate's columns, row by row, for a matrix (units, features) that multiplies from the left.
    """
    features, width = (int(n) for n in kernel.shape)
    columns = ops.transpose(ops.reshape(kernel, [features, gates, width // gates]), [1, 0, 2])
    rows = ops.reshape(columns, [gates, width // gates, features])
    return ops.reshape(ops.transpose(rows, [2, 0, 1]), [features, width])
