"""Gradients in buckets: which go together, when they leave, and that a plan hands them in as soon as they exist."""

from __future__ import annotations

import numpy as np
import pytest
from on_ranks import WAIT, needs_ranks

import deepkit as dk
import deepkit.v1 as tf
from deepkit import distribute
from deepkit.distribute import buckets, results
from deepkit.errors import ArgumentError, MissingNameError


def _network(bucket_bytes):
    x = tf.placeholder(tf.float32, [None, 8])
    h = tf.layers.dense(tf.layers.dense(x, 30, activation=tf.nn.tanh), 30, activation=tf.nn.tanh)
    loss = tf.reduce_mean(tf.layers.dense(h, 1) ** 2)
    optimizer = distribute.DistributedOptimizer(tf.train.AdamOptimizer(0.01), bucket_bytes=bucket_bytes)
    return x, optimizer.minimize(loss)


def test_messages_begin_while_derivatives_are_computed():
    distribute.init()
    with tf.Graph().as_default(), tf.Session() as sess:  # a graph of its own: names of nodes are looked at
        x, train = _network(1100)
        lines = [line.split("#")[-1].strip() for line in str(sess.plan(train, [x])).splitlines()]
        kinds = ("AllreduceBegin", "AllreduceEnd")
        places = {kind: [i for i, line in enumerate(lines) if line.startswith(kind)] for kind in kinds}
        derivatives = [i for i, line in enumerate(lines) if line.startswith("gradients/")]
        assert len(places["AllreduceBegin"]) == 6
        assert len(places["AllreduceEnd"]) == 3  # the last layer and a bias; the middle's weights; the first layer's
        assert sum(i < derivatives[-1] for i in places["AllreduceBegin"]) >= 4
        assert min(places["AllreduceEnd"]) > derivatives[-1]
        sess.run(tf.global_variables_initializer())
        with distribute.recorded() as events:
            sess.run(train, {x: np.ones([4, 8])})
    kinds = [event.kind for event in events]
    assert kinds.count("gradient") == 6
    assert kinds.count("begin") == kinds.count("end") == 3
    assert kinds.index("begin") < len(kinds) - 1 - kinds[::-1].index("gradient"), "no bucket left before the last gradient"
    assert sum(event.size for event in events if event.kind == "begin") == 4 * (8 * 30 + 30 + 30 * 30 + 30 + 30 + 1)


def test_one_rank_changes_no_bit():
    distribute.init()
    found = []
    for wrap in (lambda opt: opt, distribute.DistributedOptimizer):
        with tf.Graph().as_default():
            w = tf.get_variable("w", initializer=tf.constant([[1.0, -2.0], [0.5, 3.0]]))
            train = wrap(tf.train.AdamOptimizer(0.1)).minimize(tf.reduce_sum(tf.sin(w) ** 2))
            with tf.Session() as sess:
                sess.run(tf.global_variables_initializer())
                for _ in range(5):
                    sess.run(train)
                found.append(sess.run(w))
    np.testing.assert_array_equal(*found)


def test_a_run_that_failed_half_way_spoils_no_later_one():
    distribute.init()
    buckets.put("torn", 4, 0, np.ones(2, np.float32))  # and then an error
    buckets.put("torn", 4, 0, np.full(2, 5, np.float32))
    buckets.put("torn", 4, 2, np.full(2, 6, np.float32))
    assert buckets.take("torn", average=True).tolist() == [5, 5, 6, 6]


def test_allreduce_has_a_derivative_and_gathering_none():
    distribute.init()
    x = dk.Parameter([1.0, 2.0])
    slope, = dk.gradients(dk.reduce_sum(distribute.allreduce(x * x)), [x])
    assert slope.numpy().tolist() == [2.0, 4.0]
    assert dk.gradients(dk.reduce_sum(distribute.allgather(x)), [x], warn=False) == [None]


def test_bad_arguments_are_refused(tmp_path):
    distribute.init()
    with pytest.raises(ArgumentError, match="bucket_bytes=0"):
        distribute.DistributedOptimizer(tf.train.AdamOptimizer(), bucket_bytes=0)
    with pytest.raises(ArgumentError, match="is no optimizer"):
        distribute.DistributedOptimizer(3)
    with pytest.raises(ArgumentError, match="rows for 1 ranks"):
        distribute.shard([1, 2], [1])
    with pytest.raises(MissingNameError, match="DistributedOptimizer"):
        _ = distribute.DistributedOptimiser
    with pytest.raises(ArgumentError, match="a set does not travel"):
        results.write(tmp_path / "x.npz", {"a": [{1}]})


def test_plain_data_travel_whole(tmp_path):
    pair = (np.arange(3, dtype=np.int8), np.float32(0.1))
    given = {"a": [1, 2.5, None, True, "ä"], "b": pair, "c": {"d": np.array(["x", "yz"])}}
    results.write(tmp_path / "x.npz", given)
    found = results.read(tmp_path / "x.npz")
    assert found["a"] == given["a"]
    assert type(found["b"]) is tuple
    assert found["b"][0].dtype == np.int8
    assert found["b"][1] == np.float32(0.1)
    assert found["c"]["d"].tolist() == ["x", "yz"]


def served():
    import numpy as np

    from deepkit import distribute

    goal = np.array([1.0, 2.0, 3.0])

    def gradient(weights, worker, workers):
        return (weights - goal) * (1 + worker)  # unequal parts: their average has the factor (1 + 2) / 2

    together = distribute.parameter_server(np.zeros(3), gradient, 12, 0.2)
    apart = distribute.parameter_server(np.zeros(3), gradient, 60, 0.1, together=False)
    counts = [distribute.count_together(40, True), distribute.count_together(40, False, 0.001)]
    return together.weights, apart.weights, apart.staleness, apart.workers, counts


@needs_ranks
def test_a_server_with_and_without_waiting():
    ranks = distribute.launch(served, 3, timeout=WAIT)
    expected = np.array([1.0, 2.0, 3.0]) * (1 - (1 - 0.2 * 1.5) ** 6)
    for together, _, _, _, (locked, unlocked) in ranks:
        np.testing.assert_allclose(together, expected, rtol=1e-12)
        assert locked == 120
        assert 40 <= unlocked < 120  # three ranks that hold what they have read for a millisecond each
    _, apart, staleness, workers, _ = ranks[0]
    # 60 steps that each leave 0.9 or 0.8 of the way, by gradients a step or two old: who came first decides the digits
    np.testing.assert_allclose(apart, [1.0, 2.0, 3.0], rtol=0.05)
    assert len(staleness) == 60
    assert max(staleness) >= 1
    assert workers.count(0) == workers.count(1) == 30


@needs_ranks
def test_launch_says_what_it_cannot_run(tmp_path):
    with pytest.raises(ArgumentError, match="no program"):
        distribute.launch(tmp_path / "nothing.py")
    with pytest.raises(ArgumentError, match="a function"):
        distribute.launch(lambda: 1)
    with pytest.raises(ArgumentError, match="0 ranks"):
        distribute.launch(served, 0)
