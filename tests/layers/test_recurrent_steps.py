"""One step of each recurrent cell, beside the formulas of the papers in plain NumPy and the op for whole sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepkit import ops, tensor
from deepkit.core.autodiff import gradients
from deepkit.layers import recurrent

RANDOM = np.random.default_rng(0)


def draw(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def test_linear_joins_its_inputs_side_by_side():
    x, h, kernel, bias = draw(2, 3), draw(2, 4), draw(7, 5), draw(5)
    found = recurrent.linear([tensor(x), tensor(h)], tensor(kernel), tensor(bias)).numpy()
    np.testing.assert_allclose(found, x @ kernel[:3] + h @ kernel[3:] + bias, rtol=1e-12)
    np.testing.assert_allclose(recurrent.linear([tensor(x)], tensor(kernel[:3])).numpy(), x @ kernel[:3], rtol=1e-12)


def test_lstm_with_peepholes_forget_bias_and_a_bound():
    i, j, f, o, c = (draw(2, 3) for _ in range(5))
    w = {gate: draw(3) for gate in "ifo"}
    h, new = recurrent.lstm(
        [tensor(x) for x in (i, j, f, o)], tensor(c), forget_bias=1.0,
        peepholes={gate: tensor(x) for gate, x in w.items()}, hold=lambda x: recurrent.bounded(x, 0.3),
    )
    memory = np.clip(sigmoid(f + 1 + w["f"] * c) * c + sigmoid(i + w["i"] * c) * np.tanh(j), -0.3, 0.3)
    np.testing.assert_allclose(new.numpy(), memory, rtol=1e-12)
    np.testing.assert_allclose(h.numpy(), sigmoid(o + w["o"] * memory) * np.tanh(memory), rtol=1e-12)


def test_lstm_takes_a_candidate_that_is_ready():
    gates, c, ready = [tensor(draw(2, 3)) for _ in range(4)], tensor(draw(2, 3)), tensor(draw(2, 3))
    _, new = recurrent.lstm(gates, c, candidate=ready)
    i, _, f, _ = (g.numpy() for g in gates)
    np.testing.assert_allclose(new.numpy(), sigmoid(f) * c.numpy() + sigmoid(i) * ready.numpy(), rtol=1e-12)


def test_lstm_steps_are_the_op_over_time():
    x, kernel, bias = draw(4, 2, 3), draw(3 + 5, 20), draw(20)
    c = h = tensor(np.zeros([2, 5]))
    whole = ops.lstm(tensor(x), tensor(kernel), tensor(bias), c, h, 1.0)
    for t in range(4):
        gates = ops.split(recurrent.linear([tensor(x[t]), h], tensor(kernel), tensor(bias)), 4, 1)
        h, c = recurrent.lstm(gates, c, forget_bias=1.0)
        np.testing.assert_allclose(h.numpy(), whole[0].numpy()[t], rtol=1e-10)
        np.testing.assert_allclose(c.numpy(), whole[1].numpy()[t], rtol=1e-10)


@pytest.mark.parametrize("after", [False, True])
def test_gru_steps_are_the_op_over_time(after: bool):
    x, kernel, own, bias, h_bias = draw(4, 2, 3), draw(3, 15), draw(5, 15), draw(15), draw(15)
    h = tensor(np.zeros([2, 5]))
    whole = ops.gru(*map(tensor, (x, kernel, own, bias)), h, tensor(h_bias) if after else None, after).numpy()
    for t in range(4):
        x_z, x_r, x_g = np.split(x[t] @ kernel + bias, 3, 1)
        h_z, h_r, h_g = np.split(h.numpy() @ own + (h_bias if after else 0), 3, 1)

        def candidate(r: Any, x_g: Any = x_g, h_g: Any = h_g, h: Any = h) -> Any:
            return ops.tanh(x_g + (r * h_g if after else ops.matmul(r * h, own[:, 10:])))

        h = recurrent.gru(tensor(sigmoid(x_z + h_z)), tensor(sigmoid(x_r + h_r)), h, candidate)
        np.testing.assert_allclose(h.numpy(), whole[t], rtol=1e-10)


def test_a_projection_is_bounded_and_optional():
    h, kernel = draw(2, 3), draw(3, 2)
    np.testing.assert_allclose(
        recurrent.projected(tensor(h), tensor(kernel), 0.1).numpy(), np.clip(h @ kernel, -0.1, 0.1), rtol=1e-12
    )
    assert recurrent.projected(h) is h


@pytest.mark.parametrize(("straight", "slope"), [(False, [0.0, 1.0]), (True, [1.0, 1.0])])
def test_the_gradient_may_pass_a_bound(straight: bool, slope: list[float]):
    x = tensor(np.array([2.0, 0.5]))
    y = recurrent.bounded(x, 1.0, straight)
    assert y.numpy().tolist() == [1.0, 0.5]
    assert gradients(ops.reduce_sum(y), [x])[0].numpy().tolist() == slope


def test_gates_change_their_order():
    assert recurrent.reordered(tensor(np.arange(8.0)), [0, 2, 1, 3]).numpy().tolist() == [0, 1, 4, 5, 2, 3, 6, 7]
