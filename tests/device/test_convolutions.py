"""Convolution without patches: products, direct and Winograd kernels against float64 and as plain Python."""

from __future__ import annotations

import itertools
import subprocess
import sys
import warnings

import numpy as np
import pytest

from deepkit.device import compiled, convolve, depthwise, direct, rows, threads, winograd
from deepkit.device.registers import products
from deepkit.device.registers.lanes import WIDE
from deepkit.device.windows import Windows, fit
from deepkit.errors import ShapeError

needs_numba = pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")
RELATIVE = 3e-6
"""Of the largest number: float32 keeps seven digits, a sum of a few hundred terms loses one."""

GEOMETRIES = [
    (fit((9, 11), (3, 3), (1, 1), (1, 1), "SAME"), (9, 11)),
    (fit((8, 7), (3, 3), (1, 1), (1, 1), "VALID"), (8, 7)),
    (fit((13, 10), (5, 2), (1, 1), (1, 1), "SAME"), (13, 10)),
    (fit((12, 9), (3, 2), (2, 3), (1, 1), "SAME"), (12, 9)),
    (fit((12, 9), (3, 2), (1, 1), (2, 3), "VALID"), (12, 9)),
    (fit((9, 8), (2, 3), (1, 1), (1, 1), ((1, 0), (2, 1))), (9, 8)),
    (fit((40,), (5,), (1,), (2,), "SAME"), (40,)),
]


def arrays(w: Windows, space: tuple[int, ...], channels: int, columns: int, batch: int = 5):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, *space, channels), np.float32)
    filters = rng.standard_normal((*w.kernel, channels, columns), np.float32)
    dy = rng.standard_normal((batch, *w.out, columns), np.float32)
    return x, filters, dy


def close(found: np.ndarray, expected: np.ndarray, times: int = 1) -> None:
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=times * RELATIVE * np.abs(expected).max())


@needs_numba
@pytest.mark.parametrize(("channels", "columns"), [(1, WIDE), (3, WIDE + 5), (8, 24), (20, 33)])
@pytest.mark.parametrize(("w", "space"), GEOMETRIES)
def test_direct(w: Windows, space: tuple[int, ...], channels: int, columns: int) -> None:
    x, filters, dy = arrays(w, space, channels, columns)
    exact = [a.astype(np.float64) for a in (x, filters, dy)]
    close(direct.convolve(x, filters, w), convolve.convolve_reference(np, *exact[:2], w))
    found = direct.filter_gradient(x, dy, filters.shape, w)
    close(found, convolve.filter_gradient_reference(np, exact[0], exact[2], filters.shape, w))
    back = direct.turned(x.shape, w)
    assert (back is None) == (set(w.strides) != {1})
    if back is not None and channels >= WIDE:
        found = direct.convolve(dy, direct.turn(filters), back)
        close(found, convolve.input_gradient_reference(np, exact[2], exact[1], x.shape, w))


@needs_numba
@pytest.mark.parametrize("columns", [WIDE, 2 * WIDE + 9])
@pytest.mark.parametrize("relu", [False, True])
def test_bias_while_an_image_is_in_the_cache(columns: int, relu: bool) -> None:
    w, space = GEOMETRIES[0]
    x, filters, _ = arrays(w, space, WIDE, columns)
    x[1, 2, 3, 4] = np.nan
    bias = np.random.default_rng(1).standard_normal(columns).astype("f")
    for way in (direct, winograd):
        y = way.convolve(x, filters, w)
        expected = np.maximum(y + bias, np.float32(0)) if relu else y + bias
        np.testing.assert_array_equal(way.convolve(x, filters, w, bias, relu), expected)
        assert np.isnan(expected).any()
    few = filters[..., : WIDE - 1]  # a register filled up
    y = convolve.convolve(np, x, few, w)
    expected = np.maximum(y + bias[: WIDE - 1], np.float32(0)) if relu else y + bias[: WIDE - 1]
    np.testing.assert_array_equal(convolve.convolve(np, x, few, w, bias[: WIDE - 1], relu), expected)


