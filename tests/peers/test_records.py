"""Records, examples, raw bytes and comma-separated values beside TensorFlow itself."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed (extra: peers)")
pytest.importorskip("google.protobuf", reason="the protobuf library is not installed (extra: io)")

import tensorflow.compat.v1 as reference

import deepkit.v1 as tf
from deepkit.errors import DataError, DeepkitError

reference.disable_eager_execution()
KINDS = ["NONE", "ZLIB", "GZIP"]


def options(module, kind):
    return module.python_io.TFRecordOptions(getattr(module.python_io.TFRecordCompressionType, kind))


def records(seed: int = 0) -> list[bytes]:
    rng = np.random.default_rng(seed)
    return [rng.bytes(int(n)) for n in (0, 1, 7, 8, 9, 255, 256, 257, 5000, 1 << 20, 3)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("direction", ["ours to theirs", "theirs to ours"])
def test_files_go_both_ways(tmp_path, kind, direction):
    writer_of, reader_of = (tf, reference) if direction == "ours to theirs" else (reference, tf)
    path = str(tmp_path / "a")
    with writer_of.python_io.TFRecordWriter(path, options=options(writer_of, kind)) as writer:
        for record in records():
            writer.write(record)
    assert list(reader_of.python_io.tf_record_iterator(path, options=options(reader_of, kind))) == records()


def test_plain_files_are_the_same(tmp_path):
    for module, name in ((tf, "a"), (reference, "b")):
        with module.python_io.TFRecordWriter(str(tmp_path / name)) as writer:
            for record in records():
                writer.write(record)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_they_refuse_we_refuse(tmp_path):
    path = tmp_path / "a"
    with tf.python_io.TFRecordWriter(path) as writer:
        writer.write(b"some record")
        writer.write(b"another")
    whole = path.read_bytes()
    for place in range(len(whole)):
        for spoilt in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            path.write_bytes(spoilt)
            found = []
            for module, error in ((tf, DataError), (reference, reference.errors.DataLossError)):
                got = []
                try:
                    got.extend(module.python_io.tf_record_iterator(str(path)))
                except error:
                    got.append("refused")
                found.append(got)
            ours, theirs = found
            # TensorFlow takes a file that is cut inside the head of a record for complete.
            assert ours == theirs or (ours == [*theirs, "refused"] and spoilt == whole[:place]), place


def build(module, rng):
    """An example with random features, each of which may be missing or empty."""
    feature, train = {}, module.train
    for key in "ab":
        count = int(rng.integers(0, 4))
        kind = int(rng.integers(0, 5))
        if kind == 0:
            feature[key] = train.Feature(int64_list=train.Int64List(value=rng.integers(-(1 << 62), 1 << 62, count)))
        elif kind == 1:
            feature[key] = train.Feature(float_list=train.FloatList(value=rng.normal(size=count)))
        elif kind == 2:
            feature[key] = train.Feature(bytes_list=train.BytesList(value=[rng.bytes(i) for i in range(count)]))
        elif kind == 3:
            feature[key] = train.Feature()
    return train.Example(features=train.Features(feature=feature))


def spec(module, rng):
    wanted = {}
    for key in "ab":
        dtype = [module.int64, module.float32, module.string][rng.integers(0, 3)]
        shape = [[], [1], [2], [2, 1], [0]][rng.integers(0, 5)]
        default = [b"d", b"e"] if dtype == module.string else [1, 2]
        count = int(np.prod(shape))
        value = np.array(default[:count]).reshape(shape).tolist()
        wanted[key] = (
            module.FixedLenFeature(shape, dtype), module.FixedLenFeature(shape, dtype, value), module.VarLenFeature(dtype),
            module.FixedLenSequenceFeature([x for x in shape if x], dtype, allow_missing=True),
        )[rng.integers(0, 4)]
    return wanted


def outcome(module, error, texts, seed, single):
    """All values by name, or "refused"."""
    with module.Graph().as_default(), module.Session() as sess:
        place = module.placeholder(module.string, [] if single else [None])
        parse = module.parse_single_example if single else module.parse_example
        try:
            got = sess.run(
                parse(place, spec(module, np.random.default_rng(seed))), {place: texts[0] if single else texts}
            )
        except error:
            return "refused"
    flat = {}
    for key, value in sorted(got.items()):
        for i, part in enumerate(value if isinstance(value, tuple) else (value,)):
            part = np.asarray(part) if not isinstance(part, bytes) else np.array(part, object)
            flat[key, i] = (part.dtype, part.shape, part.tolist())
    return flat


@pytest.mark.parametrize("single", [False, True], ids=["batch", "single"])
def test_examples_are_parsed_alike(single):
    outcomes = []
    for seed in range(150):
        rng = np.random.default_rng([seed, 7])
        count = 1 if single else int(rng.integers(0, 4))
        texts = np.array([build(tf, rng).SerializeToString() for _ in range(count)], object)
        ours = outcome(tf, DeepkitError, texts, seed, single)
        theirs = outcome(reference, (reference.errors.InvalidArgumentError, ValueError), texts, seed, single)
        assert ours == theirs, seed
        outcomes.append(ours)
    assert 30 < outcomes.count("refused") < 130


def test_examples_are_the_same_messages():
    rng = np.random.default_rng(3)
    for _ in range(50):
        example = build(tf, rng)
        theirs = reference.train.Example.FromString(example.SerializeToString())
        assert str(theirs) == str(example)
        assert theirs.SerializeToString(deterministic=True) == example.SerializeToString(deterministic=True)


PIECES = [
    "1",
    "-2",
    "2.5",
    "",
    " 3 ",
    "a",
    '"',
    '""',
    '"a"',
    '"a,b"',
    '"x""y"',
    ",",
    "\n",
    "NA",
    "1e3",
    "inf",
    "0x1p2",
    "+7",
    "1_0",
    "9" * 12,
]


def test_lines_are_decoded_alike():
    rng = np.random.default_rng(5)
    lines = ["".join(rng.choice([*PIECES, ",", ","], rng.integers(1, 7))) for _ in range(400)]
    ends = set()
    with tf.Graph().as_default() as ours, reference.Graph().as_default() as theirs:
        runs = []
        for module, graph, error in (
            (tf, ours, DeepkitError),
            (reference, theirs, reference.errors.InvalidArgumentError),
        ):
            with graph.as_default():
                place = module.placeholder(module.string, [])
                programs = [
                    module.decode_csv(place, [[""]] * n, na_value="NA") for n in (1, 2, 3)
                ] + [
                    module.decode_csv(place, [[0.5], [7]]), module.decode_csv(place, [[""], [""]], use_quote_delim=False),
                    module.decode_csv(place, [[""]], select_cols=[1]),
                ]
            runs.append((module.Session(graph=graph), place, programs, error))
        for line in lines:
            for i in range(len(runs[0][2])):
                found = []
                for session, place, programs, error in runs:
                    try:
                        found.append([np.asarray(x).tolist() for x in session.run(programs[i], {place: line})])
                    except error:
                        found.append("refused")
                assert found[0] == found[1], (line, i)
                ends.add(found[0] == "refused")
        for session, *_ in runs:
            session.close()
    assert ends == {True, False}
