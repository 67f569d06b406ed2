"""Damaged and hostile checkpoints, state files and graphs: a clear error or what was written, never anything else.

DEEPKIT_FUZZ=2000 makes that many files for each reader instead of 200.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
import struct
import tracemalloc

import numpy as np
import pytest
from damage import FILES, STEPS, spoilt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import deepkit.v1 as tf
from deepkit.core.description import describe
from deepkit.core.rebuild import rebuild
from deepkit.device.checksum import crc32c
from deepkit.errors import DataError
from deepkit.io.bundle import Bundle
from deepkit.io.meta_graph import MetaGraph, read_meta_graphs, write_meta_graphs
from deepkit.io.safetensors import TensorFile, write_tensors
from deepkit.io.state_file import CheckpointState, read_state, write_state
from deepkit.io.tfrecord import masked

fuzz = settings(
    max_examples=FILES, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
SLACK = 1 << 20  # bytes of memory that reading may need beside twice the file's size
crc32c(bytes(1000))  # its tables are made once and stay

# What tf.train.Saver of TensorFlow 2.21 wrote for variables b, c, h, s and scope/w.
INDEX = base64.b64decode(
    "AAAGCAEaAggBAAEPYggKEgQSAggCKAI1X7DOgQABEWMIEhIEEgIIASACKBA1JVk1XgABEWgIExIEEgIIAiASKAQ1wmf3NgABEXMIBxIEEgIIAyAWKAw1"
    "w88OnQEGFWNvcGUvdwgBEggSAggCEgIIAyAiKBg1wcBIiwAAAAABAAAAAImQg3kAAAAAAQAAAADA8qGwAAEDdACBAQAAAAABAAAAADsMwD6GAQiTAQ8A"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAV/uAiyR1R9s="
)
DATA = base64.b64decode("AQAAAAAAAADwPwAAAAAAAABAADwAQAIAAxtCi8phYmNkZY2yT79VB74/aMuFPURVHMC/Qss9eloXPw==")


def in_bounds(read, size: int):
    """What `read` returns; None if it raises DataError. It must not need more memory than twice the file's size."""
    tracemalloc.start()
    try:
        try:
            return read()
        except DataError:
            return None
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            assert peak < 2 * size + SLACK, f"{peak} bytes for a file of {size}"
    finally:
        tracemalloc.stop()


def test_no_bit_of_the_header_hides_damage_of_the_data(tmp_path):
    path, weights = tmp_path / "f", np.arange(6.0)
    write_tensors(path, {"w": weights}, {"note": "x"})
    content = bytearray(path.read_bytes())
    content[-1] ^= 1  # of the last number
    for bit in range(8 * (len(content) - weights.nbytes)):
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with pytest.raises(DataError), TensorFile(path) as file:
            assert [file.read(name) for name in file] == [], f"bit {bit}"  # there is one, whatever it is called now
        content[bit // 8] ^= 1 << bit % 8


@fuzz
@given(STEPS)
def test_damaged_tensors(tmp_path, steps):
    path = tmp_path / "f"
    given = {
        "w": np.arange(6.0),
        "text": np.array([b"a", b"bc"], object),
        "c": np.complex64([1j]),
        "on": np.array([True]),
    }
    write_tensors(path, given, {"note": "x"})
    content = spoilt(path.read_bytes(), steps)
    path.write_bytes(content)

    def read() -> dict[str, np.ndarray]:
        with TensorFile(path) as file:
            return {name: file.read(name) for name in file}

    for name, value in (in_bounds(read, len(content)) or {}).items():
        if name in given and value.dtype == given[name].dtype and value.shape == given[name].shape:
            np.testing.assert_array_equal(value, given[name])


sizes = st.integers(-1, 1 << 63) | st.integers(0, 30)
entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "U8", "BOOL", "F64", "X", 1, None]),
        "shape": st.lists(sizes, max_size=4) | st.none(),
        "data_offsets": st.lists(sizes, min_size=1, max_size=3),
    }
)


@fuzz
@given(
    st.dictionaries(st.text(max_size=3), entries, max_size=4), st.binary(max_size=40),
    st.none() | st.integers(0, (1 << 64) - 1),
    st.none() | st.text(max_size=20) | st.sampled_from(['{"kinds":{"a":["string",[1]]}}', '{"crc32":{}}', '{"kinds":{"a":[]}}']),
)
def test_hostile_headers(tmp_path, header, data, length, own):
    path = tmp_path / "f"
    text = json.dumps(header if own is None else {**header, "__metadata__": {"deepkit": own}}).encode()
    content = struct.pack("<Q", len(text) if length is None else length) + text + data
    path.write_bytes(content)

    def read() -> None:
        with TensorFile(path) as file:
            for name in file:
                file.read(name)

    in_bounds(read, len(content))


def bundle(folder, index: bytes, data: bytes):
    (folder / "m.index").write_bytes(index)
    (folder / "m.data-00000-of-00001").write_bytes(data)

    def read() -> dict[str, np.ndarray]:
        with Bundle(str(folder / "m")) as file:
            return {name: file.read(name) for name in file.entries}

    return in_bounds(read, len(index) + len(data))


def test_the_sound_checkpoint_of_tensorflow(tmp_path):
    found = bundle(tmp_path, INDEX, DATA)
    assert list(found) == ["b", "c", "h", "s", "scope/w"]
    assert found["b"].tolist() == [True, False]
    assert found["c"].tolist() == [1 + 2j]
    assert found["h"].dtype == np.float16
    assert found["s"].tolist() == [b"ab", b"", b"cde"]
    assert found["scope/w"].shape == (2, 3)
    assert found["scope/w"][0, 0] == np.float32(-0.8113182)


