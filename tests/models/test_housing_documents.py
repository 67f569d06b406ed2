"""The documents' tables of houses: every run stands beside another way to its number; real tables only where they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from deepkit.models.housing import descent, documents

HERE = "DEEPKIT_DATA" in os.environ and all((Path(os.environ["DEEPKIT_DATA"]) / n).is_dir() for n in ("boston", "california"))
real = pytest.mark.skipif(not HERE, reason="DEEPKIT_DATA names no folder with boston/ and california/ in it")


@pytest.fixture
def invented(monkeypatch):
    monkeypatch.setattr(documents, "districts", lambda **_: descent.districts(verbose=False))


def test_descent_on_all_rows_comes_near_least_squares(invented):
    row = documents.all_rows()
    assert row["beside"] < row["here"] < 1.02 * row["beside"]


def test_a_tenth_of_the_steps_is_not_near_enough(invented):
    recipe = documents.RECIPES["districts"]
    assert not recipe.judge(documents.all_rows(epochs=100))[0]


def test_least_squares_is_the_error_that_no_other_weights_undercut():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(50, 3)), random.normal(size=(50, 1))
    theta = np.linalg.solve(x.T @ x, x.T @ y)
    assert documents.least_squares(x, y) == pytest.approx(np.mean((x @ theta - y) ** 2))


@real
@pytest.mark.parametrize("name", documents.RECIPES)
def test_a_run_on_the_real_table_comes_near_its_other_way(name, capsys):
    assert documents.main([name]) == 0
    near, said = documents.RECIPES[name].judge(json.loads(capsys.readouterr().out))
    assert near, said
