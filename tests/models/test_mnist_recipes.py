"""The documents' MNIST networks: their numbers of weights, and what comes out of training them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deepkit.core.graph import Graph
from deepkit.models import mnist


@pytest.fixture(autouse=True)
def _own_graph():
    with Graph().as_default():
        yield


@pytest.mark.parametrize(
    ("name", "weights"),
    [("sigmoid-mlp", 118_282), ("relu-mlp", 269_322), ("dropout-mlp", 269_322), ("cnn", 80_266), ("rnn", 75_530),
     ("small-rnn", 890)],
)
def test_the_networks_have_the_documents_numbers_of_weights(name, weights):
    assert mnist.RECIPES[name].build().count_params() == weights


@pytest.mark.skipif(
    not (Path(os.environ.get("DEEPKIT_DATA", "")) / "mnist").is_dir() or "DEEPKIT_DATA" not in os.environ,
    reason="the real MNIST is not here: DEEPKIT_DATA names no folder with mnist/ in it",
)
def test_ten_epochs_of_the_sigmoid_network_reach_the_printed_accuracy():
    """D1-2-28 prints 0.7888 after ten epochs; a net this slow varies by about a point with its first weights."""
    from deepkit import keras

    found = mnist.RECIPES["sigmoid-mlp"].run(keras.datasets.mnist.load_data())
    assert abs(found["test %"] - 78.88) < 2.0


def test_an_unknown_network_is_named(capsys):
    with pytest.raises(SystemExit):
        mnist.main(["lenet"])
    assert "there is no network 'lenet'" in capsys.readouterr().err
