"""Tensors on a GPU: made there, moved, computed with where they are."""

from __future__ import annotations

import numpy as np
import pytest
import standin

import deepkit as dk
from deepkit.errors import ArgumentError


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch):
    return standin.install(monkeypatch)


def test_a_tensor_is_made_where_one_says(gpu) -> None:
    x = dk.tensor([1.0, 2.0], device="gpu")
    assert (x.device, dk.tensor([1.0]).device) == ("gpu:0", "cpu:0")
    assert isinstance(x.value, gpu.ndarray)
    assert x.numpy().tolist() == [1.0, 2.0]
    assert repr(x) == "<dk.Tensor shape=(2,) dtype=float32 [1. 2.]>"
    assert (float(x[1]), bool(x[0] > 0), len(x)) == (2.0, True, 2)
    assert dk.tensor(["a"], device="gpu").device == "cpu:0"  # texts have no other home


def test_what_is_computed_is_computed_where_the_inputs_are(gpu) -> None:
    x = dk.tensor([[1.0, 2.0]], device="gpu")
    y = dk.matmul(x, dk.tensor([[3.0], [4.0]])) + 1
    assert (y.device, y.numpy().tolist()) == ("gpu:0", [[12.0]])
    assert dk.shape(x).device == "cpu:0"
    assert dk.reshape(x, [2]).device == "gpu:0"
    assert dk.exp(dk.tensor([0.0])).device == "cpu:0"


def test_to_moves_and_gradients_go_back(gpu) -> None:
    x = dk.tensor([1.0, 2.0])
    there = x.to("gpu")
    assert there.to("gpu") is there
    loss = dk.reduce_sum((there * there).to("cpu") * 3.0)
    assert loss.device == "cpu:0"
    (dx,) = dk.gradients(loss, [x])
    assert (dx.device, dx.numpy().tolist()) == ("cpu:0", [6.0, 12.0])


def test_a_block_chooses_for_new_tensors_alone(gpu) -> None:
    before = dk.tensor([1.0])
    with dk.device("gpu"):
        assert dk.ones([2]).device == dk.tensor([1.0]).device == dk.random_normal([2], seed=1).device == "gpu:0"
        assert (before + 1.0).device == "cpu:0"
        with dk.device("cpu"):
            assert dk.zeros([2]).device == "cpu:0"
    assert dk.ones([2]).device == "cpu:0"


def test_a_parameter_stays_where_it_is(gpu) -> None:
    here, there = dk.Parameter([1.0]), dk.Parameter([1.0], device="gpu")
    for w in (here, there):
        for gradient in (dk.tensor([0.5]), dk.tensor([0.5], device="gpu")):
            w.assign_sub(gradient)
        assert w.numpy().tolist() == [0.0]
    assert (here.device, there.device) == ("cpu:0", "gpu:0")


def test_random_numbers_are_the_same_everywhere(gpu) -> None:
    """The same bits where words become numbers; a logarithm and a sine are rounded in each device's own way."""
    np.testing.assert_array_equal(
        dk.random_uniform([5], seed=3).numpy(), _on_gpu(lambda: dk.random_uniform([5], seed=3)).numpy()
    )
    np.testing.assert_allclose(
        dk.random_normal([5], seed=3).numpy(), _on_gpu(lambda: dk.random_normal([5], seed=3)).numpy(), rtol=1e-6
    )


def _on_gpu(make):
    with dk.device("gpu"):
        made = make()
    assert made.device == "gpu:0"
    return made


def test_two_gpus_do_not_mix_up(monkeypatch) -> None:
    standin.install(monkeypatch, devices=2)
    x = dk.tensor([1.0, 2.0], device="gpu:1")
    y = dk.exp(x) * 2.0
    assert y.device == "gpu:1"
    assert (y + dk.tensor([1.0, 1.0])).device == "gpu:1"
    assert y.to("gpu:0").device == "gpu:0"


def test_devices_that_are_not_there(gpu, monkeypatch) -> None:
    with pytest.raises(ArgumentError, match="no device gpu:1"):
        dk.tensor([1.0], device="gpu:1")
    with pytest.raises(ArgumentError, match="'tpu' is not a device"):
        dk.tensor([1.0]).to("tpu")
    monkeypatch.setattr(standin.cuda, "count", 0)
    with pytest.raises(ArgumentError, match="0 GPUs can be used"), dk.device("gpu"):
        pass
