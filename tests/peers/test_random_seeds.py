"""Which stream each random op of a graph gets, beside TensorFlow: a seed of its own does not count for the others."""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf

reference.disable_eager_execution()


@pytest.fixture(autouse=True, scope="module")
def bodies_in_the_graph_itself() -> Iterator[None]:
    """TensorFlow 1's branches and loops, for these tests only."""
    reference.disable_control_flow_v2()
    yield
    reference.enable_control_flow_v2()


X = np.linspace(-1, 1, 24).reshape(2, 4, 3).astype(np.float32)
TARGETS = np.array([[1], [2]], np.int64)


def _next(m: Any, dataset: Any) -> Any:
    return m.data.make_one_shot_iterator(dataset).get_next()


def _rows(m: Any) -> Any:
    return m.data.Dataset.range(8)


def _unrolled(m: Any, seed: int | None) -> Any:
    cell = m.nn.rnn_cell.GRUCell(3, kernel_initializer=m.constant_initializer(0.1))
    cell = m.nn.rnn_cell.DropoutWrapper(cell, 0.5, 0.5, 0.7, seed=seed)
    with m.variable_scope(None, "unrolled"):
        return m.nn.static_rnn(cell, [m.constant(X[:, 0]), m.constant(X[:, 1])], dtype=m.float32)[0][1]


def _sampled(m: Any, seed: int | None) -> Any:
    weights, inputs = m.ones([20, 3]), m.ones([2, 3])
    return m.nn.sampled_softmax_loss(weights, m.zeros([20]), m.constant(TARGETS), inputs, 4, 20, seed=seed)


def _queued(m: Any, seed: int | None) -> Any:
    queue = m.RandomShuffleQueue(20, 0, [m.int32], [[]], seed=seed)
    with m.control_dependencies([queue.enqueue_many([m.range(8)])]):
        return queue.dequeue_many(8)


DRAWS = {
    "normal": lambda m, s: m.random_normal([3], seed=s),
    "uniform": lambda m, s: m.random_uniform([3], seed=s),
    "integers": lambda m, s: m.random_uniform([5], 0, 100, m.int32, seed=s),
    "truncated": lambda m, s: m.truncated_normal([5], seed=s),
    "gamma": lambda m, s: m.random_gamma([3], 2.0, seed=s),
    "multinomial": lambda m, s: m.multinomial(m.constant(X[0]), 4, seed=s),
    "random_shuffle": lambda m, s: m.random_shuffle(m.range(9), seed=s),
    "random_crop": lambda m, s: m.random_crop(m.constant(X), [1, 2, 2], seed=s),
    "dropout": lambda m, s: m.nn.dropout(m.constant(X), rate=0.5, seed=s),
    "no dropout": lambda m, s: m.nn.dropout(m.constant(X), rate=0.0, seed=s),
    "layers.dropout": lambda m, s: m.layers.dropout(m.constant(X), 0.5, training=m.constant(True), seed=s),
    "flip": lambda m, s: m.image.random_flip_left_right(m.constant(X), seed=s),
    "flips of a batch": lambda m, s: m.image.random_flip_up_down(m.constant(X[None]), seed=s),
    "brightness": lambda m, s: m.image.random_brightness(m.constant(X), 0.5, seed=s),
    "contrast": lambda m, s: m.image.random_contrast(m.constant(X), 0.2, 0.8, seed=s),
    "hue": lambda m, s: m.image.random_hue(m.constant(np.abs(X)), 0.2, seed=s),
    "saturation": lambda m, s: m.image.random_saturation(m.constant(np.abs(X)), 0.2, 0.5, seed=s),
    "Variable": lambda m, s: m.Variable(m.random_normal([3], seed=s)),
    "glorot": lambda m, s: m.get_variable(f"v{s}", [3, 4], initializer=m.glorot_uniform_initializer(seed=s)),
    "orthogonal": lambda m, s: m.abs(m.get_variable(f"o{s}", [3, 3], initializer=m.orthogonal_initializer(seed=s))),
    "get_variable": lambda m, s: m.get_variable("w", [3, 2]),
    "DropoutWrapper": _unrolled,
    "sampled_softmax_loss": _sampled,
    "candidates": lambda m, s: m.nn.log_uniform_candidate_sampler(m.constant(TARGETS), 1, 4, True, 20, seed=s)[0],
    "a branch": lambda m, s: m.cond(m.constant(True), lambda: m.random_normal([2], seed=s), lambda: m.zeros([2])),
    "Dataset.shuffle": lambda m, s: _next(m, _rows(m).shuffle(4, seed=s).batch(4)),
    "Dataset.map": lambda m, s: _next(m, _rows(m).map(lambda i: m.random_uniform([], seed=s) + m.random_normal([]))),
    "Dataset.flat_map": lambda m, s: _next(m, _rows(m).flat_map(lambda i: _rows(m).shuffle(4, seed=s)).batch(9)),
    "an iterator": lambda m, s: _next(m, _rows(m)),
    "RandomShuffleQueue": _queued,
}


def _values(m: Any, graph_seed: int, drawn: list[tuple[str, int | None]]) -> list[np.ndarray]:
    with m.Graph().as_default(), m.Session() as sess, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        m.set_random_seed(graph_seed)
        made = []
        for name, seed in drawn:
            with m.variable_scope(None, "scope"):
                made.append(DRAWS[name](m, seed))
        sess.run(m.global_variables_initializer())
        return [value for _ in range(2) for value in sess.run(made)]


def _same(graph_seed: int, drawn: list[tuple[str, int | None]]) -> None:
    for ours, theirs in zip(_values(tf, graph_seed, drawn), _values(reference, graph_seed, drawn), strict=True):
        np.testing.assert_allclose(np.asarray(ours, float), np.asarray(theirs, float), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("name", DRAWS)
def test_what_an_op_draws_and_what_it_leaves_for_the_next(name: str, seed: int | None) -> None:
    _same(7, [(name, seed), ("normal", None)])


@pytest.mark.parametrize("number", range(25))
def test_random_programs(number: int) -> None:
    choose = random.Random(number)
    names = [choose.choice(sorted(set(DRAWS))) for _ in range(choose.randint(2, 6))]
    _same(
        choose.choice([0, 1, 1234, 2**31 - 1, 2**33]), [(n, choose.choice([None, None, 0, 42, 2**31])) for n in names]
    )
