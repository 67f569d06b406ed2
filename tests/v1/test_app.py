"""tf.app.flags and run, tf.logging, tf.gfile, tf.compat."""

from __future__ import annotations

import sys

import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, DataError, MissingNameError
from deepkit.v1.platform import app, flags


@pytest.fixture
def settings(monkeypatch):
    """An empty FLAGS and a command line that the test chooses."""
    monkeypatch.setattr(flags, "FLAGS", flags.FlagValues())
    flags.DEFINE_string("data_dir", "/data", "where")
    flags.DEFINE_integer("steps", 100, "how many")
    flags.DEFINE_float("learning_rate", 0.5, "step size")
    flags.DEFINE_boolean("verbose", False, "more words")
    flags.DEFINE_bool("shuffle", True, "mix")
    flags.DEFINE_enum("mode", "train", ["train", "test"], "what to do")
    flags.DEFINE_list("layers", "3,4", "sizes")

    def command_line(*words):
        monkeypatch.setattr(sys, "argv", ["program", *words])
        return flags.FLAGS

    return command_line


def test_defaults(settings):
    assert settings().flag_values_dict() == {
        "data_dir": "/data", "steps": 100, "learning_rate": 0.5, "verbose": False, "shuffle": True, "mode": "train",
        "layers": ["3", "4"],
    }


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--steps=7"], "steps", 7), (["--steps", "7"], "steps", 7), (["-steps", "0x10"], "steps", 16),
        (["--learning_rate=1e-3"], "learning_rate", 1e-3), (["--learning-rate", "2"], "learning_rate", 2.0),
        (["--verbose"], "verbose", True), (["--verbose=true", "--steps=1"], "verbose", True),
        (["--noshuffle"], "shuffle", False), (["--shuffle=False"], "shuffle", False), (["--mode=test"], "mode", "test"),
        (["--layers=1, 2"], "layers", ["1", "2"]), (["-f", "kernel.json", "--steps=7"], "steps", 7),
        (["--", "--steps=7"], "steps", 100), (["--data_dir=a=b"], "data_dir", "a=b"),
    ],
)
def test_the_command_line(settings, words, name, value):
    assert getattr(settings(*words), name) == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--steps=many"], "--steps is 'many'"), (["--steps"], "--steps has no value"),
        (["--verbose=perhaps"], "true or false"), (["--mode=fly"], "one of train, test"),
    ],
)
def test_wrong_values_are_explained(settings, words, message):
    with pytest.raises(ArgumentError, match=message):
        _ = settings(*words).steps


def test_defaults_that_are_texts_are_read_as_a_command_line_is(settings):
    flags.DEFINE_integer("steps_in_words", "10", "")
    flags.DEFINE_float("rate_in_words", "1e-3", "")
    flags.DEFINE_bool("train_in_words", "False", "")
    found = settings()
    assert (found.steps_in_words, found.rate_in_words, found.train_in_words) == (10, 0.001, False)
    with pytest.raises(ValueError, match="it takes a whole number"):
        flags.DEFINE_integer("wrong_in_words", "ten", "")


def test_flags_are_defined_once_and_before_use(settings):
    values = settings()
    with pytest.raises(MissingNameError, match=r"FLAGS.steps"):
        _ = values.step
    with pytest.raises(MissingNameError):
        values.step = 3
    values.steps = 3
    assert values.steps == 3
    flags.DEFINE_integer("steps", 100, "how many")  # a cell that is run again
    with pytest.raises(ArgumentError, match="defined twice"):
        flags.DEFINE_integer("steps", 200, "how many")


def test_run_calls_main_with_the_rest_and_exits(settings):
    settings("--steps=7", "input.txt", "--unknown")
    seen = []
    with pytest.raises(SystemExit) as ending:
        app.run(main=lambda argv: seen.append((argv, flags.FLAGS.steps)))
    assert seen == [(["program", "input.txt", "--unknown"], 7)]
    assert ending.value.code is None
    with pytest.raises(SystemExit) as ending:
        app.run(main=lambda argv: 3)
    assert ending.value.code == 3


def test_help_lists_the_flags(settings, capsys):
    settings("--help")
    with pytest.raises(SystemExit):
        app.run(main=lambda argv: pytest.fail("main was called"))
    assert "--steps: how many (a whole number, default 100)" in capsys.readouterr().out


def test_logging(capsys):
    before = tf.logging.get_verbosity()
    try:
        tf.logging.info("hidden")
        tf.logging.set_verbosity(tf.logging.INFO)
        tf.logging.info("step %d", 3)
        tf.logging.log_first_n(tf.logging.INFO, "twice", 2)
        for _ in range(3):
            tf.logging.log_first_n(tf.logging.INFO, "once", 1)
        for _ in range(4):
            tf.logging.log_every_n(tf.logging.INFO, "every second", 2)
    finally:
        tf.logging.set_verbosity(before)
    lines = capsys.readouterr().err.splitlines()
    texts = ["step 3", "twice", "once", "every second", "every second"]
    assert lines == [f"INFO:tensorflow:{text}" for text in texts]
    assert before == tf.logging.WARN


def test_gfile(tmp_path):
    folder = str(tmp_path / "a" / "b")
    tf.gfile.MakeDirs(folder)
    tf.gfile.MakeDirs(folder)
    name = f"{folder}/x.txt"
    with tf.gfile.GFile(name, "w") as file:
        file.write("one\ntwo\n")
    assert tf.gfile.Exists(name)
    assert not tf.gfile.Exists(f"{folder}/y.txt")
    with tf.gfile.FastGFile(name, "rb") as file:
        assert file.read() == b"one\ntwo\n"
    assert [line.strip() for line in tf.gfile.Open(name)] == ["one", "two"]
    tf.gfile.Copy(name, f"{folder}/y.txt")
    with pytest.raises(DataError, match="exists"):
        tf.gfile.Copy(name, f"{folder}/y.txt")
    assert tf.gfile.ListDirectory(folder) == ["x.txt", "y.txt"]
    assert tf.gfile.Glob(f"{folder}/y*") == [f"{folder}/y.txt"]
    tf.gfile.DeleteRecursively(folder)
    assert not tf.gfile.IsDirectory(folder)
    for call in (
        lambda: tf.gfile.GFile(name).read(),
        lambda: tf.gfile.Remove(name),
        lambda: tf.gfile.ListDirectory(name),
    ):
        with pytest.raises(DataError, match="No such file"):
            call()


def test_compat():
    tf.disable_v2_behavior()
    assert tf.compat.v1 is tf
    assert tf.compat.as_str(b"\xc3\xa9") == "é"
    assert tf.compat.as_bytes("é") == b"\xc3\xa9"
    assert not tf.executing_eagerly()
