"""What holds for all tests: not the machine's speed, not the shell they start from and not luck decides whether one passes."""

import os
import random
import signal
import sys
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("DEEPKIT_PATIENCE", "3600")  # what a program prints does not hang on how long kernels are compiled
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # `pytest &`: a shell has it ignored, and children inherit that


SLOW = (
    "tests/cli/test_run_tf1.py",  # old programs, each in a process
    "tests/cli/test_site.py",  # builds the web site
    "tests/course/test_exercises.py",  # grades all sets, right and wrong answers
    "tests/course/test_explorer_chromium.py",  # JupyterLab in a browser
    "tests/course/test_other_answers.py",  # grades all sets again
    "tests/course/test_pieces_chromium.py",
    "tests/course/test_walk_chromium.py",
    "tests/datasets/test_digits28_rebuilt.py",  # draws all the digits anew
    "tests/device/cuda/",  # what a GPU computes, on a stand-in for one
    "tests/distribute/test_hanging",  # waits for what does not end
    "tests/distribute/test_ranks",  # starts several ranks, and ends them
    "tests/grade/test_adversaries.py",  # answers that try to look right
    "tests/grade/test_attacks.py",  # hundreds of attacks on the walls, each from a process of its own
    "tests/grade/test_batch.py",  # whole classes, killed and resumed
    "tests/grade/test_nbgrader.py",  # nbgrader's programs on all sets
    "tests/keras/applications/",  # builds the largest networks
    "tests/keras/test_keras_wrappers.py",  # scikit-learn's own checks of estimators
    "tests/ops/test_array_modules.py",  # every op on other array modules than NumPy
    "tests/package/test_typing.py",  # checks types of the whole package from outside
    "tests/tf1/test_tf1_scripts.py",  # whole programs, each in a process
    "tests/v1/train/test_saver_faults.py",  # kills trainings
    "tests/v1/train/test_saver_resume.py",
)
"""What makes the whole suite take a quarter of an hour: left out of `pytest`, and run by `pytest --slow` or by name."""


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="the whole suite: also what takes minutes (tests/conftest.py: SLOW)")


def pytest_ignore_collect(collection_path, config):
    """What is left out is not even imported: that alone takes seconds on each core."""
    name = collection_path.relative_to(config.rootpath).as_posix() + "/" * collection_path.is_dir()
    return True if not config.option.slow and name.startswith(SLOW) else None


def pytest_terminal_summary(terminalreporter, config):
    if not config.option.slow:
        terminalreporter.write_line("what takes minutes was left out: pytest --slow")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """The whole suite runs on all cores where pytest-xdist is installed; what is named runs in this process, slow or not.

    Each core begins with a part of its own, module after module; one that has no more takes from the end of another's.
    """
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    config.option.slow |= not whole  # in workers too: they are given the same words
    if not config.option.slow:
        os.environ.setdefault("DEEPKIT_FUZZ", "40")  # damaged files of each kind, of 200; tests/damage.py asks later
    first = whole and not hasattr(config, "workerinput")
    if first and config.pluginmanager.hasplugin("xdist") and config.option.numprocesses is None:
        config.option.numprocesses = "auto"
        if config.option.dist == "no":
            config.option.dist = "worksteal"


@pytest.fixture(autouse=True)
def the_same_luck(request, monkeypatch):
    """What a test leaves without a seed is drawn from the test's name: it passes always or never, not nine times in ten."""
    from deepkit.core import seeds

    dice = random.Random(request.node.nodeid)
    monkeypatch.setattr(seeds, "fresh", lambda: (dice.getrandbits(64), dice.getrandbits(64)))
    before = np.random.get_state()
    np.random.seed(dice.getrandbits(32))
    yield
    np.random.set_state(before)


@pytest.fixture(autouse=True)
def a_world_of_its_own(monkeypatch):
    """A test builds in an empty default graph and leaves the environment as it was: the order of tests decides nothing.

    Nor does what it enabled: `tf.Variable` is again that of graphs.

    What fixtures of a module or of the whole run build stands in the graph outside, as other tests of that module expect.
    """
    from deepkit.core import graph
    from deepkit.core.variable import Variable

    monkeypatch.setattr(graph, "_root", graph.Graph())
    entered, sessions, environment = list(graph._state.graphs), list(graph._state.sessions), dict(os.environ)
    yield
    graph._state.graphs[:], graph._state.sessions[:] = entered, sessions
    if "deepkit.v1" in sys.modules:
        sys.modules["deepkit.v1"].Variable = Variable
    for name in os.environ.keys() - environment.keys() - {"PYTEST_CURRENT_TEST"}:
        del os.environ[name]
    os.environ.update({name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"})
