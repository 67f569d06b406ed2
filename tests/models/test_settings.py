"""The eighteen perceptrons of a table: as many weights as their widths say, what holds them back, and the printed figures."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest

from deepkit import keras
from deepkit.commands._examples import examples
from deepkit.models.recipe import record
from deepkit.models.settings import RECIPES, SETTINGS, Setting


@pytest.fixture(autouse=True)
def _leaves_nothing_behind():
    yield
    keras.backend.clear_session()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.what)
def test_a_setting_has_its_widths_its_bends_and_its_regularizer(setting):
    model = setting.build()
    sizes = [784, *setting.widths, 10]
    assert model.count_params() == sum((a + 1) * b for a, b in itertools.pairwise(sizes))
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Dense") == 4
    assert kinds.count("Activation") == 3 * setting.relu
    assert kinds.count("Dropout") == 3 * bool(setting.dropout)
    assert len(model.losses) == 3 * bool(setting.penalty)


def test_the_table_quotes_what_was_printed():
    printed = {float(figure) for figure in examples()["D4-4-27"].figures if figure.lstrip("-").replace(".", "").isdigit()}
    quoted = {setting.train for setting in SETTINGS} | {setting.test for setting in SETTINGS}
    assert len(SETTINGS) == 18
    assert quoted <= printed


def test_a_run_is_repeatable_and_measures_the_finished_network_too():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 10, 200)
    x = (rng.normal(20, 10, (200, 28, 28)) + 20 * y[:, None, None]).clip(0, 255).astype("uint8")
    recipe = Setting((8, 8), "sgd", 90.0, 95.0, dropout=0.5).recipe()
    first, again, other = (recipe.run(((x, y), (x[:50], y[:50])), epochs=2, seed=seed) for seed in (1, 1, 2))
    assert first["losses"] == again["losses"] != other["losses"]
    assert len(first["losses"]) == first["epochs"] == 2
    assert (first["printed train %"], first["printed test %"]) == (90.0, 95.0)
    assert 0 <= first["train after %"] <= 100


def test_a_training_is_recorded_on_a_line_of_its_own_and_by_its_seed(tmp_path):
    path = tmp_path / "table.json"
    for seed in (1, 2, 2):
        record(path, "setting-16", {"test %": 98.0 + seed, "seed": seed})
    record(path, "cnn", {"test %": 99.1})
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "setting-16": {"test %": 99.0, "seed": 1}, "setting-16 seed 2": {"test %": 100.0, "seed": 2}, "cnn": {"test %": 99.1},
    }
    assert len(path.read_text(encoding="utf-8").splitlines()) == 5


def test_momentum_is_asked_for_only_where_the_name_says_so():
    assert RECIPES["momentum"].optimizer().get_config()["momentum"] == 0.9
    assert RECIPES["momentum"].build().count_params() == RECIPES["setting-04"].build().count_params()
    assert RECIPES["setting-04"].optimizer() == "sgd"


@pytest.mark.skipif(
    not (Path(os.environ.get("DEEPKIT_DATA", "")) / "mnist").is_dir() or "DEEPKIT_DATA" not in os.environ,
    reason="the real MNIST is not here: DEEPKIT_DATA names no folder with mnist/ in it",
)
def test_mnist_has_as_many_of_each_digit_as_the_document_printed():
    (_, train), (_, test) = keras.datasets.mnist.load_data()
    printed = "; ".join(examples()["D4-4-03"].figures)
    for name, labels in (("Train", train), ("Test", test)):
        counts = dict(zip(*(part.tolist() for part in np.unique(labels, return_counts=True)), strict=True))
        assert f"{name} labels:{counts}" in printed
