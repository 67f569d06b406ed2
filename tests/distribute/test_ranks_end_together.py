"""No rank is left: an error, a kill, a rank that leaves, Ctrl-C and a killed launcher end all; restarts find the same digits."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from on_ranks import WAIT, needs_ranks

from deepkit import distribute
from deepkit.errors import RankError
from deepkit.files import is_running

pytestmark = needs_ranks
PROGRAM = Path(__file__).with_name("resumable.py")
KILLS = int(os.environ.get("DEEPKIT_KILLS", "3"))
"""How often a rank is killed; more of them are for an afternoon."""


def fails():
    from deepkit import distribute

    if distribute.rank() == 1:
        raise ValueError("rank 1 has had enough")
    distribute.barrier()


def leaves():
    from deepkit import distribute

    if distribute.rank() != 1:
        distribute.barrier()


def differs():
    from deepkit import distribute

    distribute.allgather([[1.0, 2.0][: 1 + distribute.rank()]])


def exits():
    import sys

    from deepkit import distribute

    if distribute.rank() == 1:
        sys.exit(3)
    distribute.barrier()


@pytest.mark.parametrize(
    ("function", "cause", "said"),
    [
        (fails, "rank 1 of 2 ended by ValueError", "rank 1 has had enough"),
        (leaves, "rank 0 of 2 ended by RankError", "rank 1 has ended its program while rank 0 waits for it in: barrier"),
        (exits, "rank 0 of 2 ended by RankError", "rank 1 has ended its program"),
        (differs, "ended by RankError", "does: gather 'allgather'"),
    ],
)
def test_one_that_fails_ends_all(function, cause, said, capsys):
    with pytest.raises(RankError, match=cause):
        distribute.launch(function, timeout=WAIT)
    assert said in capsys.readouterr().out


def _pids(folder: Path, patience: float = 60) -> list[int]:
    """The process numbers of both ranks, once they have written them."""
    files = [folder / "pid0", folder / "pid1"]
    end = time.monotonic() + patience
    while time.monotonic() < end:
        texts = [file.read_text() if file.exists() else "" for file in files]
        if all(texts):
            return [int(text) for text in texts]
        time.sleep(0.02)
    raise AssertionError("the ranks did not start")


def _gone(pids: list[int], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while any(is_running(pid) and not _is_dead(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _is_dead(pid: int) -> bool:
    """Whether the process has ended and only waits to be counted (a container without an init leaves it so)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def _life(folder: Path, wait: float | None = None, saved: bool = False) -> bool:
    """Starts the program where its last checkpoint stands, and says whether it came to its end.

    wait: a rank is killed so many seconds after both have started, or after there is a checkpoint. Then all is over within 30
    seconds, and it is said why.
    """
    for rank in range(2):
        (folder / f"pid{rank}").unlink(missing_ok=True)
    killed: list[float] = []
    pids: list[int] = []

    def kill() -> None:
        pids.extend(_pids(folder))
        while saved and not (folder / "checkpoint").exists():
            time.sleep(0.01)
        time.sleep(wait)
        if not _is_dead(victim := pids[int(wait * 1e6) % 2]):
            killed.append(time.monotonic())
            os.kill(victim, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    if wait is not None:
        thread.start()
    failed = None
    try:
        distribute.launch(PROGRAM, 2, [folder, 100, 0.005], timeout=WAIT)
    except RankError as error:
        failed = error
    over = time.monotonic()
    if wait is not None:
        thread.join()
    if failed is not None:
        assert killed, f"failed by itself: {failed}"
        assert over - killed[0] < 30
        assert re.search(r"process rank \d, signal 9 \(Killed\)", str(failed)), failed
        assert _gone(pids)
    return failed is None


def test_a_restart_goes_on_with_the_same_digits(tmp_path, capsys):
    """Ranks are killed at random moments, among them those of starting, restoring, saving and ending."""

    def folder(name: str) -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    dice, kills, ended, torn = random.Random(KILLS), 0, 0, folder("torn0")
    begin = time.monotonic()
    assert _life(folder("calm"))
    whole = time.monotonic() - begin
    while kills < KILLS:
        if not _life(torn, dice.uniform(0, whole / 2), saved=kills % 2 == 0):
            kills += 1
        else:
            ended += 1
            torn = folder(f"torn{ended}")
    assert _life(torn)
    out = capsys.readouterr().out
    digits, begun = re.findall(r"0: digits (\w+)", out), re.findall(r"0: from step (\d+)", out)
    assert len(digits) >= ended + 2
    assert len(set(digits)) == 1
    assert set(begun) > {"0"}, "nothing was restored: the kills came too early"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_launched_ends_and_so_do_the_ranks(how, tmp_path):
    text = f"from deepkit import distribute; distribute.launch({str(PROGRAM)!r}, 2, [{str(tmp_path)!r}, 10**6, 0.01])"
    process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    pids = _pids(tmp_path)
    process.send_signal(how)
    out, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert _gone(pids), out
    if how == signal.SIGINT:
        assert "KeyboardInterrupt" in out
