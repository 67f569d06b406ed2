"""An mpiexec that does not end, though its ranks have or its time is over: nobody waits for it for ever."""

from __future__ import annotations

import sys
import time

import pytest

from deepkit.distribute import launcher, watch
from deepkit.errors import RankError

LINUX = pytest.mark.skipif(watch.children(1) is None, reason="this system does not tell whose processes are whose")
HANGS = "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}; time.sleep(1000)"


def attend(first: str, timeout: float | None, monkeypatch) -> float:
    """The seconds until an mpiexec that does this, and then hangs, is given up."""
    monkeypatch.setattr(launcher, "SECONDS", 1.0)
    begin = time.monotonic()
    with pytest.raises(RankError, match="exit code -9" if timeout is None else "were ended after"):
        launcher._attend([sys.executable, "-c", HANGS.format(first)], 2, timeout, tagged=False)
    return time.monotonic() - begin


@LINUX
def test_one_that_has_lost_its_ranks_is_ended(monkeypatch):
    assert attend("subprocess.run(['sleep', '1'])", None, monkeypatch) < 60


def test_one_that_does_not_heed_its_end_is_killed(monkeypatch):
    assert attend("pass", 1.0, monkeypatch) < 60


@LINUX
def test_one_whose_ranks_work_is_left_alone(monkeypatch, capfd):
    monkeypatch.setattr(launcher, "SECONDS", 1.0)
    launcher._attend(["sh", "-c", "sleep 4; echo done"], 1, None, tagged=False)
    assert capfd.readouterr().out == "done\n"
