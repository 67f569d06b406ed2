"""The documents' runs, on a few random pictures: that they run, what they write, and when they count as reached."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deepkit import keras
from deepkit.models.autoencoders import documents

RNG = np.random.default_rng(6)
FEW = tuple((RNG.integers(0, 256, (n, 28, 28)).astype("uint8"), np.arange(n, dtype="uint8") % 10) for n in (180, 40))


@pytest.mark.parametrize("name", ["tied", "two-graphs", "cached", "classifier"])
def test_a_run_of_a_document(name):
    row = documents.run(name, FEW)
    recipe = documents.RECIPES[name]
    assert row["example"] == recipe.example
    assert row["TensorFlow"] == recipe.target
    assert np.isfinite(row[recipe.measure])
    assert row == json.loads(json.dumps(row))
    assert not recipe.judge(row)[0]  # noise and five steps


def test_cached_or_not_is_the_same():
    one, two = (documents.run(name, FEW) for name in ("one-graph", "cached"))
    assert one["test MSE"] == pytest.approx(two["test MSE"], rel=1e-4)
    np.testing.assert_allclose(one["test MSE of the phases"], two["test MSE of the phases"], rtol=1e-4)


def test_few_labels_are_tried_with_three_beginnings(monkeypatch):
    monkeypatch.setattr(documents, "FEW", (1,))
    monkeypatch.setattr(documents, "read_with", lambda *given, seed: len(given[4]) / 8 + given[5] / 2)
    row = documents.run("few-labels", FEW)
    assert (row["random"], row["pre-trained"], row["frozen"]) == ([[0.0] * 3], [[25.0] * 3], [[75.0] * 3])
    assert documents.RECIPES["few-labels"].judge(row) == (True, "test % 25 here")


def test_what_counts_as_reached():
    error, share = documents.RECIPES["tied"], documents.RECIPES["classifier"]
    found = [error.judge({"test MSE": value})[0] for value in (0.0, error.target * 1.04, error.target * 1.06)]
    assert found == [True, True, False]
    assert [share.judge({"test %": value})[0] for value in (93.0, 92.0)] == [True, False]
    assert share.judge({"test %": 92.0})[1] == "test % 92 here, 94.71 with TensorFlow"


def test_the_program_writes_what_it_measured(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: FEW)
    assert documents.main(["tied", "--seed", "2", "--out", str(tmp_path / "a.json")]) == 0
    assert json.loads((tmp_path / "a.json").read_text())["tied seed 2"] == json.loads(capsys.readouterr().out)
    with pytest.raises(SystemExit):
        documents.main(["none"])
