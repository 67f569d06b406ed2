"""A network's training step by JAX, compiled as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.networks import Network, data, layers, noise


def step(jax: Any, network: Network) -> Callable[[], float]:
    """Builds it; each call makes one step and returns the loss before it."""
    x, y = (jax.numpy.asarray(a) for a in data(network))
    built = Layers(jax, network)
    state = (built.parameters, *[[jax.numpy.zeros_like(p) for p in built.parameters] for _ in range(2)], 0.0)
    if network.optimizer:
        advance = jax.jit(lambda state: _advance(jax, network, built, state, x, y), donate_argnums=0)
    else:
        both = jax.jit(jax.value_and_grad(lambda p, x: built.loss(p, x, y), (0, 1)))
        advance = lambda state: (both(state[0], x)[0], state)  # noqa: E731

    def run() -> float:
        nonlocal state
        loss, state = advance(state)
        return float(jax.block_until_ready(loss))

    return run


def _advance(jax: Any, network: Network, built: Layers, state: Any, x: Any, y: Any) -> Any:
    """The loss and the next state: parameters, Adam's two means and how often."""
    parameters, ms, vs, t = state
    loss, gradients = jax.value_and_grad(lambda p: built.loss(p, x, y))(parameters)
    if network.optimizer == "descent":
        return loss, ([p - network.rate * g for p, g in zip(parameters, gradients, strict=True)], ms, vs, t)
    t = t + 1
    rate = network.rate * jax.numpy.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    ms = [m + (g - m) * 0.1 for m, g in zip(ms, gradients, strict=True)]
    vs = [v + (g * g - v) * 0.001 for v, g in zip(vs, gradients, strict=True)]
    moved = [p - rate * m / (jax.numpy.sqrt(v) + 1e-8) for p, m, v in zip(parameters, ms, vs, strict=True)]
    return loss, (moved, ms, vs, t)


