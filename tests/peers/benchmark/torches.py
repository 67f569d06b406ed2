"""A network's training step by PyTorch, eagerly or compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmark.networks import Network, data, weights


def step(torch: Any, network: Network, compiled: bool = False) -> Callable[[], float]:
    """Builds it; each call makes one step and returns the loss before it."""
    values, target = data(network)
    if network.kind == "convolution":
        values = values.transpose(0, 3, 1, 2).copy()
    x, y = torch.from_numpy(values), torch.from_numpy(target)
    model, decayed = _model(torch, network)
    optimizers = torch.optim
    kind = optimizers.SGD if network.plain else optimizers.Adam
    optimizer = kind(model.parameters(), lr=network.rate)

    def loss() -> Any:
        out = model(x)
        if y.dtype == torch.int64:
            return torch.nn.functional.cross_entropy(out, y)
        error = torch.nn.functional.mse_loss(out, y)
        return error + 1e-3 * sum((w * w).sum() / 2 for w in decayed) if decayed else error

    loss = torch.compile(loss) if compiled else loss

    def run() -> float:
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return float(value.detach())

    return run


def _model(torch: Any, network: Network) -> tuple[Any, list[Any]]:
    nn, first, layers = torch.nn, weights(network), []
    if network.kind == "convolution":
        layers = _convolutions(torch, network, first)
    elif network.kind in ("lstm", "simple"):
        layers = [_recurrence(torch, network, first.pop(0))]
    decayed = []
    for i, w in enumerate(first):
        layer = nn.Linear(*w.shape)
        _put(torch, layer.weight, w.T)
        _put(torch, layer.bias, np.zeros(w.shape[1], np.float32))
        decayed.append(layer.weight)
        layers += [layer] + ([nn.ELU() if network.kind == "autoencoder" else nn.ReLU()] if i < len(first) - 1 else [])
    return nn.Sequential(*layers), decayed if network.kind == "autoencoder" else []


def _convolutions(torch: Any, network: Network, first: list[Any]) -> list[Any]:
    nn, layers = torch.nn, []
    for index in range(len(network.sizes) - 1):
        w = first.pop(0)
        same = network.padding == "SAME"
        layer = nn.Conv2d(w.shape[2], w.shape[3], w.shape[0], padding=w.shape[0] // 2 if same else 0)
        _put(torch, layer.weight, w.transpose(3, 2, 0, 1))
        _put(torch, layer.bias, np.zeros(w.shape[3], np.float32))
        layers += [layer, nn.ReLU()] + ([nn.MaxPool2d(2)] if index < network.pools else [])
    return [*layers, _flat(torch)]


def _flat(torch: Any) -> Any:
    """Channels last before they are put in a row, so that the next layer's weights mean the same."""

    class Flat(torch.nn.Module):
        def forward(self, h: Any) -> Any:
            return h.permute(0, 2, 3, 1).flatten(1)

    return Flat()


def _recurrence(torch: Any, network: Network, kernel: Any) -> Any:
    units = network.sizes[0]
    if network.kind == "lstm":  # the gates i, j, f, o of TensorFlow are i, f, j, o here, and f has 1 added
        i, j, f, o = np.split(kernel, 4, axis=1)
        kernel = np.concatenate([i, f, j, o], axis=1)
    layer = (torch.nn.LSTM if network.kind == "lstm" else torch.nn.RNN)(28, units, batch_first=True)
    bias = np.zeros(kernel.shape[1], np.float32)
    if network.kind == "lstm":
        bias[units : 2 * units] = 1
    _put(torch, layer.weight_ih_l0, kernel[:28].T)
    _put(torch, layer.weight_hh_l0, kernel[28:].T)
    _put(torch, layer.bias_ih_l0, bias)
    _put(torch, layer.bias_hh_l0, np.zeros_like(bias))

    class Last(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, h: Any) -> Any:
            return self.layer(h)[0][:, -1]

    return Last()


def _put(torch: Any, parameter: Any, value: Any) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
