"""The documents' autoencoders on real MNIST: what a run says, when it is as good as TensorFlow's, and what the course stores."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepkit.models.autoencoders import invented

STORED = json.loads((Path(__file__).resolve().parents[2] / "course" / invented.FILE).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(1)
    x = (255 * (random.random((invented.HELD + 60, 4, 4)) < 0.4)).astype(np.uint8)
    return (x, None), (x[:30], None)


def test_a_run_leaves_out_what_is_held_and_says_every_part(data):
    recipe = replace(invented.RECIPES["sparse"], batch=20)
    found = recipe.run(data, images=60, epochs=2)
    assert set(found["test"]) == set(found["history"]) == {"reconstruction", "sparsity", "MSE"}
    assert len(found["history"]["MSE"]) == found["epochs"] == 2
    (x, none), test = data
    blank = np.concatenate([np.zeros_like(x[: invented.HELD]), x[invented.HELD :]])
    assert recipe.run(((blank, none), test), images=60, epochs=2)["history"] == found["history"]


def test_only_a_larger_loss_than_tensorflows_is_worse():
    recipe = replace(invented.RECIPES["noise"], target=0.05, level=0.1)
    assert recipe.judge({"test": {"MSE": 0.02}})[0]
    assert recipe.judge({"test": {"MSE": 0.054}})[0]
    assert recipe.judge({"test": {"MSE": 0.056}}) == (False, "MSE 0.056 here, 0.05 with TensorFlow")


@pytest.mark.parametrize("name", invented.RECIPES)
def test_what_the_course_stores_is_what_the_recipes_say(name):
    row, recipe = STORED[name], invented.RECIPES[name]
    assert (row["example"], row["network"], row["TensorFlow"]) == (recipe.example, recipe.what, recipe.target)
    assert recipe.judge(row)[0]


def test_an_unknown_network_is_named(capsys):
    with pytest.raises(SystemExit):
        invented.main(["gan"])
    assert "there is no network 'gan'" in capsys.readouterr().err