def test_padding_wider_than_the_window_has_no_turned_convolution() -> None:
    w = fit((4, 4), (2, 2), (1, 1), (1, 1), ((3, 0), (0, 0)))
    assert direct.turned((1, 4, 4, 8), w) is None


@pytest.mark.parametrize(("channels", "columns"), [(WIDE, WIDE), (24, 17), (2 * WIDE, 41)])
@pytest.mark.parametrize(
    ("w", "space"),
    [*GEOMETRIES[:2], (fit((9, 8), (3, 3), (1, 1), (1, 1), ((2, 1), (0, 2))), (9, 8)),
     (fit((9, 11), (5, 5), (1, 1), (1, 1), "SAME"), (9, 11)), (fit((13, 6), (5, 5), (1, 1), (1, 1), "VALID"), (13, 6))],
)  # fmt: skip
def test_winograd(w: Windows, space: tuple[int, ...], channels: int, columns: int) -> None:
    x, filters, dy = arrays(w, space, channels, columns)
    exact = [a.astype(np.float64) for a in (x, filters, dy)]
    y = convolve.convolve_reference(np, *exact[:2], w)
    dw = convolve.filter_gradient_reference(np, exact[0], exact[2], filters.shape, w)
    dx = convolve.input_gradient_reference(np, exact[2], exact[1], x.shape, w)
    digits = 1 if w.kernel == (3, 3) else 3  # larger filters are the values of longer polynomials
    close(winograd.convolve_reference(x, filters, w).astype(np.float32), y)
    close(winograd.filter_gradient_reference(x, dy, w).astype(np.float32), dw, digits)
    close(winograd.input_gradient_reference(dy, filters, x.shape, w).astype(np.float32), dx)
    if compiled.available():
        close(winograd.convolve(x, filters, w), y)
        close(winograd.filter_gradient(x, dy, w), dw, digits)
        if channels % WIDE == 0:
            close(winograd.input_gradient(dy, filters, x.shape, w), dx)


def test_a_tile_is_the_product_of_two_polynomials() -> None:
    """One axis by itself, by the matrices alone."""
    rng = np.random.default_rng(0)
    for taps in (3, 5):
        d, g = rng.standard_normal(winograd.TILE), rng.standard_normal(taps)
        y = winograd.A[taps].T @ ((winograd.G[taps] @ g) * (winograd.B.T @ d))
        np.testing.assert_allclose(y, np.correlate(d, g, "valid"), rtol=0, atol=1e-6)


