"""The real TensorBoard reads what was written: it is started, and its HTTP interface is asked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np
import pytest

pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra: tensorboard)")

import deepkit.v1 as tf


def write_everything(folder) -> None:
    """Ten steps of a small training with every kind of summary."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        with tf.name_scope("layer"):
            w = tf.Variable(tf.ones([4, 2]), name="weights")
            y = tf.matmul(x, w, name="y")
            tf.summary.histogram("histogram", w)
        with tf.name_scope("loss"):
            mse = tf.reduce_mean(tf.square(y), name="mse")
            tf.summary.scalar("curve", mse)
        tf.summary.image("inputs", tf.reshape(x, [-1, 2, 2, 1]), max_outputs=2)
        tf.summary.text("note", tf.constant("**bold** words"))
        train = tf.train.GradientDescentOptimizer(0.05).minimize(mse)
        merged = tf.summary.merge_all()
        with tf.Session() as sess, tf.summary.FileWriter(folder, graph) as writer:
            sess.run(tf.global_variables_initializer())
            for step in range(10):
                metadata = tf.RunMetadata()
                full = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
                text, _ = sess.run([merged, train], {x: np.eye(4)}, full, metadata)
                writer.add_summary(text, step)
            writer.add_run_metadata(metadata, "step 9", 9)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Asks the running TensorBoard: ask("data/runs") is the answer, as JSON where it is JSON."""
    folder = tmp_path_factory.mktemp("logs")
    write_everything(folder / "run1")
    program = "from tensorboard.main import run_main; run_main()"
    command = [sys.executable, "-c", program, "--logdir", str(folder), "--host", "127.0.0.1", "--port", "0"]
    command += ["--load_fast=false", "--reload_interval", "1"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = ""
        for line in server.stdout:
            said += line
            found = re.search(r"http://\S+?:(\d+)", line)
            if found:
                break
        else:
            pytest.fail(f"TensorBoard ended: {said}")
        address = f"http://127.0.0.1:{found[1]}/"

        def get(path):
            with urlopen(address + path, timeout=20) as answer:
                body = answer.read()
                return json.loads(body) if "json" in answer.headers["Content-Type"] else body

        for _ in range(100):  # until the last event has been read
            info = get("data/plugin/graphs/info")
            if "step 9" in info.get("run1", {}).get("tags", {}):
                break
            time.sleep(0.2)
        yield get
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


def test_runs(ask):
    assert ask("data/runs") == ["run1"]


def test_scalars(ask):
    points = ask("data/plugin/scalars/scalars?run=run1&tag=loss/curve")
    assert [step for _, step, _ in points] == list(range(10))
    assert points[0][2] == 1.0
    assert points[9][2] < points[0][2]


def test_histograms(ask):
    points = ask("data/plugin/histograms/histograms?run=run1&tag=layer/histogram")
    assert len(points) == 10
    buckets = np.array(points[0][2])
    assert buckets[:, 2].sum() == 8
    (full,) = buckets[buckets[:, 2] > 0]
    assert full[0] <= 1.0 <= full[1]


def test_images(ask):
    listed = ask("data/plugin/images/tags")
    assert set(listed["run1"]) == {"inputs/image/0", "inputs/image/1"}
    entries = ask("data/plugin/images/images?run=run1&tag=inputs/image/0&sample=0")
    picture = ask(f"data/plugin/images/individualImage?{entries[0]['query']}")
    assert picture.startswith(b"\x89PNG")


def test_text(ask):
    points = ask("data/plugin/text/text?run=run1&tag=note")
    assert "<strong>bold</strong> words" in points[0]["text"]


def test_graph_with_scopes(ask):
    text = ask("data/plugin/graphs/graph?run=run1&conceptual=false").decode()
    names = set(re.findall(r'^  name: "(.*)"', text, re.MULTILINE))
    assert {"x", "layer/weights", "layer/y", "loss/mse"} <= names
    assert any(name.startswith("gradients/") for name in names)
    assert 'input: "layer/weights/read"' in text


def test_run_metadata(ask):
    info = ask("data/plugin/graphs/info")
    assert info["run1"]["tags"]["step 9"]["profile"] is True
    text = ask(f"data/plugin/graphs/run_metadata?run=run1&tag={quote('step 9')}").decode()
    assert 'node_name: "layer/y"' in text
    assert "all_end_rel_micros" in text
