"""Compiled kernels: where numba is missing, switched off, or has nowhere to keep its cache."""

from __future__ import annotations

import pytest

from deepkit.device import compiled


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
