"""Every op survives being written down as data: the graph that is built from it is the same and computes the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from samples import Sample, families

import deepkit as dk
import deepkit.v1 as tf
from deepkit.core.description import Description, describe
from deepkit.core.rebuild import rebuild

FAMILIES = families()
FIRST = {}  # one sample for each op and set of attributes
for family in FAMILIES:
    for each in family.SAMPLES:
        FIRST.setdefault((each.name, tuple(sorted(each.attrs))), each)


@pytest.mark.parametrize("sample", FIRST.values(), ids=lambda s: f"{s.name}-{'-'.join(s.attrs)}")
def test_an_op_survives_being_stored(sample: Sample) -> None:
    op = sample.op()
    if op.type == "PyFunc":
        pytest.skip("it calls a Python function, which is no data")
    refs = {*op.writes, *op.refs}
    with tf.Graph().as_default() as graph, tf.name_scope("there"):
        inputs = [tf.Variable(x) if i in refs else tf.constant(x) for i, x in enumerate(sample.inputs)]
        if op.random:
            graph.seed = 5
        made = dk.apply(op, *inputs) if inputs else graph.add(op, ())
        names = [y.name for y in (made if isinstance(made, list) else [made])]
        tf.global_variables_initializer()
    stored = describe(graph)
    content = json.loads(json.dumps(stored.content, allow_nan=False))
    again = tf.Graph()
    rebuild(again, Description(content, stored.arrays))
    assert describe(again).content == stored.content
    placeholders = [n for n in graph.get_operations() if n.type == "Placeholder"]
    if placeholders:
        return
    results = []
    for each in (graph, again):
        with tf.Session(graph=each) as sess:
            sess.run("there/init")
            results.append(sess.run(names))
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)
