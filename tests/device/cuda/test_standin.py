"""The stand-in for CuPy offers what CuPy does, and refuses what CuPy refuses."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import standin
from standin import namespace, record


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch):
    return standin.install(monkeypatch)


@pytest.mark.skipif(importlib.util.find_spec("cupy") is None, reason="CuPy is not installed")
def test_what_it_offers_is_what_the_installed_cupy_offers() -> None:
    assert record.record() == namespace.RECORDED


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda cp, x: np.asarray(x), "Implicit conversion"),
        (lambda cp, x: np.array([x, x]), "Implicit conversion"),
        (lambda cp, x: np.concatenate([x, x]), "numpy.concatenate"),
        (lambda cp, x: np.where(x > 0, x, x), "numpy.where"),
        (lambda cp, x: np.shape(x), "numpy.shape"),
        (lambda cp, x: x + np.ones(3), "Unsupported type"),
        (lambda cp, x: np.ones(3) * x, "Unsupported type"),
        (lambda cp, x: np.add(x, np.ones(3)), "Unsupported type"),
        (lambda cp, x: cp.exp(np.ones(3)), "Unsupported type"),
        (lambda cp, x: cp.concatenate([x, np.ones(3)]), "Unsupported type"),
        (lambda cp, x: cp.sum([1.0, 2.0]), "no array in GPU memory"),
        (lambda cp, x: cp.sum(x, where=x > 0), "unexpected keyword argument 'where'"),
        (lambda cp, x: cp.add(x, x, where=x > 0), "Wrong arguments"),
        (lambda cp, x: x.max(initial=0.0), "unexpected keyword argument 'initial'"),
        (lambda cp, x: x[np.array([0])], "NumPy array is an index"),
        (lambda cp, x: ["a", "b"][cp.asarray(1)], "list indices"),
        (lambda cp, x: cp.add.at(x.astype(np.int8), cp.asarray([0]), 1), "only supports"),
    ],
)
def test_what_it_refuses(gpu, mistake, message) -> None:
    with pytest.raises(TypeError, match=message):
        mistake(gpu, gpu.asarray([1.0, 2.0, 3.0]))


def test_what_it_lacks(gpu) -> None:
    for missing in (lambda: gpu.asarray([1.0]).flags.writeable, lambda: gpu.errstate, lambda: gpu.asarray([1.0]).ctypes):
        with pytest.raises(AttributeError):
            missing()
    with pytest.raises(NotImplementedError):
        gpu.multiply.at(gpu.asarray([1.0]), gpu.asarray([0]), 2.0)
    with pytest.raises(ValueError, match="Unsupported dtype"):
        gpu.asarray(np.array(["a"], object))


def test_what_it_computes_is_numpys(gpu) -> None:
    x = gpu.asarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal((np.float64(2) * x + 1).get(), np.arange(6.0).reshape(2, 3) * 2 + 1)
    np.testing.assert_array_equal(np.sqrt(x).get(), np.sqrt(np.arange(6.0).reshape(2, 3)))
    assert isinstance(x[0, 1], gpu.ndarray)
    assert isinstance(x.sum(), gpu.ndarray)
    np.testing.assert_array_equal(x[:, gpu.asarray([1, 4])].get(), [[1, 1], [4, 4]])  # 4 wraps around, as CuPy's does
    x += 1
    assert x.tolist() == [[1, 2, 3], [4, 5, 6]]


def test_what_moves_is_counted(gpu) -> None:
    x = gpu.asarray(np.ones((2, 3)))
    gpu.asarray(x)
    y = x + gpu.full((), 3.0)
    assert (gpu.traffic.up, gpu.traffic.down) == ([(2, 3)], [])
    assert float(y.sum()) == 24.0
    assert y.get().shape == (2, 3)
    assert gpu.traffic.down == [(), (2, 3)]


def test_devices_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = standin.install(monkeypatch, devices=2)
    x = gpu.asarray([1.0])
    with gpu.cuda.Device(1):
        with pytest.raises(ValueError, match="Array device must be same"):
            x + 1
        assert (gpu.asarray(x) + 1).device.id == 1
    with pytest.raises(RuntimeError, match="invalid device"), gpu.cuda.Device(2):
        pass
