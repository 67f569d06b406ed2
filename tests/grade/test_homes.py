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


def _close_folders():
    """Make a home full of folders that are closed to their owner, as an ordinary user: root may look everywhere."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    with homes.home() as folder:
        modes = {"without names": 0o300, "closed/inside": 0, "closed": 0o600}
        for name in modes:
            os.makedirs(f"{folder}/{name}", exist_ok=True)
            Path(folder, name, "file").write_text("x")
            os.symlink(tempfile.gettempdir(), f"{folder}/{name}/link")
        for name, mode in modes.items():
            os.chmod(f"{folder}/{name}", mode)


def test_folders_closed_to_their_owner_are_removed_too(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as place:  # pytest's folders are closed to others
        os.chmod(place, 0o711 if os.getuid() else 0o733)
        before = os.stat(place).st_mode
        monkeypatch.setattr(tempfile, "tempdir", place)
        answer = FORKS.Process(target=_close_folders)
        answer.start()
        answer.join()
        assert answer.exitcode == 0
        assert os.listdir(place) == []
        assert os.stat(place).st_mode == before  # nothing is changed through a link


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


MOUNTING = """
import ctypes, sys
from deepkit.grade.confine import homes
kernel = ctypes.CDLL(None, use_errno=True)
assert kernel.unshare(0x20000) == 0 and kernel.mount(b"none", b"/", None, 0x44000, None) == 0  # mounts of one's own
with homes.home() as folder:
    for name in ("mounted", "a place"):
        (homes.Path(folder) / name).mkdir()
        assert kernel.mount(sys.argv[1].encode(), f"{folder}/{name}".encode(), None, 0x1000, None) == 0  # the same files
    assert len(homes._mounted(folder)) == 2
    if sys.argv[2] == "for ever":
        homes.subprocess.run = lambda *_, **__: None
assert not homes._mounted(folder) or sys.argv[2] == "for ever"
print(homes.os.path.exists(folder))
"""


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="root alone can mount, on Linux")
@pytest.mark.parametrize(("how", "stays"), [("until taken away", "False"), ("for ever", "True")])
def test_what_is_mounted_in_a_folder_is_not_removed(tmp_path, how, stays):
    """Two names of one folder on one disk: no file system ends where the mount begins, so only the table of mounts tells."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    command = [sys.executable, "-W", "ignore", "-c", MOUNTING, str(precious), how]
    done = subprocess.run(command, env=os.environ | {"TMPDIR": str(tmp_path)}, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (stays, "")
    assert (precious / "file").read_text() == "x"
