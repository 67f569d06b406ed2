"""A program's lives, the crash explorer, the map of a file of tensors, and TensorBoard in a frame."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, DeepkitError
from deepkit.viz.saving.tensor_map import squares
from deepkit.viz.saving.tensorboard import scalars

COUNTS = """
import os, signal, sys, time
path, die_at = sys.argv[1] + "/at", int(dict([w.split("=") for w in sys.argv[2:]]).get("--die-at", 0))
begun = int(open(path).read()) if os.path.exists(path) else 0
for step in range(begun + 1, 9):
    print(step, 1 / step, flush=True)
    if step == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    if step % 2 == 0:
        open(path, "w").write(str(step))
        print("saved", step, flush=True)
    if "--slow=1" in sys.argv:
        time.sleep(0.2)
"""
"""A "training" of eight steps without deepkit, which goes on from the last even step."""


def command(folder) -> list[str]:
    return [sys.executable, "-c", COUNTS, str(folder)]


def test_a_program_that_is_killed_goes_on(tmp_path):
    program = viz.Program(command(tmp_path))
    first = program.run("--die-at=5")
    second = program.run()
    assert (first.killed, second.killed) == (True, False)
    assert first.saved == [2, 4]
    assert [step for step, _ in second.points] == [5, 6, 7, 8]
    assert program.points() == [(step, 1 / step) for step in range(1, 9)]


def test_a_program_is_killed_from_outside(tmp_path):
    told = []
    program = viz.Program(command(tmp_path), changed=lambda: told.append(len(program.lives[-1].points)))
    program.start("--slow=1")
    with pytest.raises(ArgumentError, match="running"):
        program.start()
    while not program.lives[-1].points:
        time.sleep(0.01)
    program.kill()
    assert not program.alive
    assert program.lives[-1].killed
    assert len(program.lives[-1].points) < 8
    assert told[-1] == len(program.lives[-1].points)


def test_a_program_that_fails_is_quoted():
    with pytest.raises(DeepkitError, match="there is no step here"):
        viz.Program([sys.executable, "-c", "raise SystemExit('there is no step here')"]).run()
    with pytest.raises(ArgumentError):
        viz.Program([])


def test_the_lives_are_drawn(tmp_path):
    program, calm = viz.Program(command(tmp_path)), viz.Program(command(tmp_path / ".."))
    program.run("--die-at=5")
    program.run()
    calm.lives = [viz.Life([(1, 1.0), (8, 0.125)], ended=0)]
    drawing = viz.show_lives(program, beside=calm)
    assert repr(drawing) == "from step 1 killed at step 5; from step 5 to step 8, loss 0.125"
    curves = [part for part in drawing.svg.splitlines() if 'fill="none"' in part and "L" in part]
    assert "killed" in drawing.svg
    assert drawing.svg.count('r="4"') == 1 + 1  # step 5, and the legend's
    assert len(curves) >= 3
    assert repr(viz.show_lives(viz.Program(["x"]))) == "not started"


@pytest.mark.parametrize("step", [9, 23])  # where a curve goes on beside it, and at the edge
def test_the_word_killed_covers_no_curve(step):
    program = viz.Program(["x"])
    program.lives = [viz.Life([(k, 1 / k) for k in range(1, step + 1)], ended=-9),
                     viz.Life([(k, 0.3 + 0.5 * (k % 3 == 0)) for k in range(5, 24)], ended=0)]
    svg = viz.show_lives(program).svg
    x, baseline = map(float, re.search(r'x="([\d.]+)" y="([\d.]+)"[^>]*>killed<', svg).groups())
    dots = [tuple(map(float, dot)) for path in re.findall(r'd="(M[^"]*L[^"]*)"', svg)
            for dot in re.findall(r"([\d.]+) ([\d.]+)", path)]
    assert min(y for at, y in dots if abs(at - x) < 23) > baseline + 5
    assert x + 23 < 680


@pytest.fixture
def explorer():
    made = viz.crash_explorer(command, rehearsal=[["--die-at=5"]])
    yield made
    made.kill()


def test_the_explorer_rehearses_goes_on_and_begins_anew(explorer):
    assert repr(explorer.picture()) == "from step 1 killed at step 5"
    assert [name for name, _ in explorer.files()] == ["at"]
    assert (explorer.controls["start"].description, explorer.controls["kill"].disabled) == ("go on", True)
    explorer.controls["start"].click()
    explorer.program.wait()
    assert "from step 5 to step 8" in repr(explorer.picture())
    assert not explorer.controls["start"].disabled
    explorer.controls["anew"].click()
    assert (repr(explorer.picture()), explorer.files()) == ("not started", [])


def test_the_explorer_kills(explorer):
    explorer.program.command.append("--slow=1")
    explorer.controls["start"].click()
    assert (explorer.controls["start"].disabled, explorer.controls["kill"].disabled) == (True, False)
    explorer.controls["kill"].click()
    assert explorer.program.lives[-1].killed
    assert explorer.controls["kill"].disabled


def test_half_a_file_is_pointed_at(explorer):
    (Path(explorer.folder) / ".at.host-1-12345678.part").write_bytes(b"123")
    explorer.controls["start"].click()
    explorer.program.wait()
    assert "half of a file" in explorer._files.value
    assert "image/svg" in explorer._repr_mimebundle_()[0]["text/html"]


# ---- the map


def test_areas_are_in_proportion_and_fill_the_box():
    sizes = [500, 433, 78, 25, 25, 7]
    boxes = squares(sizes, (0, 0, 6, 4))
    np.testing.assert_allclose([w * h for _, _, w, h in boxes], 24 * np.array(sizes) / sum(sizes))
    seen = np.zeros((200, 300), int)  # every point of the box lies in one area
    for left, top, wide, tall in boxes:
        ys, xs = np.mgrid[0.01:4:0.02, 0.01:6:0.02]
        seen += (left <= xs) & (xs < left + wide) & (top <= ys) & (ys < top + tall)
    assert (seen == 1).mean() > 0.999
    assert max(max(w / h, h / w) for _, _, w, h in boxes) < 4
    # the example of the paper: areas 6, 6, 4, 3, 2, 2, 1 in a box of 6 x 4
    paper = squares([6, 6, 4, 3, 2, 2, 1], (0, 0, 6, 4))
    np.testing.assert_allclose(paper[:2], [(0, 0, 3, 2), (0, 2, 3, 2)])
    np.testing.assert_allclose(paper[2:4], [(3, 0, 12 / 7, 7 / 3), (3 + 12 / 7, 0, 9 / 7, 7 / 3)])


def test_a_map_of_tensors():
    rng = np.random.default_rng(1)
    tensors = {"kernel": rng.normal(size=(40, 30)).astype("float32"), "slot": np.zeros((40, 30), "float32"),
               "step": np.int64(3), "names": np.array([b"a"])}
    picture = viz.show_tensors(tensors)
    assert repr(picture).startswith("9,609 bytes in 4 tensors: kernel 50.0 %, slot 50.0 %, step 0.1 %")
    texts = [text.get_text() for text in picture.figure.texts]
    assert texts[:2] == ["kernel  40×30", "slot  40×30"]
    assert texts[2].endswith("step, names")
    assert len(picture.png()) > 1000
    with pytest.raises(ArgumentError):
        viz.show_tensors({})


# ---- TensorBoard


@pytest.fixture
def logs(tmp_path):
    import deepkit.v1 as tf

    for run, values in (("a", [3.0, 1.0]), ("b", [2.0])):
        with tf.Graph().as_default(), tf.summary.FileWriter(str(tmp_path / run)) as writer:
            for step, value in enumerate(values):
                summary = tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=value)])
                writer.add_summary(summary, 10 * step)
    return tmp_path


def test_the_curves_of_event_files(logs):
    assert scalars(logs) == {"a": {"loss": [(0, 3.0), (10, 1.0)]}, "b": {"loss": [(0, 2.0)]}}
    frame = viz.tensorboard(logs)
    assert repr(frame.picture()) == "runs: 2, a: loss 3 to 1; b: loss 2 to 2"
    assert repr(viz.tensorboard(logs, tag="none").picture()) == "no curve in the event files"


def test_tensorboard_reads_them_and_stands_in_a_frame(logs):
    frame = viz.tensorboard(logs)
    frame.controls["start"].click()
    board = frame.board
    try:
        assert board.url.startswith("http://127.0.0.1:")
        assert board.ask("data/plugin/scalars/tags")["a"] == {"loss": {"displayName": "", "description": ""}}
        assert board.url in frame._shown.value
        assert "<iframe" in frame._shown.value
        assert frame.controls["start"].disabled
    finally:
        frame.controls["stop"].click()
    assert frame.board is None
    assert "<svg" in frame._shown.value
    with pytest.raises(OSError, match="refused"):
        board.ask("data/runs")


def test_a_server_that_does_not_begin_is_told(logs, monkeypatch):
    monkeypatch.setattr("deepkit.viz.saving.tensorboard.sys.executable", "/bin/false")
    with pytest.raises(DeepkitError, match="does not serve"):
        viz.TensorBoard(logs)
