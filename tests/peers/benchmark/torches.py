"""A network's training step by PyTorch, eagerly or compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.networks import Network, data, layers, noise


def step(torch: Any, network: Network, compiled: bool = False) -> Callable[[], float]:
    """Builds it; each call makes one step and returns the loss before it."""
    values, target = data(network)
    if len(network.shape) == 3:
        values = values.transpose(0, 3, 1, 2).copy()
        target = target.transpose(0, 3, 1, 2).copy() if target.ndim == 4 else target
    x, y = torch.from_numpy(values), torch.from_numpy(target)
    built = Layers(torch, network)
    x.requires_grad_(not network.optimizer)
    loss = torch.compile(built.loss) if compiled else built.loss
    kinds = {"adam": torch.optim.Adam, "descent": torch.optim.SGD}
    optimizer = kinds[network.optimizer](built.parameters, lr=network.rate) if network.optimizer else None

    def run() -> float:
        for parameter in (x, *built.parameters):
            parameter.grad = None
        value = loss(x, y)
        value.backward()
        if optimizer is not None:
            optimizer.step()
        return float(value.detach())

    return run


class Layers:
    """One method for each kind of layer: its weights and sizes give a function of its input."""

    def __init__(self, torch: Any, network: Network):
        self.torch, self.network, self.F = torch, network, torch.nn.functional
        self.parameters: list[Any] = []
        self.dense_weights: list[Any] = []
        self.latent: Any = 0.0
        self.functions = [getattr(self, name)(arrays, *sizes) for name, sizes, arrays in layers(network)]

    def loss(self, x: Any, y: Any) -> Any:
        """The loss of the whole network."""
        h, kind = x, self.network.loss
        for function in self.functions:
            h = function(h)
        if kind == "classes":
            loss = self.F.cross_entropy(h, y)
        elif kind == "weighted":
            loss = (h * y).sum()
        elif kind == "squares":
            loss = self.F.mse_loss(h, y)
        else:
            loss = self.F.binary_cross_entropy_with_logits(h, y, reduction="sum") + self.latent
        decay = self.network.decay
        return loss + decay * sum((w * w).sum() / 2 for w in self.dense_weights) if decay else loss

    def put(self, value: Any) -> Any:
        """A parameter."""
        self.parameters.append(self.torch.nn.Parameter(self.torch.from_numpy(np.ascontiguousarray(value))))
        return self.parameters[-1]

    def act(self, _: Any, name: str) -> Any:
        if name == "leaky":
            return lambda h: self.F.leaky_relu(h, 0.2)
        return {"relu": self.F.relu, "elu": self.F.elu, "": lambda h: h}[name]

    def dense(self, arrays: Any, units: int, act: str) -> Any:
        w, b, act = self.put(arrays[0].T), self.put(np.zeros(units, np.float32)), self.act((), act)
        self.dense_weights.append(w)
        return lambda h: act(self.F.linear(h, w, b))

    def sample(self, arrays: Any, units: int) -> Any:
        mean_of, gamma_of = self.dense(arrays[:1], units, ""), self.dense(arrays[1:], units, "")
        drawn = self.torch.from_numpy(noise(self.network, units))

        def function(h: Any) -> Any:
            mean, gamma = mean_of(h), gamma_of(h)
            self.latent = 0.5 * (gamma.exp() + mean * mean - 1 - gamma).sum()
            return mean + (0.5 * gamma).exp() * drawn

        return function

    def conv(self, arrays: Any, size: int, channels: int, padding: str = "VALID", act: str = "relu") -> Any:
        w, b = self.put(arrays[0].transpose(3, 2, 0, 1)), self.put(np.zeros(channels, np.float32))
        act, around = self.act((), act), arrays[0].shape[0] // 2 if padding == "SAME" else 0
        return lambda h: act(self.F.conv2d(h, w, b, padding=around))

    def depthwise(self, arrays: Any, size: int) -> Any:
        w = self.put(arrays[0].transpose(2, 3, 0, 1))
        return lambda h: self.F.conv2d(h, w, padding=size // 2, groups=len(w))

    def pool(self, _: Any) -> Any:
        return lambda h: self.F.max_pool2d(h, 2)

    def norm(self, _: Any) -> Any:
        n = self._width()
        scale, offset = self.put(np.ones(n, np.float32)), self.put(np.zeros(n, np.float32))
        return lambda h: self.F.batch_norm(h, None, None, scale, offset, True, 0.1, 1e-3)

    def _width(self) -> int:
        """The channels of the layer before: how long its bias is."""
        return len(self.parameters[-1]) if self.parameters else self.network.shape[-1]

    def flat(self, _: Any) -> Any:
        return lambda h: h.permute(0, 2, 3, 1).flatten(1)  # channels last: the next layer's weights mean the same

    def rows(self, _: Any) -> Any:
        return lambda h: h.reshape(-1, h.shape[-1])

    def mean(self, _: Any) -> Any:
        return lambda h: h.mean(1)

    def embed(self, arrays: Any, words: int, units: int) -> Any:
        table = self.put(arrays[0])
        return lambda h: self.F.embedding(h, table)

    def lstm(self, arrays: Any, units: int, every: bool = False) -> Any:
        i, j, f, o = np.split(arrays[0], 4, axis=1)  # TensorFlow's order; here it is i, f, j, o, and f has 1 added
        bias = np.zeros(4 * units, np.float32)
        bias[units : 2 * units] = 1
        return self._recurrence(self.torch.nn.LSTM, np.concatenate([i, f, j, o], axis=1), bias, units, every)

    def simple(self, arrays: Any, units: int, every: bool = False) -> Any:
        return self._recurrence(self.torch.nn.RNN, arrays[0], np.zeros(units, np.float32), units, every)

    def newgru(self, arrays: Any, units: int, every: bool = False) -> Any:
        update, reset, candidate = np.split(arrays[0], 3, axis=1)  # Keras' order; here it is r, z, n
        kernel = np.concatenate([reset, update, candidate], axis=1)
        return self._recurrence(self.torch.nn.GRU, kernel, np.zeros(3 * units, np.float32), units, every, True)

    def _recurrence(self, kind: Any, kernel: Any, bias: Any, units: int, every: bool, two_biases: bool = False) -> Any:
        inputs = len(kernel) - units
        layer = kind(inputs, units, batch_first=True)
        values = [kernel[:inputs].T, kernel[inputs:].T, bias, np.zeros_like(bias)]
        with self.torch.no_grad():
            for parameter, value in zip(layer.parameters(), values, strict=True):
                parameter.copy_(self.torch.from_numpy(np.ascontiguousarray(value)))
        if not two_biases:  # PyTorch always has two
            layer.bias_hh_l0.requires_grad_(False)
        self.parameters += [parameter for parameter in layer.parameters() if parameter.requires_grad]
        return lambda h: layer(h)[0] if every else layer(h)[0][:, -1]

    def inception(self, arrays: Any, one: int, to3: int, three: int, to5: int, five: int, pooled: int) -> Any:
        units = (one, to3, three, to5, five, pooled)
        c = [self.conv([w], 0, n, "SAME") for w, n in zip(arrays, units, strict=True)]

        def function(h: Any) -> Any:
            around = self.F.max_pool2d(h, 3, 1, 1)
            return self.torch.cat([c[0](h), c[2](c[1](h)), c[4](c[3](h)), c[5](around)], 1)

        return function