class Layers:
    """One method for each kind of layer: its weights and sizes give a function of all parameters and its input."""

    def __init__(self, jax: Any, network: Network):
        self.jax, self.np, self.network = jax, jax.numpy, network
        self.parameters: list[Any] = []
        self.dense_weights: list[int] = []
        self.latent: Any = 0.0
        self.functions = [getattr(self, name)(arrays, *sizes) for name, sizes, arrays in layers(network)]

    def loss(self, p: Any, x: Any, y: Any) -> Any:
        """The loss of the whole network with parameters p."""
        h, kind, nn = x, self.network.loss, self.jax.nn
        for function in self.functions:
            h = function(p, h)
        if kind == "classes":
            loss = -self.np.take_along_axis(nn.log_softmax(h), y[:, None], 1).mean()
        elif kind == "weighted":
            loss = (h * y).sum()
        elif kind == "squares":
            loss = ((h - y) ** 2).mean()
        else:
            loss = (nn.relu(h) - h * y + self.np.log1p(self.np.exp(-abs(h)))).sum() + self.latent
        decay = self.network.decay
        return loss + decay * sum((p[i] ** 2).sum() / 2 for i in self.dense_weights) if decay else loss

    def put(self, value: Any) -> int:
        """The number of a new parameter."""
        self.parameters.append(self.np.asarray(value))
        return len(self.parameters) - 1

    def act(self, _: Any, name: str) -> Any:
        nn = self.jax.nn
        known = {"relu": nn.relu, "elu": nn.elu, "leaky": lambda h: nn.leaky_relu(h, 0.2), "": lambda h: h}
        return lambda p, h: known[name](h)

    def dense(self, arrays: Any, units: int, act: str) -> Any:
        w, b, act = self.put(arrays[0]), self.put(np.zeros(units, np.float32)), self.act((), act)
        self.dense_weights.append(w)
        return lambda p, h: act(p, h @ p[w] + p[b])

    def sample(self, arrays: Any, units: int) -> Any:
        mean_of, gamma_of = self.dense(arrays[:1], units, ""), self.dense(arrays[1:], units, "")
        drawn = self.np.asarray(noise(self.network, units))

        def function(p: Any, h: Any) -> Any:
            mean, gamma = mean_of(p, h), gamma_of(p, h)
            self.latent = 0.5 * (self.np.exp(gamma) + mean**2 - 1 - gamma).sum()
            return mean + self.np.exp(0.5 * gamma) * drawn

        return function

    def conv(self, arrays: Any, size: int, channels: int, padding: str = "VALID", act: str = "relu") -> Any:
        w, b, act = self.put(arrays[0]), self.put(np.zeros(channels, np.float32)), self.act((), act)
        return lambda p, h: act(p, self._convolve(h, p[w], padding) + p[b])

    def depthwise(self, arrays: Any, size: int) -> Any:
        w = self.put(arrays[0].transpose(0, 1, 3, 2))
        return lambda p, h: self._convolve(h, p[w], "SAME", h.shape[-1])

    def _convolve(self, h: Any, w: Any, padding: str, groups: int = 1) -> Any:
        names = ("NHWC", "HWIO", "NHWC")
        return self.jax.lax.conv_general_dilated(
            h, w, (1, 1), padding, dimension_numbers=names, feature_group_count=groups
        )

    def pool(self, _: Any) -> Any:
        return lambda p, h: self._largest(h, 2, 2, "VALID")

    def _largest(self, h: Any, size: int, stride: int, padding: str) -> Any:
        lax = self.jax.lax
        return lax.reduce_window(h, -np.inf, lax.max, (1, size, size, 1), (1, stride, stride, 1), padding)

    def norm(self, _: Any) -> Any:
        n = len(self.parameters[-1]) if self.parameters else self.network.shape[-1]
        scale, offset = self.put(np.ones(n, np.float32)), self.put(np.zeros(n, np.float32))

        def function(p: Any, h: Any) -> Any:
            axes = tuple(range(h.ndim - 1))
            return (h - h.mean(axes)) * self.jax.lax.rsqrt(h.var(axes) + 1e-3) * p[scale] + p[offset]

        return function

    def flat(self, _: Any) -> Any:
        return lambda p, h: h.reshape(len(h), -1)

    def rows(self, _: Any) -> Any:
        return lambda p, h: h.reshape(-1, h.shape[-1])

    def mean(self, _: Any) -> Any:
        return lambda p, h: h.mean(1)

    def embed(self, arrays: Any, words: int, units: int) -> Any:
        table = self.put(arrays[0])
        return lambda p, h: p[table][h]

    def lstm(self, arrays: Any, units: int, every: bool = False) -> Any:
        w, b, nn = self.put(arrays[0]), self.put(np.zeros(4 * units, np.float32)), self.jax.nn

        def advance(p: Any, state: Any, x: Any) -> Any:
            c, h = state
            i, j, f, o = self.np.split(x + h @ p[w][-units:], 4, axis=1)
            c = nn.sigmoid(f + 1) * c + nn.sigmoid(i) * self.np.tanh(j)
            h = nn.sigmoid(o) * self.np.tanh(c)
            return (c, h), h

        return self._scan(lambda p, x: x @ p[w][:-units] + p[b], advance, units, 2, every)

    def simple(self, arrays: Any, units: int, every: bool = False) -> Any:
        w, b = self.put(arrays[0]), self.put(np.zeros(units, np.float32))

        def advance(p: Any, state: Any, x: Any) -> Any:
            h = self.np.tanh(x + state[0] @ p[w][-units:])
            return (h,), h

        return self._scan(lambda p, x: x @ p[w][:-units] + p[b], advance, units, 1, every)

    def gru(self, arrays: Any, units: int, every: bool = False) -> Any:
        gates, candidate = map(self.put, arrays)
        gates_b, candidate_b = self.put(np.zeros(2 * units, np.float32)), self.put(np.zeros(units, np.float32))

        def before(p: Any, x: Any) -> Any:
            whole = self.np.concatenate([p[gates][:-units], p[candidate][:-units]], 1)
            return x @ whole + self.np.concatenate([p[gates_b], p[candidate_b]])

        def advance(p: Any, state: Any, x: Any) -> Any:
            h = state[0]
            r, u = self.np.split(self.jax.nn.sigmoid(x[:, : 2 * units] + h @ p[gates][-units:]), 2, axis=1)
            c = self.np.tanh(x[:, 2 * units :] + (r * h) @ p[candidate][-units:])
            h = u * h + (1 - u) * c
            return (h,), h

        return self._scan(before, advance, units, 1, every)

    def newgru(self, arrays: Any, units: int, every: bool = False) -> Any:
        w, b, own = self.put(arrays[0]), self.put(np.zeros(3 * units, np.float32)), self.put(np.zeros(3 * units, np.float32))

        def advance(p: Any, state: Any, x: Any) -> Any:
            h = state[0]
            m = h @ p[w][-units:] + p[own]
            z, r = self.np.split(self.jax.nn.sigmoid(x[:, : 2 * units] + m[:, : 2 * units]), 2, axis=1)
            h = z * h + (1 - z) * self.np.tanh(x[:, 2 * units :] + r * m[:, 2 * units :])
            return (h,), h

        return self._scan(lambda p, x: x @ p[w][:-units] + p[b], advance, units, 1, every)

    def _scan(self, before: Any, advance: Any, units: int, states: int, every: bool) -> Any:
        """The recurrence: what needs no state is computed for all times at once, as cuDNN does."""

        def function(p: Any, x: Any) -> Any:
            first = (self.np.zeros((len(x), units), np.float32),) * states
            z = before(p, x).swapaxes(0, 1)
            hs = self.jax.lax.scan(lambda state, x: advance(p, state, x), first, z)[1]
            return hs.swapaxes(0, 1) if every else hs[-1]

        return function

    def inception(self, arrays: Any, one: int, to3: int, three: int, to5: int, five: int, pooled: int) -> Any:
        units = (one, to3, three, to5, five, pooled)
        c = [self.conv([w], 0, n, "SAME") for w, n in zip(arrays, units, strict=True)]

        def function(p: Any, h: Any) -> Any:
            around = self._largest(h, 3, 1, "SAME")
            return self.np.concatenate([c[0](p, h), c[2](p, c[1](p, h)), c[4](p, c[3](p, h)), c[5](p, around)], -1)

        return function
