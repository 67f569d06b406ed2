"""tf.train.Example and SequenceExample: what is written is parsed; what does not fit is said."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import deepkit as dk
from deepkit.core.graph import Graph
from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError, DTypeError, OpError, ShapeError

pytest.importorskip("google.protobuf", reason="the protobuf library is not installed (extra: io)")

from deepkit.ops.input.example_messages import NAMES, message

Fixed, Var, Sequence = dk.FixedLenFeature, dk.VarLenFeature, dk.FixedLenSequenceFeature


def feature(*values):
    """A Feature of ints, floats or bytes; None: one that says nothing."""
    result = message("Feature")()
    if values and values[0] is not None:
        kind = {int: "int64_list", float: "float_list", bytes: "bytes_list"}[type(values[0])]
        getattr(result, kind).value.extend(values)
    return result


def example(**features) -> bytes:
    return message("Example")(features=message("Features")(feature=features)).SerializeToString()


def sequence(context, **lists) -> bytes:
    lists = {key: message("FeatureList")(feature=steps) for key, steps in lists.items()}
    return message("SequenceExample")(
        context=message("Features")(feature=context), feature_lists=message("FeatureLists")(feature_list=lists)
    ).SerializeToString()


BOTH = [
    example(a=feature(1, 2), x=feature(0.5, -1.25), s=feature(b"p")),
    example(a=feature(-3, 1 << 40), s=feature(b"\xff")),
]


def test_bytes_are_those_of_tensorflow():
    assert (
        example(k=feature(1, -1, 300, 1 << 40)).hex()
        == "0a1e0a1c0a016b12171a150a1301ffffffffffffffffff01ac02808080808020"
    )
    assert example(k=feature(0.5, -1.25)).hex() == "0a130a110a016b120c120a0a080000003f0000a0bf"
    assert example(k=feature(b"abc", b"")).hex() == "0a100a0e0a016b12090a070a036162630a00"
    assert [message(name).DESCRIPTOR.full_name for name in NAMES] == [f"tensorflow.{name}" for name in NAMES]


def test_a_batch():
    got = dk.parse_example(BOTH, {"a": Fixed([2], dk.int64), "s": Fixed([], dk.string), "x": Var(dk.float32)})
    assert list(got) == ["x", "a", "s"]
    assert got["a"].numpy().tolist() == [[1, 2], [-3, 1 << 40]]
    assert got["s"].numpy().tolist() == [b"p", b"\xff"]
    assert [type(text) for text in got["s"].numpy()] == [bytes, bytes]
    assert got["x"].indices.numpy().tolist() == [[0, 0], [0, 1]]
    assert got["x"].values.numpy().tolist() == [0.5, -1.25]
    assert got["x"].dense_shape.numpy().tolist() == [2, 2]
    assert [t.dtype.name for t in (got["a"], got["s"], got["x"].values)] == ["int64", "string", "float32"]


def test_a_single_one():
    got = dk.parse_single_example(
        BOTH[0], {"a": Fixed([1, 2], dk.int64), "s": Fixed([], dk.string), "x": Var(dk.float32)}
    )
    assert got["a"].numpy().tolist() == [[1, 2]]
    assert got["s"].numpy().item() == b"p"
    assert got["x"].indices.numpy().tolist() == [[0], [1]]
    assert got["x"].dense_shape.numpy().tolist() == [2]


def test_sequences_in_a_batch_are_filled_up():
    texts = [example(a=feature(1, 2)), example(), example(a=feature(1, 2, 3, 4))]
    for default, filling in ((None, 0), (9, 9)):
        y = dk.parse_example(texts, {"a": Sequence([2], dk.int64, True, default)})["a"].numpy()
        assert y.tolist() == [[[1, 2], [filling] * 2], [[filling] * 2] * 2, [[1, 2], [3, 4]]]
    assert dk.parse_single_example(texts[0], {"a": Sequence([2], dk.int64, True)})["a"].numpy().tolist() == [[1, 2]]
    assert dk.parse_single_example(texts[1], {"a": Sequence([2], dk.int64, True)})["a"].shape == (0, 2)


@pytest.mark.parametrize("text", [example(), example(a=feature(None))], ids=["missing", "empty"])
def test_defaults(text):
    wanted = {
        "a": Fixed([2], dk.float32, [1.5, 2.5]),
        "s": Fixed([], dk.string, "d"),
        "t": Fixed([2], dk.int64, dk.tensor([3, 4], dk.int64)),
    }
    got = dk.parse_example([text], wanted)
    assert [got[key].numpy().tolist() for key in "ast"] == [[[1.5, 2.5]], [b"d"], [[3, 4]]]


def test_what_is_known_before_the_graph_runs():
    graph = Graph()
    with graph.as_default():
        import deepkit.v1 as tf

        wanted = {"a": Fixed([2], dk.int64), "q": Sequence([3], dk.float32, True), "v": Var(dk.string)}
        for shape, rows in (([None], [None]), ([4], [4]), ([], [])):
            got = tf.parse_example(tf.placeholder(tf.string, shape), wanted)
            assert isinstance(got["a"], Symbol)
            assert got["a"].shape.as_list() == [*rows, 2]
            assert got["q"].shape.as_list() == [*rows, None, 3]
            assert got["v"].shape.as_list() == [None] * (len(rows) + 1)
        assert tf.parse_example(tf.placeholder(tf.string), wanted)["a"].shape.rank is None
        assert tf.parse_single_example(tf.placeholder(tf.string), wanted)["a"].shape.as_list() == [2]


def test_a_sequence_example():
    steps = {"t": [feature(1), feature(2)], "w": [feature(b"a", b"b"), feature(b"c"), feature(None)]}
    text = sequence({"l": feature(5)}, **steps)
    context, lists = dk.parse_single_sequence_example(
        text,
        {"l": Fixed([], dk.int64), "m": Var(dk.int64)},
        {"t": Sequence([], dk.int64), "w": Var(dk.string), "z": Sequence([2], dk.float32, True)},
    )
    assert context["l"].numpy() == 5
    assert context["m"].dense_shape.numpy().tolist() == [0]
    assert lists["t"].numpy().tolist() == [1, 2]
    assert lists["z"].shape == (0, 2)
    assert lists["w"].indices.numpy().tolist() == [[0, 0], [0, 1], [1, 0]]
    assert lists["w"].values.numpy().tolist() == [b"a", b"b", b"c"]
    assert lists["w"].dense_shape.numpy().tolist() == [3, 2]


def one(kind, text=BOTH[0]):
    return lambda: dk.parse_example([text], {"a": kind})


def steps(kind):
    return lambda: dk.parse_single_sequence_example(sequence({}, t=[feature(1), feature(None)]), None, {"t": kind})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (one(Fixed([], dk.int64), example()), OpError, "feature 'a' is missing in the example"),
        (
            lambda: dk.parse_example([BOTH[0], example()], {"a": Fixed([2], dk.int64)}, example_names=["x", "y"]),
            OpError,
            "in example 'y'",
        ),
        (one(Fixed([2], dk.float32)), OpError, "has a list of int64"),
        (one(Var(dk.string)), OpError, "has a list of int64"),
        (one(Fixed([3], dk.int64)), OpError, "has 2 values"),
        (one(Sequence([3], dk.int64, True)), OpError, "blocks of 3 values"),
        (one(Var(dk.int64), b"no example"), OpError, "is no tf.train.Example: b'no example'"),
        (one(Fixed([], dk.int32)), DTypeError, "float32, int64 and string only"),
        (one(Fixed([None], dk.int64)), ShapeError, "FixedLenSequenceFeature"),
        (one(Fixed(None, dk.int64)), ArgumentError, "has no shape"),
        (one(Fixed([2], dk.int64, 7)), ShapeError, "the default of feature 'a' has 1 values"),
        (one(Fixed([], dk.int64, 7.5)), DTypeError, "expected int64"),
        (one(Sequence([], dk.int64)), ArgumentError, "allow_missing=True"),
        (one(dk.int64), ArgumentError, "is described by"),
        (lambda: dk.parse_example([[BOTH[0]]], {"a": Var(dk.int64)}), ShapeError, "of shape (1, 1)"),
        (lambda: dk.parse_single_example(BOTH, {"a": Var(dk.int64)}), ShapeError, "of shape (2,)"),
        (lambda: dk.parse_example(BOTH, {}), ArgumentError, "no features"),
        (lambda: dk.parse_single_sequence_example(b""), ArgumentError, "without features"),
        (steps(Sequence([], dk.int64)), OpError, "step 1"),
        (steps(Sequence([], dk.int64, default_value=0)), ArgumentError, "default_value"),
        (steps(Fixed([], dk.int64)), ArgumentError, "is described by"),
        (steps(Var(dk.string)), OpError, "step 0"),
        (
            lambda: dk.parse_single_sequence_example(b"", None, {"t": Sequence([], dk.int64)}),
            OpError,
            "list 't' is missing",
        ),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_without_the_library():
    program = """
import sys
sys.modules["google"] = None
import deepkit.v1 as tf
for use in (lambda: tf.train.Example, lambda: tf.parse_example([b""], {"a": tf.VarLenFeature(tf.int64)})):
    try:
        use()
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.count("tf.train.Example needs protobuf, which is not installed") == 2, done.stderr
    assert 'pip install -e ".[io]"' in done.stdout


def test_numbers_in_bulk():
    rng = np.random.default_rng(0)
    x, n = rng.normal(size=784).astype(np.float32), rng.integers(-(1 << 62), 1 << 62, 300)
    text = example(x=feature(*x.tolist()), n=feature(*n.tolist()))
    got = dk.parse_single_example(text, {"x": Fixed([28, 28], dk.float32), "n": Fixed([300], dk.int64)})
    np.testing.assert_array_equal(got["x"].numpy(), x.reshape(28, 28))
    np.testing.assert_array_equal(got["n"].numpy(), n)
