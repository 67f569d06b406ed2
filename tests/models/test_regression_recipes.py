"""The documents' regressions: least squares where they settle, the strength that trains itself, Boston's printed digits."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from deepkit.models import regression
from deepkit.models.regression import boston, descend, linear, mean_abs, mean_square

HERE = "DEEPKIT_DATA" in os.environ and (Path(os.environ["DEEPKIT_DATA"]) / "boston").is_dir()
real = pytest.mark.skipif(not HERE, reason="Boston is not here: DEEPKIT_DATA names no folder with boston/ in it")


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(3)
    x = random.normal(size=(80, 3)).astype(np.float32)
    return x, (x @ [[2.0], [-1.0], [0.5]] + 4 + random.normal(0, 0.3, (80, 1))).astype(np.float32)


def test_it_settles_at_least_squares(rows):
    x, y = rows
    run = descend(linear(3), rows, rows, 0.1, 300)
    right, *_ = np.linalg.lstsq(np.c_[x, np.ones(80)], y, rcond=None)
    np.testing.assert_allclose([*run.w, run.b], right.ravel(), rtol=1e-4)
    assert run.mse[-1] == pytest.approx(np.mean((np.c_[x, np.ones(80)] @ right - y) ** 2), rel=1e-4)
    assert run.r2[-1] == pytest.approx(1 - run.mse[-1] / y.var(), rel=1e-4)


def test_a_ridge_settles_at_its_normal_equation(rows):
    x, y = rows
    run = descend(linear(3, mean_square, strength=2.0), rows, rows, 0.1, 300)
    away = x - x.mean(axis=0)
    right = np.linalg.solve(away.T @ away / 80 + 2.0 / 3 * np.eye(3), away.T @ (y - y.mean()) / 80)
    np.testing.assert_allclose(run.w, right.ravel(), rtol=1e-4)


@pytest.mark.parametrize(("penalty", "measure"), [(mean_abs, np.abs), (mean_square, np.square)])
def test_a_trained_strength_falls_by_the_penalty(rows, penalty, measure):
    before = descend(linear(3, penalty, 0.8, trained=True), rows, rows, 0.1, 5)
    after = descend(linear(3, penalty, 0.8, trained=True), rows, rows, 0.1, 6)
    assert after.strength[-1] == pytest.approx(before.strength[-1] - 0.1 * measure(before.w).mean(), rel=1e-5)
    fixed = descend(linear(3, penalty, 0.8), rows, rows, 0.1, 6)
    assert set(fixed.strength) == {np.float32(0.8)}


@real
@pytest.mark.parametrize(("name", "digits"), [("plain", 4), ("lasso", 6), ("ridge", 6)])
def test_the_printed_digits_come_out(name, digits):
    """As many as do not depend on the order of additions: a float32 near 32 has steps of 4e-6."""
    recipe = regression.RECIPES[name]
    mse, r2 = regression.measure(recipe)["then"]
    assert abs(mse - float(recipe.mse)) <= 0.5 * 10.0**-digits + 4e-6
    assert abs(r2 - float(recipe.r2)) < 3e-7


@real
def test_one_number_of_boston_was_misprinted():
    (then, _), _ = boston(misprinted=True)
    (today, _), _ = boston()
    changed = np.abs(then - today).max(axis=0) > 1e-3
    assert changed.tolist() == [True] + [False] * 12


def test_an_unknown_run_is_refused(capsys):
    with pytest.raises(SystemExit):
        regression.main(["huber"])
    assert "plain, lasso, ridge" in capsys.readouterr().err