def test_a_flipped_bit_in_any_byte_of_the_entries_is_noticed(tmp_path):
    for byte in range(134):  # the block with the entries, and its checksum
        damaged = bytearray(INDEX)
        damaged[byte] ^= 1 << byte % 8
        (tmp_path / "m.index").write_bytes(damaged)
        with pytest.raises(DataError):
            Bundle(str(tmp_path / "m"))


@fuzz
@given(STEPS, st.booleans())
def test_damaged_checkpoints_of_tensorflow(tmp_path, steps, whole_index):
    sound = {"b": 2, "c": 1, "h": 2, "s": 3, "scope/w": 6}
    found = bundle(
        tmp_path, INDEX if whole_index else spoilt(INDEX, steps), spoilt(DATA, steps) if whole_index else DATA
    )
    assert found is None or {name: value.size for name, value in found.items()} == sound


@fuzz
@given(STEPS)
def test_hostile_checkpoints_of_tensorflow(tmp_path, steps):
    """The first block is spoilt, and its checksum made to fit."""
    size = 129  # of the first block, as its entry in the index's index says
    block = spoilt(INDEX[:size], steps)[:size].ljust(size, b"\0")
    checksum = struct.pack("<I", masked(crc32c(block + b"\0")))
    bundle(tmp_path, block + b"\0" + checksum + INDEX[size + 5 :], DATA)


@fuzz
@given(STEPS, st.text(max_size=30))
def test_damaged_state_files(tmp_path, steps, name):
    folder = str(tmp_path)
    write_state(folder, CheckpointState(f"{folder}/m", [f"{folder}/m", f"{folder}/n"], [1.0, 2.0]))
    path = tmp_path / "checkpoint"
    content = spoilt(path.read_bytes(), steps)
    path.write_bytes(content)
    state = in_bounds(lambda: read_state(folder), len(content))
    for found in [] if state is None else [state.model_checkpoint_path, *state.all_model_checkpoint_paths]:
        assert found == "" or os.path.abspath(found).startswith(folder + os.sep)
    path.write_text(name, encoding="utf-8", errors="replace")
    in_bounds(lambda: read_state(folder), 0)


# ---- graphs


def small_graph() -> MetaGraph:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        w = tf.get_variable("w", [2, 3])
        y = tf.nn.dropout(tf.matmul(x, w)[:, 1:], 0.5, seed=1)
        y = tf.cond(tf.reduce_sum(y) > 0, lambda: y * 2, lambda: y + w[0, 0])
        tf.train.MomentumOptimizer(0.1, 0.9).minimize(tf.reduce_mean(y))
        tf.add_to_collection("mine", y)
        return MetaGraph(describe(graph), tf.train.Saver().settings(), ["serve"])


SMALL = small_graph()
NAMES = ["x:0", "x", "w", "w:0", "/w:0", "MatMul", "Const", "PyFunc", "VariableV2", "float32", "tensor", "os.system"]
KEYS = ["array", "dtype", "function", "shape", "op", "attrs", "record", "float", "bytes"]
numbers = st.integers(-3, 1 << 70) | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=5) | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2),
    max_leaves=6,
)


def mutate(content, draw) -> None:
    """Replaces, removes or repeats something at a random place of the tree."""
    table = content
    while True:
        keys = list(table) if isinstance(table, dict) else range(len(table))
        if not keys:
            return
        key = draw(st.sampled_from(list(keys)))
        if isinstance(table[key], (dict, list)) and table[key] and draw(st.integers(0, 5)):
            table = table[key]
            continue
        what = draw(st.sampled_from(["replace", "remove", "repeat", "swap"]))
        if what == "replace":
            table[key] = draw(anything)
        elif what == "remove":
            del table[key]
        elif isinstance(table, list):
            other = draw(st.integers(0, len(table) - 1))
            if what == "repeat":
                table.insert(other, copy.deepcopy(table[key]))
            else:
                table[key], table[other] = table[other], table[key]
        return


@fuzz
@given(st.data())
def test_hostile_graphs(tmp_path, data):
    meta = copy.deepcopy(SMALL)
    for _ in range(data.draw(st.integers(1, 2))):
        part = data.draw(st.sampled_from(["graph", "graph", "graph", "saver"]))
        mutate(meta.graph.content if part == "graph" else meta.saver, data.draw)
    path = str(tmp_path / "g.meta")
    write_meta_graphs(path, [meta])
    graph = tf.Graph()
    with graph.as_default():
        before = len(graph.get_operations())
        try:
            saver = tf.train.import_meta_graph(path)
        except DataError:
            assert len(graph.get_operations()) == before, "what cannot be built leaves nothing behind"
            assert not graph.get_all_collection_keys()
            return
        assert saver is None or isinstance(saver, tf.train.Saver)
        describe(graph)


@fuzz
@given(STEPS)
def test_damaged_graphs(tmp_path, steps):
    path = tmp_path / "g.meta"
    write_meta_graphs(path, [SMALL])
    content = spoilt(path.read_bytes(), steps)
    path.write_bytes(content)
    for meta in in_bounds(lambda: read_meta_graphs(path), 8 * len(content)) or []:
        assert meta.graph.content == SMALL.graph.content
        with contextlib.suppress(DataError):  # an array of another name is one that is not there
            rebuild(tf.Graph(), meta.graph)


def test_an_op_that_is_not_known_is_named():
    meta = copy.deepcopy(SMALL)
    node = next(n for n in meta.graph.content["nodes"] if n["op"] == "MatMul")
    node["op"] = "MatMull"
    with pytest.raises(
        DataError, match=r"'MatMul' is of the op 'MatMull', which deepkit does not have\n[^$]*did you mean 'MatMul'\?"
    ):
        rebuild(tf.Graph(), meta.graph)
