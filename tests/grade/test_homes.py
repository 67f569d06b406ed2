"""Folders of answers last as long as who grades them: after a killed grader the next one clears up, and takes nothing in use."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deepkit.grade.confine import homes
from deepkit.grade.process import Host, StudentProcess

FORKS = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def _grade_for_ever(pipe, without):
    with Host(without=without) as host, StudentProcess(host, seconds=60) as process:
        process.run("open('mine', 'w').write('x')")
        pipe.send(True)
        signal.pause()


@pytest.mark.parametrize("without", [(), ("world",)])
def test_what_a_killed_grader_leaves_is_swept_up(tmp_path, without):
    ours, theirs = FORKS.Pipe()
    grader = FORKS.Process(target=_grade_for_ever, args=(theirs, without))
    grader.start()
    assert ours.recv()
    assert len(list(tmp_path.iterdir())) == 1
    homes.sweep()
    assert len(list(tmp_path.iterdir())) == 1  # it is at work
    os.kill(grader.pid, signal.SIGKILL)
    grader.join()
    with homes.home() as mine:
        homes.sweep()
        assert list(tmp_path.iterdir()) == [Path(mine)]
    assert not list(tmp_path.iterdir())


def test_another_program_sweeps_before_its_first_answer(tmp_path):
    left = tmp_path / "deepkit-answer-left"
    (left / "folder").mkdir(parents=True)
    program = "from deepkit.grade.process import Host\nwith Host(): pass"
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"TMPDIR": str(tmp_path)}, check=True)
    assert not left.exists()


def test_links_and_what_is_no_folder_stay(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "deepkit-answer-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "deepkit-answer-file").write_text("x")
    homes.sweep()
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_swept_up_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    made, make = [], tempfile.mkdtemp

    def swept_at_once(**options):
        made.append(make(**options))
        if len(made) == 1:
            os.rmdir(made[0])
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", swept_at_once)
    with homes.home() as folder:
        assert folder == made[1]
        assert os.path.isdir(folder)
