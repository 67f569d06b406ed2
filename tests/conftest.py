"""What holds for all tests: not the machine's speed, not the shell they start from and not luck decides whether one passes."""

import random
import signal
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # `pytest &`: a shell has it ignored, and children inherit that


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """The whole suite runs on all cores where pytest-xdist is installed; what is named runs in this process.

    Each core begins with a part of its own, module after module; one that has no more takes from the end of another's.
    """
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not hasattr(config, "workerinput")
    if whole and config.pluginmanager.hasplugin("xdist") and config.option.numprocesses is None:
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
