"""The compiled kernels of convolution, pooling and rectifiers give what their NumPy references give."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest
import scipy.special

from deepkit.device import activations, batchnorm, compiled, convolve, depthwise, machine, patches, pooling, windows
from deepkit.device.registers.lanes import WIDE

needs_numba = pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")
LAYOUTS = [
    windows.fit(space, kernel, strides, dilations, padding)
    for (space, kernel), strides, dilations, padding in itertools.product(
        [((7, 8), (3, 2)), ((5, 9), (2, 4))], [(1, 1), (2, 3)], [(1, 1), (2, 1), (1, 2)], ["SAME", "VALID"]
    )
] + [
    windows.fit((9, 8), (2, 3), (1, 2), (1, 1), ((3, 1), (0, 2))),
    windows.fit((3, 3), (1, 1), (2, 2), (1, 1), "VALID"),
    windows.fit((30,), (5,), (2,), (2,), "SAME"),
    windows.fit((4,), (1,), (6,), (1,), ((0, 9),)),
]
"""Windows over (7, 8), (5, 9), ...: the lengths follow from `space_of`."""


def space_of(w: windows.Windows) -> tuple[int, ...]:
    """Lengths of axes that these windows fit, the windows' own count being the only constraint."""
    ends = zip(w.kernel, w.strides, w.dilations, w.before, w.after, w.out, strict=True)
    return tuple((out - 1) * s + windows.span(k, d) - before - after for k, s, d, before, after, out in ends)


@pytest.fixture
def both(monkeypatch):
    """A function that runs another one without and with compiled kernels, which then take the smallest arrays, too."""
    for module in (patches, pooling, depthwise, activations, batchnorm):
        monkeypatch.setattr(module, "SMALL", 0)

    def run(function):
        results = []
        for off in (True, False):
            monkeypatch.setattr(compiled, "switched_off", off)
            results.append(function())
        return results

    return run


def used(monkeypatch) -> list[str]:
    """The names of the kernels that are asked for from now on."""
    asked: list[str] = []
    real = compiled.kernel
    monkeypatch.setattr(compiled, "kernel", lambda f: asked.append(f.__name__) or real(f))
    return asked


@needs_numba
@pytest.mark.parametrize("channels", [1, 3, 12])
@pytest.mark.parametrize("block", [1, 700, 2**22])
def test_patches(both, monkeypatch, channels: int, block: int) -> None:
    monkeypatch.setattr(patches, "BLOCK", block)
    rng = np.random.default_rng(0)
    for w in LAYOUTS:
        x = rng.standard_normal((3, *space_of(w), channels))

        def whole(x=x, w=w):
            found = np.full((3 * int(np.prod(w.out)), int(np.prod(w.kernel)) * channels), np.nan)
            for where, rows in patches.blocks(np, x, w):
                found[where] = rows
            return found

        reference, fast = both(whole)
        np.testing.assert_array_equal(fast, reference)
        assert not np.isnan(reference).any()


@needs_numba
@pytest.mark.parametrize("by_column", [False, True])
def test_patches_put_back(both, by_column: bool) -> None:
    rng = np.random.default_rng(1)
    for w in LAYOUTS:
        shape = (3 * int(np.prod(w.out)), int(np.prod(w.kernel)) * 2)
        sent = rng.standard_normal(shape[::-1]).T if by_column else rng.standard_normal(shape)

        def put(sent=sent, w=w):
            dx = np.ones((3, *space_of(w), 2))
            patches.add_back(np, sent, dx, w)
            return dx

        reference, fast = both(put)
        np.testing.assert_allclose(fast, reference, rtol=1e-14, atol=1e-14)


