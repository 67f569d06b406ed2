"""`deepkit run-tf1`: small TensorFlow-1 programs run as they are written, and what goes wrong is explained."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deepkit.commands.tf1 import imports, numpy_names, program, screen
from deepkit.commands.tf1.moved_modules import MOVED

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def run_tf1(tmp_path):
    """run_tf1(source, *arguments): the finished process of a script with this source, started in another folder."""
    (tmp_path / "elsewhere").mkdir()
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    environment = {
        k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "DEEPKIT_DEBUG", "MPLBACKEND")
    }
    environment |= {
        "PYTHONPATH": str(REPOSITORY), "DEEPKIT_DATA": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def run(source: str, *arguments: str, name: str = "script.py", **variables: str):
        (scripts / name).write_text(textwrap.dedent(source).lstrip("\n"), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "deepkit", "run-tf1", str(scripts / name), *arguments],
            cwd=tmp_path / "elsewhere", env=environment | variables, capture_output=True, text=True, timeout=60,
        )

    run.scripts, run.environment = scripts, environment
    return run


def test_linear_regression(run_tf1):
    child = run_tf1("""
        import numpy as np
        import tensorflow as tf
        rng = np.random.RandomState(0)
        xs = rng.rand(50).astype(np.float)          # a name that NumPy has lost
        X = tf.placeholder("float")
        Y = tf.placeholder("float")
        with tf.device("/gpu:0"):
            W = tf.Variable(0.0, name="weight")
        b = tf.Variable(0.0, name="bias")
        cost = tf.reduce_mean(tf.pow(tf.add(tf.multiply(X, W), b) - Y, 2))
        train = tf.train.GradientDescentOptimizer(0.5).minimize(cost)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for epoch in range(200):
                sess.run(train, feed_dict={X: xs, Y: 3 * xs + 1})
            print("W = %.2f, b = %.2f" % tuple(sess.run([W, b])))
    """)
    assert child.stderr == ""
    assert child.stdout == "W = 3.00, b = 1.00\n"
    assert child.returncode == 0


def test_softmax_on_the_tutorials_digits(run_tf1):
    child = run_tf1("""
        from __future__ import absolute_import, division, print_function
        from tensorflow.examples.tutorials.mnist import input_data
        import tensorflow as tf
        tf.set_random_seed(1)
        mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)
        x = tf.placeholder(tf.float32, [None, 784])
        y_ = tf.placeholder(tf.float32, [None, 10])
        y = tf.nn.softmax(tf.matmul(x, tf.Variable(tf.zeros([784, 10]))) + tf.Variable(tf.zeros([10])))
        loss = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
        step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        sess = tf.InteractiveSession()
        tf.initialize_all_variables().run()
        for _ in range(150):
            batch_xs, batch_ys = mnist.train.next_batch(100)
            sess.run(step, feed_dict={x: batch_xs, y_: batch_ys})
        right = tf.equal(tf.argmax(y, 1), tf.argmax(y_, 1))
        accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
        print(accuracy.eval({x: mnist.test.images, y_: mnist.test.labels}))
    """)
    assert child.returncode == 0, child.stderr
    said, *_, accuracy = child.stdout.splitlines()
    assert said.startswith("MNIST is not on this machine; these are digits28")
    assert float(accuracy) > 0.85


def test_a_multilayer_perceptron_with_flags(run_tf1):
    source = """
        import tensorflow as tf
        import input_data  # a file that lay beside the tutorials' scripts
        flags = tf.app.flags
        FLAGS = flags.FLAGS
        flags.DEFINE_float("learning_rate", 0.01, "step size")
        flags.DEFINE_integer("hidden", 32, "units")
        def main(argv):
            tf.logging.set_verbosity(tf.logging.INFO)
            data = input_data.read_data_sets("data", seed=1)
            with tf.Graph().as_default(), tf.Session() as sess:
                tf.set_random_seed(1)
                x = tf.placeholder(tf.float32, shape=(None, 784), name="x")
                t = tf.placeholder(tf.int64, shape=[None])
                def layer(x, n_in, n_out, name):
                    with tf.name_scope(name):
                        w = tf.Variable(tf.truncated_normal([n_in, n_out], stddev=n_in ** -0.5), name="weights")
                        return tf.matmul(x, w) + tf.Variable(tf.zeros([n_out]), name="biases")
                logits = layer(tf.nn.relu(layer(x, 784, FLAGS.hidden, "one")), FLAGS.hidden, 10, "two")
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=t, logits=logits))
                train = tf.train.AdamOptimizer(FLAGS.learning_rate).minimize(loss)
                sess.run(tf.global_variables_initializer())
                first = last = None
                for step in xrange(60) if False else range(60):
                    images, labels = data.train.next_batch(50)
                    _, last = sess.run([train, loss], feed_dict={x: images, t: labels})
                    first = first or last
                tf.logging.info("first %.1f", first)
                print(FLAGS.hidden, argv[1:], last < 0.5 * first, tf.trainable_variables()[0].name)
            return 4
        if __name__ == "__main__":
            tf.app.run()
    """
    child = run_tf1(source, "--hidden=16", "--learning_rate", "0.02", "more")
    assert child.returncode == 4, child.stderr
    assert child.stdout.splitlines()[-1] == "16 ['more'] True one/weights:0"
    assert child.stderr.startswith("INFO:tensorflow:first 2.")


def test_the_program_s_own_surroundings(run_tf1):
    (run_tf1.scripts.parent / "elsewhere" / "gzip.py").write_text("raise SystemExit('the wrong gzip')\n")
    (run_tf1.scripts / "helper.py").write_text("import tensorflow.compat.v1 as tf\nthree = tf.constant(3)\n")
    child = run_tf1(
        """
        import sys, os
        import helper
        import tensorflow as tf
        print(sys.argv[1:], __name__, os.path.basename(__file__), os.path.basename(os.getcwd()), sys.modules["__main__"].tf is tf)
        print(tf.Session().run(helper.three), tf.__version__, sys.path[0] == os.path.dirname(os.path.abspath(__file__)))
        sys.exit(7)
        """,
        "--help", "-x", "1",
    )
    assert child.stdout == "['--help', '-x', '1'] __main__ script.py elsewhere True\n3 1.15.0 True\n"
    assert (child.returncode, child.stderr) == (7, "")


@pytest.mark.parametrize("choice", ["", 'matplotlib.use("TkAgg")'])
def test_a_picture_without_a_screen(run_tf1, choice):
    pytest.importorskip("matplotlib", reason="the extra `course` is not installed")
    child = run_tf1(
        f"""
        import matplotlib
        {choice}
        import matplotlib.pyplot as plt
        plt.plot([1, 2])
        plt.show()
        plt.savefig("picture.png")
        print(matplotlib.get_backend().lower(), open("picture.png", "rb").read(4))
        """,
        MPLBACKEND="module://matplotlib_inline.backend_inline",
    )
    assert (child.returncode, child.stderr) == (0, "")
    assert child.stdout == "agg b'\\x89PNG'\n"


def test_errors_show_the_program_s_lines_alone(run_tf1):
    source = """
        import tensorflow as tf
        def network(x):
            return tf.matmul(x, x)
        network(tf.placeholder(tf.float32, [2, 3]))
    """
    child = run_tf1(source)
    lines = child.stderr.splitlines()
    assert child.returncode == 1
    assert lines[0] == "Traceback (most recent call last):"
    assert (
        sum('File "' in line for line in lines[: lines.index(next(x for x in lines if x.startswith("deepkit.")))]) == 2
    )
    assert "inner dimensions 3 and 2 differ" in child.stderr
    assert "site-packages" not in child.stderr
    assert str(REPOSITORY / "deepkit") not in child.stderr
    assert str(REPOSITORY / "deepkit") in run_tf1(source, DEEPKIT_DEBUG="1").stderr


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("tf.nn.rleu", "deepkit has no tf.nn.rleu", "tf.nn.relu"),
        ("from tensorflow import Sesion", "deepkit has no tensorflow.Sesion", "tf.Session"),
        ("import tensorflow.contrib.nothing_here", "deepkit has no tensorflow.contrib.nothing_here", ""),
        ("from tensorflow.python.framework import opps", "deepkit has no tensorflow.python.framework.opps", ""),
        ("print 'hello'", "is written in Python 2", "2to3 -w -n"),
        ("x = 0777", "is written in Python 2", "2to3 -w -n"),
        ("for i in xrange(3): pass", "name 'xrange' is not defined", "in Python 3: range"),
        ("import cPickle", "No module named 'cPickle'", "in Python 3: pickle"),
        ("x = (1", "is not Python 3: '(' was never closed", "line 2"),
        ("tf.contrib.layers.12_regularizer(0.1)", "is not Python 3", "l2_regularizer"),
    ],
)
def test_what_cannot_run_is_explained(run_tf1, line, message, hint):
    child = run_tf1(f"import tensorflow as tf\n{line}\n")
    assert child.returncode == 1
    assert message in child.stderr
    assert hint in child.stderr


def test_wrong_files(run_tf1, tmp_path):
    for name, message in (("none.py", "there is no file"), ("", "is a folder")):
        command = [sys.executable, "-m", "deepkit", "run-tf1", str(tmp_path / name)]
        child = subprocess.run(command, env=run_tf1.environment, capture_output=True, text=True)
        assert child.returncode == 1
        assert message in child.stderr
    assert "is not a notebook" in run_tf1("x = 1", name="a.ipynb").stderr


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "markdown", "source": "# Text"}] + [{"cell_type": "code", "source": s} for s in sources]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


def test_a_notebook(run_tf1):
    child = run_tf1(
        notebook(
            "%matplotlib inline\nimport tensorflow as tf\n!ls\nx = 5",
            "%%time\nx % 3",
            "%%bash\nexit 1",
            "print('%d'\n      % x)\nx;",
            "if x:\n    %timeit x\ntf.add?",
            "sess = tf.Session()\nsess.run(tf.constant(x) * 2)",
            "y = tf.placeholder(tf.float32)\nsess.run(y)",
        ),
        name="example.ipynb",
    )
    assert child.stdout == "2\n5\n10\n"
    assert child.returncode == 1
    notes = [
        line.split("example.ipynb ")[1] for line in child.stderr.splitlines() if line.startswith("deepkit run-tf1:")
    ]
    assert notes == [
        "cell 1, line 1: %matplotlib inline skipped", "cell 1, line 3: !ls skipped", "cell 2: %%time skipped",
        "cell 3: %%bash skipped, with its cell", "cell 5, line 2: %timeit x skipped", "cell 5, line 3: tf.add? skipped",
    ]
    assert 'example.ipynb cell 7", line 1:  y = tf.placeholder(tf.float32)' in child.stderr
    assert "must be fed" in child.stderr


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C reaches a group of processes this way on POSIX only")
def test_prompts_of_a_copied_session_are_no_part_of_a_cell(tmp_path):
    path = tmp_path / "copied.ipynb"
    cells = [">>> a = 3\n>>> for i in range(2):\n...     a += i\n...\n>>> a", "a >> 1"]
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": s} for s in cells]}))
    names: dict[str, Any] = {}
    for step in program.steps(path):
        exec(step.code, names)
    assert names["a"] == 4


def test_ctrl_c_is_the_program_s_own(run_tf1, tmp_path):
    mark = tmp_path / "mark"
    script = run_tf1.scripts / "long.py"
    script.write_text(
        f"import time\ntry:\n    open({str(mark)!r}, 'w').close()\n"
        "    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('saved')\n    raise\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "deepkit", "run-tf1", str(script)], env=run_tf1.environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGINT)
    out, error = child.communicate(timeout=20)
    assert (child.returncode, out, error.strip()) == (130, "saved\n", "stopped")


def test_a_killed_program_ends_as_shells_say_it(run_tf1):
    if os.name != "posix":
        pytest.skip("signals are POSIX")
    assert run_tf1("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n").returncode == 128 + 9


# ---- the parts


def test_names_that_moved():
    import deepkit.v1 as tf

    assert imports.resolve("tensorflow.compat.v1") is tf
    assert imports.resolve("tensorflow.python.framework.ops.reset_default_graph") is tf.reset_default_graph
    assert imports.resolve("tensorflow.python.platform.gfile") is tf.gfile
    assert imports.resolve("tensorflow.python.ops") is None
    assert all(old != new and new.partition(".")[0] in imports.ROOTS for old, new in MOVED.items())


def test_keras_is_found_where_it_is(monkeypatch):
    layers = SimpleNamespace(Dense=int)
    stand_in = ModuleType("stand_in_for_keras")
    stand_in.layers, stand_in.models = layers, SimpleNamespace(Model=str)
    stand_in.__spec__ = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "stand_in_for_keras", stand_in)
    monkeypatch.setitem(imports.ROOTS, "keras", "stand_in_for_keras")
    for name in ("keras", "tensorflow.keras", "tensorflow.python.keras", "tensorflow.contrib.keras"):
        assert imports.resolve(f"{name}.layers.Dense") is int
    assert imports.resolve("keras.layers.core") is layers
    assert imports.resolve("keras.engine.training.Model") is str
    with pytest.raises(ImportError, match=r"deepkit has no keras\.layers\.Dens"):
        imports.resolve("keras.layers.Dens")
    monkeypatch.setitem(imports.ROOTS, "keras", "nothing_of_this_name")
    with pytest.raises(ImportError, match="finds nothing in deepkit"):
        imports.resolve("tensorflow.keras.layers")


def test_arguments_that_numpy_has_renamed():
    tree = numpy_names.modernize(ast.parse("y = np.reshape(x, newshape=[2, 3])"))
    space = {"np": np, "x": np.arange(6)}
    exec(compile(tree, "program", "exec"), space)
    assert space["y"].shape == (2, 3)


def test_faces_of_modules():
    finder = imports.Finder()
    assert finder.find_spec("numpy") is None
    spec = finder.find_spec("tensorflow.nn")
    face = finder.create_module(spec)
    assert "relu" in dir(face)
    assert "relu" in face.__all__
    with pytest.raises(AttributeError):
        _ = face.__wrapped__
    with pytest.raises(ImportError, match=r"tensorflow\.nn\.relu"):
        finder.find_spec("tensorflow.nn.relu")  # a function is no module
    assert not vars(finder.create_module(finder.find_spec(imports.NO_TENSORFLOW))).get("__path__")


def test_a_star_import_gives_what_keras_modules_had_imported(run_tf1):
    child = run_tf1(
        "from keras.layers import *\nassert K.floatx() == 'float32' and initializers.get('zeros')\n"
        "from keras.callbacks import *\nimport keras.backend\nprint(K.backend(), K.tf.__name__, Dense(2).units)\n"
    )
    assert (child.stdout, child.returncode) == ("tensorflow tensorflow 2\n", 0), child.stderr


def test_the_two_packages_that_keras_was_made_of_are_found(run_tf1):
    child = run_tf1(
        "from keras_preprocessing.sequence import pad_sequences\nimport keras_preprocessing.image as image\n"
        "from keras_applications.imagenet_utils import _obtain_input_shape\n"
        "print(pad_sequences([[1], [2, 3]]).tolist(), image.ImageDataGenerator.__name__)\n"
        "print(_obtain_input_shape(None, default_size=32, min_size=8, data_format='channels_last', require_flatten=True))\n"
    )
    assert (child.stdout, child.returncode) == ("[[0, 1], [2, 3]] ImageDataGenerator\n(32, 32, 3)\n", 0), child.stderr


def test_numpy_s_old_names_come_back_and_new_ones_stay(monkeypatch):
    before = dict(vars(np))
    try:
        numpy_names.restore()
        assert (np.int, np.float, np.object, np.infty, np.PINF) == (int, float, object, np.inf, np.inf)
        assert np.isnan(np.NaN)
        assert np.product([2, 3]) == 6
        assert np.asscalar(np.array([4])) == 4
        assert np.in1d([[1, 2]], [2]).tolist() == [False, True]
        assert {name: vars(np)[name] for name in before} == before  # nothing that NumPy has was replaced
    finally:
        for name in set(vars(np)) - set(before):
            delattr(np, name)


def test_lists_of_unequal_lengths_are_an_array_of_objects_for_the_program_alone(monkeypatch):
    monkeypatch.setattr(np, "array", np.array)
    said = []
    numpy_names.allow_ragged(said.append)
    for _ in range(2):
        found = np.array([[1], [2, 3]])
        assert (found.dtype, found.tolist()) == (object, [[1], [2, 3]])
    assert len(said) == 1
    assert "test_run_tf1.py" in said[0]
    assert np.array([1, 2], copy=True).dtype == int
    with pytest.raises(ValueError, match="inhomogeneous"):
        np.array([[1], [2, 3]], dtype=float)
    installed = compile("np.array([[1], [2, 3]])", os.path.join(os.path.dirname(np.__file__), "core.py"), "exec")
    with pytest.raises(ValueError, match="inhomogeneous"):
        exec(installed, {"np": np})


def test_tostring_is_read_as_tobytes():
    tree = numpy_names.ToBytes().visit(ast.parse("y = f(x.tostring(), ET.tostring(root))"))
    assert ast.unparse(tree) == "y = f(x.tobytes(), ET.tostring(root))"


@pytest.mark.parametrize(
    "line",
    [
        "print 'x'", "exec 'x'", "raise ValueError, 'x'", "if a <> b: pass", "x = 10L", "x = `y`",
        "x = ur'y'", "try:\n  f()\nexcept IOError, e:\n  pass", "f = lambda (a, b): a", "def f(a, (b, c)):\n  pass",
        "if x:\n\tif y:\n        f()",
    ],
)
def test_python_2_is_recognised(line, tmp_path):
    path = tmp_path / "old.py"
    path.write_text(line + "\n")
    with pytest.raises(program.ProgramError, match="is written in Python 2"):
        list(program.steps(path))


@pytest.mark.parametrize("line", ["x = (1", "def f(:\n  pass", "print('a' 'b'", "return return"])
def test_a_mistake_is_not_called_python_2(line, tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text(line + "\n")
    with pytest.raises(program.ProgramError, match="is not Python 3"):
        list(program.steps(path))


def test_the_backend_is_chosen_only_where_it_must(monkeypatch):
    monkeypatch.setattr(screen, "has_screen", lambda: True)
    environment = {"MPLBACKEND": "TkAgg"}
    screen.choose_backend(environment)
    assert environment == {"MPLBACKEND": "TkAgg"}
    monkeypatch.setattr(screen, "has_screen", lambda: False)
    environment = {"MPLBACKEND": "svg"}
    screen.choose_backend(environment)
    assert environment == {"MPLBACKEND": "svg"}
