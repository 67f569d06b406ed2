"""How errors are built."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit import errors, keras


def test_an_error_with_arguments_of_its_own_keeps_its_class_when_its_place_is_added():
    """MissingExtraError is made from a library's name; inside an op it gets the op's place, too."""
    error = errors.MissingExtraError("h5py", "io", "reading a model")
    found = error.at("matmul at line 3")
    assert type(found) is errors.MissingExtraError
    assert "matmul at line 3" in str(found)
    assert ".[io]" in str(found)


def _inside_a_graph(raised: Exception) -> Exception:
    def fail(x):
        raise raised

    with tf.Graph().as_default(), tf.Session() as sess:
        y = tf.py_func(fail, [tf.constant(1.0)], tf.float32)
        with pytest.raises(tf.errors.OpError) as caught:
            sess.run(y)
    return caught.value


CODES = {
    "Cancelled": 1,
    "Unknown": 2,
    "InvalidArgument": 3,
    "DeadlineExceeded": 4,
    "NotFound": 5,
    "AlreadyExists": 6,
    "PermissionDenied": 7,
    "ResourceExhausted": 8,
    "FailedPrecondition": 9,
    "Aborted": 10,
    "OutOfRange": 11,
    "Unimplemented": 12,
    "Internal": 13,
    "Unavailable": 14,
    "DataLoss": 15,
    "Unauthenticated": 16,
}  # fmt: skip  (tensorflow/core/protobuf/error_codes.proto)


def test_the_sixteen_errors_of_a_session_exclude_each_other():
    classes = {name: getattr(tf.errors, f"{name}Error") for name in CODES}
    assert {name: cls.error_code for name, cls in classes.items()} == CODES
    for name, cls in classes.items():
        assert issubclass(cls, tf.errors.OpError)
        assert [n for n, other in classes.items() if issubclass(cls, other)] == [name]
        assert not issubclass(cls, ValueError)  # `except ValueError` is for mistakes, not for the end of the data
        assert tf.errors.exception_type_from_error_code(CODES[name]) is cls
        assert tf.errors.error_code_from_exception_type(cls) == CODES[name]


def test_an_error_is_made_as_in_tensorflow():
    error = tf.errors.OutOfRangeError(None, None, "no more")
    assert (error.message, error.error_code, error.op, error.node_def) == (
        "no more",
        tf.errors.OUT_OF_RANGE,
        None,
        None,
    )
    assert tf.errors.OpError(None, None, "late", tf.errors.ABORTED).error_code == 10
    assert tf.errors.NotFoundError(node_def=None, op=None, message="gone").message == "gone"


@pytest.mark.parametrize(
    ("raised", "name"),
    [
        (ValueError("x"), "InvalidArgumentError"), (TypeError("x"), "InvalidArgumentError"),
        (StopIteration("x"), "OutOfRangeError"), (MemoryError("x"), "ResourceExhaustedError"),
        (NotImplementedError("x"), "UnimplementedError"), (RuntimeError("x"), "UnknownError"),
        (KeyError("x"), "UnknownError"),
    ],
)
def test_what_a_python_function_raises_in_a_graph(raised, name):
    """TensorFlow's py_func.cc has this table."""
    found = _inside_a_graph(raised)
    assert type(found).__name__ == name
    assert found.__cause__ is raised


def test_what_a_session_raises():
    with tf.Graph().as_default(), tf.Session() as sess:
        p, v = tf.placeholder(tf.float32, [2]), tf.Variable(1.0)
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be fed"):
            sess.run(p * 2.0)
        with pytest.raises(ValueError, match="shape") as caught:
            sess.run(p, {p: [1.0, 2.0, 3.0]})
        assert not isinstance(caught.value, tf.errors.OpError)
        with pytest.raises(tf.errors.FailedPreconditionError):
            sess.run(v)
        with pytest.raises(tf.errors.InvalidArgumentError):
            sess.run(tf.Assert(tf.constant(False), [p]), {p: [1.0, 2.0]})
        with pytest.raises(tf.errors.InvalidArgumentError):
            sess.run(tf.check_numerics(p, "p"), {p: [1.0, np.nan]})


