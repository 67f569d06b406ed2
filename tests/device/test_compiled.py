"""Compiled kernels: where numba is missing, switched off, or has nowhere to keep its cache; what is compiled once."""

from __future__ import annotations

import time
import types

import numpy as np
import pytest

from deepkit.device import compiled
from deepkit.device.registers.lanes import WIDE, flat
from deepkit.device.registers.products import products


def double(x):
    return x + x


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")
def test_without_a_folder_for_the_cache(monkeypatch) -> None:
    import numba

    real = numba.njit

    def njit(*args, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(*args, **options)

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled._compile.__wrapped__(double)(3) == 6


def test_switched_off(monkeypatch) -> None:
    monkeypatch.setattr(compiled, "switched_off", True)
    assert compiled.kernel(double) is None


def test_without_numba(monkeypatch) -> None:
    monkeypatch.setattr(compiled, "available", lambda: False)
    assert compiled.kernel(double) is None


def heard(progress, function, start: bool) -> None:
    """Numba's word that it begins or ends to compile a function."""
    told = {"dispatcher": types.SimpleNamespace(py_func=function)}
    progress.notify(types.SimpleNamespace(data=told, is_start=start))


def test_who_waits_is_told_why(monkeypatch, capfd) -> None:
    monkeypatch.setattr(compiled, "PATIENCE", 0.05)
    own = types.FunctionType(double.__code__, {"__name__": "deepkit.device.convolve"}, "_convolve")
    part, progress = types.FunctionType(double.__code__, {"__name__": "deepkit.device.a"}, "_part"), compiled.Progress()
    heard(progress, own, True)
    heard(progress, part, True)  # a part of it
    heard(progress, part, False)
    said: list[str] = []
    while len(said) < 2:  # again and again, as long as it takes, over the line before
        time.sleep(0.01)
        said += capfd.readouterr().err.split("\r")[1:]
    heard(progress, own, False)
    assert {line.split(": ")[1].rstrip("0123456789 s") for line in said} == {"convolve, number 1,"}
    assert capfd.readouterr().err.endswith("\n")
    monkeypatch.setattr(compiled, "PATIENCE", 60)
    heard(progress, own, True)
    heard(progress, own, False)  # at once
    monkeypatch.setattr(compiled, "PATIENCE", 0)
    heard(progress, double, True)  # somebody else's function
    time.sleep(0.1)
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")
def test_numba_tells_of_its_compiling(monkeypatch) -> None:
    import numba

    heard_of = []
    monkeypatch.setattr(compiled.Progress, "notify", lambda self, e: heard_of.append((e.is_start, e.data["dispatcher"].py_func)))
    compiled._listen()  # once for the whole process
    numba.njit(double)(3)
    assert heard_of.count((True, double)) == heard_of.count((False, double)) > 0


def _product(x, where, b, y):
    products(flat(x), 0, where, flat(b), 0, y.shape[-1], flat(y), 0, ((1, 1, b.shape[0]), (0, 0, 1), (0, 0, b.shape[1])), True)


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed: nothing is compiled")
def test_what_takes_lines_is_compiled_once() -> None:
    import numba
    from numba.core import event

    compiled._teach_parts()
    b, where = np.ones((3, WIDE), "f"), np.arange(4) * 3
    began = []
    for shape in ((4,), (2, 2), (1, 2, 2)):  # a matrix, and images
        with event.install_recorder("numba:compile") as recorder:
            y = np.empty((*shape, WIDE), "f")
            numba.njit(_product)(np.ones((*shape, 3), "f"), where, b, y)
        assert np.all(y == 3)
        began.append([e.data["dispatcher"].py_func.__name__ for _, e in recorder.buffer if e.is_start])
    assert "_tile" in began[0]
    assert began[1:] == [["_product"], ["_product"]]
