"""Event files: what is in them, what a killed program leaves, full disks, damaged files, and graphs as messages."""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from damage import FILES
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra: tensorboard)")

import deepkit.v1 as tf
from deepkit.errors import DataError, MissingExtraError
from deepkit.io.events import EventWriter, read_events
from deepkit.io.graph_def import graph_def
from deepkit.io.tfrecord_writer import framed
from deepkit.ops.summary.event_messages import board_module, message


def event(step: int):
    return message("Event")(step=step, wall_time=1.0)


def test_a_file_begins_with_its_version(tmp_path):
    with EventWriter(tmp_path / "new" / "logs", ".run") as writer:
        writer.add_event(event(3))
    assert writer.path.name.startswith("events.out.tfevents.")
    assert writer.path.name.endswith(".run")
    first, second = read_events(writer.path)
    assert (first.file_version, second.step) == ("brain.Event:2", 3)
    assert abs(first.wall_time - time.time()) < 60


def test_an_event_is_in_the_file_when_add_event_returns(tmp_path):
    writer = EventWriter(tmp_path)
    for step in range(1, 4):
        writer.add_event(event(step))
        assert [e.step for e in read_events(writer.path)] == list(range(step + 1))
    writer.close()
    writer.close()
    assert writer.closed


def test_each_writer_has_a_file_of_its_own(tmp_path):
    writers = [EventWriter(tmp_path) for _ in range(5)]
    assert len({w.path for w in writers}) == 5
    for writer in writers:
        writer.close()


def test_threads_do_not_tear_records(tmp_path):
    with EventWriter(tmp_path) as writer:
        records = writer._records._writer
        file = records._file

        class Slow:
            """Takes one half of what it is given, and lets other threads go on before it returns."""

            def write(self, data):
                taken = file.write(data[: len(data) // 2 + 1])
                time.sleep(0)
                return taken

            def __getattr__(self, name):
                return getattr(file, name)

        records._file = Slow()
        work = [threading.Thread(target=lambda: [writer.add_event(event(7)) for _ in range(200)]) for _ in range(4)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        records._file = file
    assert len(list(read_events(writer.path))) == 801


KILLED = """
import itertools, sys
from deepkit.io.events import EventWriter
from deepkit.ops.summary.event_messages import message
writer = EventWriter(sys.argv[1])
text = message("Summary")(value=[message("Summary").Value(tag="t" * 3000, simple_value=1)])
for step in itertools.count(1):
    writer.add_event(message("Event")(step=step, summary=text))
    print(step, flush=True)
"""


def test_what_a_killed_program_wrote_is_there(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    said = 0
    try:
        for line in child.stdout:
            said = int(line)
            if said >= 200:
                break
    finally:
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
    said = int(rest[-1]) if rest else said
    (path,) = tmp_path.iterdir()
    steps = [e.step for e in read_events(path)]
    assert steps == list(range(len(steps)))
    assert len(steps) > said  # all that it was told were written, and the version


def test_a_full_disk_leaves_whole_records(tmp_path):
    writer = EventWriter(tmp_path)
    writer.add_event(event(1))
    file = writer._records._writer._file

    class Full:
        """Takes ten bytes of a record, then says that the disk is full."""

        taken = 0

        def write(self, data):
            if self.taken:
                raise OSError(28, "No space left on device")
            self.taken = 1
            return file.write(data[:10])

        def __getattr__(self, name):
            return getattr(file, name)

    with mock.patch.object(writer._records._writer, "_file", Full()), pytest.raises(DataError, match="No space left"):
        writer.add_event(event(2))
    assert [e.step for e in read_events(writer.path)] == [0, 1]
    writer.add_event(event(3))
    writer.close()
    assert [e.step for e in read_events(writer.path)] == [0, 1, 3]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot write"):
        EventWriter(tmp_path / "file" / "logs")


def test_without_tensorboard_the_error_names_the_extra(tmp_path):
    with (
        mock.patch.dict(sys.modules, {"tensorboard.summary.writer.record_writer": None}),
        pytest.raises(MissingExtraError, match=r"\[tensorboard\]"),
    ):
        EventWriter(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_is_no_event(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(framed([event(1).SerializeToString(), b"\xff\xff\xff"]))
    found = read_events(path)
    assert next(found).step == 1
    with pytest.raises(DataError, match="the record at byte 27 is no event"):
        next(found)


@settings(max_examples=FILES, deadline=2000, derandomize=True)
@given(st.lists(st.binary(max_size=60), max_size=4), st.integers(0, 1 << 20), st.integers(0, 7), st.booleans())
def test_damaged_files_give_a_clear_error(tmp_path_factory, records, place, bit, cut):
    data = framed([event(1).SerializeToString(), *records])
    place %= len(data)
    spoilt = data[:place] if cut else data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(spoilt)
    problem, whole = None, 0
    try:
        whole = len(list(read_events(path)))
    except DataError as error:
        problem = str(error)
    if problem is None:
        assert cut  # a flipped bit is always noticed
        assert whole <= 1 + len(records)
    else:
        assert str(path) in problem


# ---- graphs


@pytest.fixture
def nodes():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        with tf.name_scope("layer"), tf.device("/cpu:0"):
            w = tf.Variable(tf.ones([3, 2]), name="w")
            y = tf.matmul(x, w, transpose_b=False, name="y")
        tf.constant(np.zeros((100, 100), np.float32), name="large")
        tf.constant([1.0, 2.0], name="small")
        with tf.control_dependencies([y]):
            tf.no_op("last")
        tf.nn.top_k(y, name="top").indices + 1
    return {node.name: node for node in graph_def(graph).node}


def test_inputs_controls_and_devices(nodes):
    assert list(nodes["layer/y"].input) == ["x", "layer/w/read"]
    assert nodes["layer/y"].op == "MatMul"
    assert nodes["layer/y"].device == "/cpu:0"
    assert list(nodes["last"].input) == ["^layer/y"]
    assert list(nodes["add"].input) == ["top:1", "add/y"]


def test_types_and_shapes(nodes):
    shape = nodes["layer/y"].attr["_output_shapes"].list.shape
    assert [[d.size for d in s.dim] for s in shape] == [[-1, 2]]
    assert nodes["x"].attr["dtype"].type == 1
    assert len(nodes["top"].attr["_output_shapes"].list.shape) == 2


def test_only_small_constants_have_their_values(nodes):
    from tensorboard.util import tensor_util

    small, large = nodes["small"].attr["value"].tensor, nodes["large"].attr["value"].tensor
    assert tensor_util.make_ndarray(small).tolist() == [1.0, 2.0]
    assert [d.size for d in large.tensor_shape.dim] == [100, 100]
    assert len(large.SerializeToString()) < 50


def test_every_reader_of_records_agrees(tmp_path):
    """TensorBoard's own reader gives the same events."""
    with EventWriter(tmp_path) as writer:
        for step in range(5):
            writer.add_event(event(step))
    loader = board_module("backend.event_processing.event_file_loader").EventFileLoader(str(writer.path))
    assert [e.step for e in loader.Load()] == [e.step for e in read_events(writer.path)]
    (length,) = struct.unpack("<Q", Path(writer.path).read_bytes()[:8])
    assert length == len(next(read_events(writer.path)).SerializeToString())