def test_what_files_raise(tmp_path):
    file, folder = tmp_path / "a.txt", tmp_path / "folder"
    file.write_text("a")
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(tf.errors.NotFoundError):
        tf.gfile.GFile(str(tmp_path / "none")).read()
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.Copy(str(file), str(file))
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.gfile.MkDir(str(folder))
    broken = tmp_path / "broken.tfrecord"
    broken.write_bytes(b"\x05" + bytes(40))
    with pytest.raises(tf.errors.DataLossError):
        list(tf.python_io.tf_record_iterator(str(broken)))
    with pytest.raises(tf.errors.NotFoundError):
        list(tf.python_io.tf_record_iterator(str(tmp_path / "none")))
    with tf.Graph().as_default(), tf.Session() as sess, pytest.raises(tf.errors.NotFoundError):
        sess.run(tf.read_file(str(tmp_path / "none")))


@pytest.mark.parametrize("name", ["backward", "grad", "detach", "requires_grad_", "view", "size"])
def test_who_knows_another_library_is_told_our_name(name):
    with tf.Graph().as_default():
        for tensor in (dk.tensor([1.0]), tf.constant([1.0]), tf.Variable([1.0])):
            with pytest.raises(AttributeError, match=f"has no attribute '{name}'\n  try: ") as caught:
                getattr(tensor, name)
            assert not hasattr(tensor, name)
            assert name not in dir(tensor)
    assert ("gradients(y, [x])" in str(caught.value)) == (name in ("backward", "grad"))


def test_a_tape_is_told_of_gradients():
    with pytest.raises(AttributeError, match=r"gradients\(y, \[x\]\)"):
        _ = dk.GradientTape


@pytest.mark.parametrize("line", ["dk.matmull", "dk.v1.matmull", "dk.keras.modelss", "dk.keras.layers.Densee"])
def test_a_suggestion_is_made_once(line):
    """Python adds one of its own to an AttributeError, after ours; before 3.12 only in C, at the end of a program."""
    run = subprocess.run([sys.executable, "-c", f"import deepkit as dk\n{line}"], capture_output=True, text=True, check=False)
    last = run.stderr[run.stderr.index("Error: ") :].lower()
    assert last.count("did you mean") + last.count("  try:   tf.") == 1, run.stderr


ODD = "a\nb\x1b[31mred"


@pytest.mark.parametrize(
    "make",
    [
        lambda: getattr(dk, ODD), lambda: getattr(tf.nn, ODD), lambda: getattr(keras, ODD), lambda: tf.get_variable(ODD, [1]),
        lambda: keras.activations.get(ODD), lambda: keras.models.load_model(ODD), lambda: tf.gfile.GFile(ODD).read(),
        lambda: tf.train.load_checkpoint(ODD).get_tensor("x"),
        lambda: dk.grade.load_exercise(ODD), lambda: tf.train.Saver([tf.Variable(1.0)]).restore(None, ODD),
        lambda: dk.errors.DataError("\x1b[31m"),
    ],
)
def test_a_name_with_control_codes_moves_no_cursor(make):
    """Each is shown escaped: neither a second line nor a colour comes out of a name."""
    with tf.Graph().as_default():
        try:
            error = make()
        except errors.DeepkitError as raised:
            error = raised
    assert "\x1b" not in str(error)
    assert "\nb" not in str(error)


def test_a_summary_shows_an_odd_name_on_one_line(capsys):
    keras.Sequential([keras.layers.Dense(1, input_shape=(1,))], name=ODD).summary()
    assert capsys.readouterr().out.splitlines()[0] == r'Model: "a\nb\x1b[31mred"'
