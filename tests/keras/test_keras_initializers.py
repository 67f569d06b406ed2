"""Keras' initializers: names, defaults, configurations, seeds, and what they draw."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.core.graph import Graph
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError
from deepkit.keras import backend, initializers
from deepkit.runtime.session import Session

# name: (class name, configuration) as Keras 2 writes them
KNOWN = {
    "zeros": ("Zeros", {}),
    "ones": ("Ones", {}),
    "constant": ("Constant", {"value": 0}),
    "random_normal": ("RandomNormal", {"mean": 0.0, "stddev": 0.05, "seed": None}),
    "normal": ("RandomNormal", {"mean": 0.0, "stddev": 0.05, "seed": None}),
    "random_uniform": ("RandomUniform", {"minval": -0.05, "maxval": 0.05, "seed": None}),
    "uniform": ("RandomUniform", {"minval": -0.05, "maxval": 0.05, "seed": None}),
    "truncated_normal": ("TruncatedNormal", {"mean": 0.0, "stddev": 0.05, "seed": None}),
    "variance_scaling": (
        "VarianceScaling", {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", "seed": None}
    ),
    "orthogonal": ("Orthogonal", {"gain": 1.0, "seed": None}),
    "identity": ("Identity", {"gain": 1.0}),
    **{
        name: (name.title().replace("_", ""), {"seed": None})
        for name in ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal")
    },
}


@pytest.mark.parametrize("name", KNOWN)
def test_names_and_configurations(name):
    made = initializers.get(name)
    assert initializers.serialize(made) == {"class_name": KNOWN[name][0], "config": KNOWN[name][1]}
    assert type(initializers.get(KNOWN[name][0])) is type(made)
    again = initializers.deserialize(initializers.serialize(made))
    assert (type(again), again.get_config()) == (type(made), made.get_config())
    assert made((4, 4)).shape == [4, 4]
    assert getattr(initializers, name) is type(made)


# standard deviation of a matrix of 300 x 200 numbers
SPREAD = {
    "random_normal": 0.05, "random_uniform": 0.1 / np.sqrt(12), "truncated_normal": 0.05 * 0.87962566,
    "he_normal": np.sqrt(2 / 300),
    "he_uniform": np.sqrt(2 / 300), "glorot_normal": np.sqrt(2 / 500), "glorot_uniform": np.sqrt(2 / 500),
    "lecun_normal": np.sqrt(1 / 300), "lecun_uniform": np.sqrt(1 / 300), "orthogonal": np.sqrt(1 / 300),
}


@pytest.mark.parametrize("name", SPREAD)
def test_how_far_the_numbers_spread(name):
    np.random.seed(0)
    x = initializers.get(name)((300, 200)).numpy()
    assert x.std() == pytest.approx(SPREAD[name], rel=0.02)
    assert abs(x.mean()) < 0.02 * x.std() + 1e-4


def test_configurations_of_other_versions():
    old = {
        "class_name": "VarianceScaling",
        "config": {"scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": 3},
    }
    assert initializers.get(old).get_config()["distribution"] == "truncated_normal"
    one = {"class_name": "GlorotUniform", "config": {"seed": 1, "dtype": "float32"}}
    new = {
        "module": "keras.initializers",
        "registered_name": None,
        "class_name": "GlorotUniform",
        "config": {"seed": 1},
    }
    assert initializers.get(one).get_config() == initializers.get(new).get_config() == {"seed": 1}
    assert one["config"] == {"seed": 1, "dtype": "float32"}  # what was given is not changed


def test_a_shape_in_a_graph_gives_a_symbol():
    with Graph().as_default() as graph, Session(graph=graph) as session:
        x = initializers.Constant(2.5)(graph.constant(np.array([2, 3], np.int32)))
        assert isinstance(x, Symbol)
        assert session.run(x).tolist() == [[2.5] * 3] * 2
    assert isinstance(initializers.Constant(2.5)((2, 3)), Tensor)


def test_seeds():
    draw = initializers.RandomNormal(seed=4)
    assert (draw((5,)).numpy() == draw((5,)).numpy()).all()
    free = initializers.RandomNormal()
    assert (free((5,)).numpy() != free((5,)).numpy()).all()
    drawn = []
    for _ in range(2):
        np.random.seed(3)
        drawn.append(free((5,)).numpy())
    assert (drawn[0] == drawn[1]).all()


def test_the_float_type_is_that_of_the_settings():
    backend.set_floatx("float64")
    try:
        assert initializers.GlorotUniform()((2, 2)).dtype.name == "float64"
    finally:
        backend.set_floatx("float32")
    assert initializers.Zeros()((2,), dtype="int32").dtype.name == "int32"


def test_initializers_of_ones_own():
    class Halves(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return np.full(shape, 0.5, dtype)

    assert isinstance(initializers.get(Halves), Halves)
    again = initializers.deserialize(initializers.serialize(Halves()), custom_objects={"Halves": Halves})
    assert again((2,), "float32").tolist() == [0.5, 0.5]
    with pytest.raises(ArgumentError, match="unknown initializer 'Halves'"):
        initializers.get("Halves")
    with pytest.raises(ArgumentError, match="did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")