@needs_numba
def test_channels_that_do_not_fill_a_register_are_refused_and_nothing_is_written_beyond_an_array() -> None:
    w = fit((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    x, filters, dy = arrays(w, (16, 16), WIDE - 1, WIDE - 1, batch=2)
    for way in (
        lambda: direct.convolve(x, filters, w), lambda: direct.filter_gradient(x, dy, filters.shape, w),
        lambda: winograd.convolve(x, filters, w), lambda: winograd.filter_gradient(x, dy, w),
        lambda: winograd.input_gradient(dy, filters, x.shape, w),
    ):
        with pytest.raises(ShapeError, match="do not fill a register"):
            way()


@needs_numba
def test_large_layers_take_these_ways(monkeypatch) -> None:
    taken: list[str] = []
    for module, name in itertools.product((direct, winograd), ("convolve", "filter_gradient", "input_gradient")):
        real, label = getattr(module, name, None), f"{module.__name__.rpartition('.')[2]}.{name}"
        if real is not None:
            monkeypatch.setattr(module, name, lambda *a, real=real, label=label: taken.append(label) or real(*a))

    def ways(kernel: int, channels: int) -> list[str]:
        w = fit((16, 16), (kernel, kernel), (1, 1), (1, 1), "SAME")
        x, filters, dy = arrays(w, (16, 16), channels, 2 * WIDE, batch=16)
        taken.clear()
        convolve.convolve(np, x, filters, w)
        convolve.input_gradient(np, dy, filters, x.shape, w)
        convolve.filter_gradient(np, x, dy, filters.shape, w)
        return taken.copy()

    by_tiles = ["winograd.convolve", "winograd.input_gradient", "winograd.filter_gradient"]
    assert ways(3, 2 * WIDE) == ways(5, 2 * WIDE) == by_tiles
    assert ways(3, 2 * WIDE + 1) == ["winograd.convolve", "winograd.convolve", "winograd.filter_gradient"]
    for channels in (WIDE // 2, WIDE - 1):
        assert ways(3, channels) == ways(7, 2 * WIDE)
    assert ways(7, 2 * WIDE) == ["direct.convolve", "direct.convolve", "direct.filter_gradient"]
    w = fit((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    x, filters, _ = arrays(w, (16, 16), 2 * WIDE, 2 * WIDE, batch=16)
    taken.clear()
    convolve.convolve(np, x.astype(np.float64), filters, w)
    assert taken == []


@needs_numba
@pytest.mark.parametrize("channels", [WIDE // 2 - 1, WIDE // 2, WIDE - 1])
def test_registers_that_are_half_full_are_filled_up(channels: int) -> None:
    w = fit((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    x, filters, dy = arrays(w, (16, 16), channels, channels, batch=40)
    exact = [a.astype(np.float64) for a in (x, filters, dy)]
    y = convolve.convolve(np, x, filters, w)
    close(y, convolve.convolve_reference(np, *exact[:2], w))
    assert y.flags.c_contiguous
    dw, dx = convolve.filter_gradient(np, x, dy, filters.shape, w), convolve.input_gradient(np, dy, filters, x.shape, w)
    close(dw, convolve.filter_gradient_reference(np, exact[0], exact[2], filters.shape, w))
    close(dx, convolve.input_gradient_reference(np, *exact[:0:-1], x.shape, w))


@needs_numba
@pytest.mark.parametrize("way", [direct, winograd])
def test_sums_do_not_depend_on_the_number_of_threads(way, monkeypatch) -> None:
    w = fit((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    x, filters, dy = arrays(w, (16, 16), 32, 32, batch=40)
    shape = () if way is winograd else (filters.shape,)
    found = []
    for number in ("1", "3"):
        monkeypatch.setenv(threads.VARIABLE, number)
        found.append((way.convolve(x, filters, w), way.filter_gradient(x, dy, *shape, w)))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_products_as_plain_python() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(400).astype("f"), rng.standard_normal(600).astype("f")
    where, terms = np.array([0, 7, 3, 40, 11, 90, 2, 5]), ((2, 3, 4), (50, 10, 2), (200, 60, 11))
    expected = products.reference(a, where, b, 19, terms)
    for down in (False, True):
        out = np.full((8, 19), np.nan, np.float32)
        products.products(a, 0, where, b, 0, 19, out, 0, terms, down)
        np.testing.assert_allclose(out, expected, rtol=0, atol=RELATIVE * np.abs(expected).max())


@needs_numba
@pytest.mark.parametrize("shape", [(1, WIDE), (7, WIDE + 1), (5000, 48)])
def test_rows_are_summed(shape: tuple[int, int], monkeypatch) -> None:
    monkeypatch.setattr(rows, "SMALL", 0)
    x = np.random.default_rng(0).standard_normal(shape).astype("f")
    summed = np.abs(x).astype("d").sum(0)
    np.testing.assert_array_less(np.abs(rows.total(np, x) - x.astype("d").sum(0)), 1e-6 * summed + 1e-30)
    assert rows.total(np, x[:, :3]).shape == (3,)


def test_shared_work_covers_every_piece_once(monkeypatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, "4")
    seen: list[tuple[int, int]] = []
    threads.share(lambda first, last: seen.append((first, last)), 103, 10)
    assert sorted(seen) == [(i, min(i + 10, 103)) for i in range(0, 103, 10)]


def test_what_fails_in_a_thread_is_raised(monkeypatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, "2")

    def work(first: int, last: int) -> None:
        if first == 7:
            raise ValueError("piece 7")

    with pytest.raises(ValueError, match="piece 7"):
        threads.share(work, 20, 1)


@needs_numba
@pytest.mark.parametrize("way", [direct, winograd])
def test_results_that_wait_to_be_added_take_little_memory(way, monkeypatch) -> None:
    """Wide layers have large filters: not one copy for each image."""
    assert threads.summed_apart(64, 1, 9 * 512 * 512 * 4) == 22  # three pieces of 9 MB
    assert threads.summed_apart(64, 1, 2**40) == 32
    assert threads.summed_apart(64, 5, 100) == 5
    w = fit((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    x, filters, dy = arrays(w, (16, 16), 32, 32, batch=40)
    shape = () if way is winograd else (filters.shape,)
    expected = way.filter_gradient(x, dy, *shape, w)
    monkeypatch.setattr(threads, "KEPT", 1)
    monkeypatch.setattr(threads, "share", lambda work, count, step: [work(0, step), work(step, count)])
    close(way.filter_gradient(x, dy, *shape, w), expected)


@needs_numba
def test_arrays_that_may_not_be_written_are_read() -> None:
    w = fit((16, 16), (3, 3), (1, 1), (1, 1), "SAME")
    given = arrays(w, (16, 16), 32, 32, batch=8)
    locked = [a.copy() for a in given]
    for a in locked:
        a.setflags(write=False)
    for way in (direct, winograd):
        np.testing.assert_array_equal(way.convolve(*locked[:2], w), way.convolve(*given[:2], w))
    x, _, dy = locked
    np.testing.assert_array_equal(winograd.filter_gradient(x, dy, w), winograd.filter_gradient(given[0], given[2], w))
    np.testing.assert_array_equal(rows.total(np, x.reshape(-1, 32)), rows.total(np, given[0].reshape(-1, 32)))


def test_helpers_warn_as_their_caller_does(monkeypatch) -> None:
    monkeypatch.setenv(threads.VARIABLE, "4")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        threads.share(lambda first, last: bool(np.log(np.zeros(9)).any()) and None, 400, 1)


def test_a_thread_computes_on_when_the_program_has_ended() -> None:
    program = """
import threading, time
from deepkit.device import threads
def late():
    time.sleep(0.5)
    done = []
    threads.share(lambda first, last: done.append(first), 64, 1)
    print(len(done))
threads.share(lambda first, last: None, 8, 1)
threading.Thread(target=late).start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("64\n", "")


def test_shared_work_goes_on_in_a_forked_child() -> None:
    import multiprocessing

    threads.share(lambda first, last: None, 8, 1)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(_count).get(timeout=60) == 8


def _count() -> int:
    done: list[int] = []
    threads.share(lambda first, last: done.append(first), 8, 1)
    return len(done)


@needs_numba
@pytest.mark.parametrize("channels", [WIDE, WIDE + 5, 3 * WIDE])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("switched_off", [False, True])
@pytest.mark.parametrize(("w", "space"), GEOMETRIES)
def test_depthwise(w, space, channels: int, times: int, switched_off: bool, monkeypatch) -> None:
    monkeypatch.setattr(depthwise, "SMALL", 0)
    monkeypatch.setattr(depthwise, "PIECE", 1)
    monkeypatch.setattr(compiled, "switched_off", switched_off)
    x, filters, dy = arrays(w, space, channels, channels * times)
    filters = filters[..., :1, :]
    exact = [a.astype(np.float64) for a in (x, filters, dy)]
    close(depthwise.convolve(np, x, filters, w), depthwise.convolve_reference(np, *exact[:2], w))
    found = depthwise.filter_gradient(np, x, dy, filters.shape, w)
    close(found, depthwise.filter_gradient_reference(np, exact[0], exact[2], filters.shape, w))
    found = depthwise.input_gradient(np, dy, filters, x.shape, w)
    close(found, depthwise.input_gradient_reference(np, exact[2], exact[1], x.shape, w))


@needs_numba
def test_depthwise_stays_in_registers(monkeypatch) -> None:
    w = fit((9, 9), (3, 3), (1, 1), (1, 1), "SAME")
    x, filters, dy = arrays(w, (9, 9), 2 * WIDE, 2 * WIDE)
    monkeypatch.setattr(depthwise, "_compiled", lambda *_: pytest.fail("the general walk"))
    depthwise.convolve(np, x, filters[..., :1, :], w)
    depthwise.filter_gradient(np, x, dy, filters[..., :1, :].shape, w)
    depthwise.input_gradient(np, dy, filters[..., :1, :], x.shape, w)