@needs_numba
@pytest.mark.parametrize(("channels", "out", "groups"), [(4, 5, 1), (1, 3, 1), (4, 6, 2), (3, 3, 3), (3, 6, 3)])
def test_convolution_and_its_derivatives(both, channels: int, out: int, groups: int) -> None:
    rng = np.random.default_rng(2)
    for w in LAYOUTS:
        x = rng.standard_normal((2, *space_of(w), channels))
        filters = rng.standard_normal((*w.kernel, channels // groups, out))
        dy = rng.standard_normal((2, *w.out, out))
        for function in (
            lambda x=x, f=filters, w=w: convolve.convolve(np, x, f, w),
            lambda x=x, dy=dy, f=filters, w=w: convolve.filter_gradient(np, x, dy, f.shape, w),
            lambda x=x, dy=dy, f=filters, w=w: convolve.input_gradient(np, dy, f, x.shape, w),
        ):
            reference, fast = both(function)
            np.testing.assert_allclose(fast, reference, rtol=1e-12, atol=1e-12)


def test_the_plain_convolution_says_what_the_fast_one_does() -> None:
    rng = np.random.default_rng(7)
    for w in LAYOUTS:
        x, filters = rng.standard_normal((2, *space_of(w), 3)), rng.standard_normal((*w.kernel, 3, 4))
        y = convolve.convolve_reference(np, x, filters, w)
        dx = convolve.input_gradient_reference(np, y, filters, x.shape, w)
        dfilters = convolve.filter_gradient_reference(np, x, y, filters.shape, w)
        np.testing.assert_allclose(convolve.convolve(np, x, filters, w), y, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(convolve.input_gradient(np, y, filters, x.shape, w), dx, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(convolve.filter_gradient(np, x, y, filters.shape, w), dfilters, rtol=1e-12, atol=1e-12)


@needs_numba
def test_arrays_that_are_not_contiguous(both) -> None:
    rng = np.random.default_rng(3)
    w = windows.fit((6, 5), (3, 3), (1, 1), (1, 1), "SAME")
    x = rng.standard_normal((2, 4, 6, 5)).transpose(0, 2, 3, 1)
    for filters in (rng.standard_normal((3, 3, 4, 2)), rng.standard_normal((3, 3, 1, 4))):
        reference, fast = both(lambda f=filters: convolve.convolve(np, x, f, w))
        np.testing.assert_allclose(fast, reference, rtol=1e-12, atol=1e-12)
    reference, fast = both(lambda: pooling.largest(np, x, w))
    np.testing.assert_array_equal(fast, reference)


@needs_numba
@pytest.mark.parametrize("values", ["distinct", "ties", "nan and infinity"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_max_pooling(both, values: str, dtype: type) -> None:
    rng = np.random.default_rng(4)
    for w in LAYOUTS:
        x = rng.standard_normal((2, *space_of(w), 3)).astype(dtype)
        if values == "ties":
            x = np.round(x)
        elif values != "distinct":
            x[rng.random(x.shape) < 0.2] = np.nan
            x[rng.random(x.shape) < 0.2] = -np.inf
        reference, y = both(lambda x=x, w=w: pooling.largest(np, x, w))
        np.testing.assert_array_equal(y, reference)
        dy = rng.standard_normal(y.shape).astype(dtype)
        dy.flat[0] = np.inf
        with np.errstate(invalid="ignore"):
            reference, dx = both(lambda dy=dy, x=x, y=y, w=w: pooling.largest_gradient(np, dy, x, y, w))
        finite = np.isfinite(reference)  # NumPy multiplies an infinite dy by 0 where it does not belong
        np.testing.assert_allclose(dx[finite], reference[finite], rtol=1e-6, atol=1e-6)
        assert dx.dtype == dtype


@needs_numba
def test_batch_normalization(both) -> None:
    rng = np.random.default_rng(6)
    for rows in (1, 63, 64, 65, 200):
        x, dy = 3 + rng.standard_normal((2, rows, 5))
        scale, offset, mean, variance = rng.random((4, 5))
        for function in (
            lambda x=x, s=scale, o=offset: batchnorm.forward(np, x, s, o, 0.01),
            lambda x=x, dy=dy, s=scale, m=mean, v=variance: batchnorm.gradient(np, dy, x, s, m, v, 0.01),
        ):
            for a, b in zip(*both(function), strict=True):
                np.testing.assert_allclose(b, a, rtol=1e-11, atol=1e-11)


@needs_numba
def test_batch_normalization_of_many_small_numbers_keeps_its_digits(both) -> None:
    x = np.full((300_000, 2), 0.1, np.float32)
    _, mean, variance = both(lambda: batchnorm.forward(np, x, np.ones(2, "f"), np.zeros(2, "f"), 0.01))[1]
    np.testing.assert_allclose(mean, 0.1, rtol=1e-6)  # one long sum in float32 is off by 1e-3
    assert np.all(variance < 1e-12)


SLOPES = {
    "relu": (activations.relu_gradient, lambda y: np.where(y > 0, 1, 0)),
    "leaky relu": (lambda *a, **k: activations.leaky_relu_gradient(*a, 0.3, **k), lambda y: np.where(y > 0, 1, 0.3)),
    "elu": (activations.elu_gradient, lambda y: np.where(y < 0, y + 1, 1)),
}


@needs_numba
@pytest.mark.parametrize("name", SLOPES)
def test_what_an_activation_sends_back(both, name: str) -> None:
    gradient, slope = SLOPES[name]
    rng = np.random.default_rng(5)
    dy, y = rng.standard_normal((2, 70, 31)).astype(np.float32)
    y[3] = 0
    reference, fast = both(lambda: gradient(np, dy, y))
    np.testing.assert_array_equal(fast, reference)
    np.testing.assert_allclose(reference, dy * slope(y.astype(float)), rtol=2e-7)
    own = dy.copy()
    assert gradient(np, own, y, out=own) is own
    np.testing.assert_array_equal(own, reference)


@needs_numba
@pytest.mark.parametrize("channels", [8, 13, 40])
def test_bias_and_rectifier_in_one_pass(both, monkeypatch, channels: int) -> None:
    monkeypatch.setattr(activations, "PIECE", 64)
    rng = np.random.default_rng(7)
    x, bias = rng.standard_normal((5, 3, channels)).astype(np.float32), rng.standard_normal(channels).astype(np.float32)
    x[0, 0, :3] = np.nan, np.inf, -np.inf
    reference, fast = both(lambda: activations.bias_relu(np, x, bias))
    np.testing.assert_array_equal(fast, reference)
    np.testing.assert_array_equal(reference, np.maximum(x + bias, np.float32(0)))
    own = x.copy()
    assert activations.bias_relu(np, own, bias, out=own) is own
    np.testing.assert_array_equal(own, reference)


@needs_numba
@pytest.mark.parametrize(("function", "exact"), [
    (activations.elu, lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))),
    (activations.sigmoid, scipy.special.expit),
    (activations.softplus, lambda x: np.logaddexp(x, 0)),
])
@pytest.mark.parametrize("scale", [1e-4, 0.1, 3, 60])
def test_activations_to_their_last_digits(both, monkeypatch, function, exact, scale: float) -> None:
    monkeypatch.setattr(activations, "PIECE", 1024)  # several pieces; the last one holds what fills no register
    x = (scale * np.random.default_rng(6).standard_normal(5003)).astype(np.float32)
    x[-8:] = 0, -0.0, np.inf, -np.inf, -87.6, -103, 1e-40, -1e-40
    for y in both(lambda: function(np, x)):
        wanted = exact(x.astype(float))
        finite = np.isfinite(wanted)
        np.testing.assert_array_equal(y[~finite], wanted[~finite])
        last_place = np.spacing(np.abs(wanted[finite]).astype(np.float32))
        assert np.max(np.abs(y[finite] - wanted[finite]) / last_place) < 5
    own = x.copy()
    assert function(np, own, out=own) is own
    np.testing.assert_array_equal(own, y)
    assert np.isnan(function(np, np.full(11, np.nan, np.float32))).all()


@pytest.mark.parametrize(
    ("size", "strides", "padding"),
    [((4, 6), (2, 2), "VALID"), ((5, 6), (2, 2), "VALID"), ((4, 4), (3, 2), "SAME"), ((3, 4), (2, 2), "SAME"),
     ((3, 3), (2, 2), ((1, 0), (1, 0)))],
)  # fmt: skip
def test_what_no_window_of_a_pool_sees_gets_nothing(size, strides, padding) -> None:
    w = windows.fit(size, (2, 2), strides, (1, 1), padding)
    x = np.random.default_rng(0).standard_normal((2, *size, WIDE)).astype("f")
    y = pooling.largest_reference(np, x, w)
    dy, dx = np.ones_like(y), np.full_like(x, np.nan)  # what was in its memory before
    pooling._largest_gradient_lanes(y, dx, dy, x, w.kernel, w.strides, w.dilations, w.before, WIDE)
    np.testing.assert_array_equal(dx, pooling.largest_gradient_reference(np, dy, x, y, w))


@needs_numba
def test_large_arrays_take_the_compiled_way(monkeypatch) -> None:
    asked = used(monkeypatch)
    w = windows.fit((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    x = dy = np.ones((8, 16, 16, 12))
    filters = np.ones((3, 3, 12, 12))
    convolve.convolve(np, x, filters, w)  # of float64: by its patches
    convolve.input_gradient(np, dy, filters, x.shape, w)
    convolve.convolve(np, x, np.ones((3, 3, 1, 12)), w)
    assert asked == ["_gather_rows", "_scatter_rows", "_walk"]
    asked.clear()
    x = dy = x.astype(np.float32)
    pooling.largest_gradient(np, dy, x, pooling.largest(np, x, w), w)
    assert asked == ["_largest", "_largest_lanes", "_largest_gradient", "_largest_gradient_lanes"]


class TestMemory:
    """Freed memory stays with the program, unless the user decided otherwise."""

    def test_no_page_is_asked_for_twice(self) -> None:
        resource = pytest.importorskip("resource")
        if not machine.keep_freed():
            pytest.skip("this C library cannot be told, or the environment tells it already")

        def faults() -> int:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            np.ones(2**22)  # 32 MiB
            return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

        faults()
        assert faults() < 100  # 32 MiB are 8192 pages

    def test_the_users_own_settings_stay(self, monkeypatch) -> None:
        monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "100000")
        assert machine.keep_freed.__wrapped__() is False

    def test_another_system(self, monkeypatch) -> None:
        monkeypatch.setattr(sys, "platform", "win32")
        assert machine.keep_freed.__wrapped__() is False
