"""The walls hold, for root and for an ordinary user; and it is the walls that hold: without them every attack succeeds."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks import ATTACKS, FILLS, NOT_ROOT, ONE_WALL, ROOT_ONLY, SECOND_WALL

import deepkit
from deepkit.grade.confine import landlock, seccomp
from deepkit.grade.process import Host, StudentProcess, WrongAnswer

RUNNER = Path(__file__).with_name("attack_runner.py")
WALLS = ("fence", "files", "calls", "world", "limits")
AS_NOBODY: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or not landlock.version() or not seccomp.available(), reason="needs Landlock and seccomp"
    ),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the attacks use its numbers of system calls"),
]


def environment() -> dict[str, str]:
    """This one, with the library and NumPy where they are."""
    path = [str(Path(deepkit.__file__).parents[1]), str(Path(np.__file__).parents[1])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}


@cache
def interpreter_of_nobody() -> str:
    """A Python like this one with which nobody can read NumPy and the library; root's often lie where root alone may go."""
    if os.getuid():
        pytest.skip("only root can become somebody else")
    program = f"import numpy, deepkit; open({str(RUNNER)!r}).close()"
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            tried = subprocess.run([python, "-c", program], env=environment(), cwd="/", capture_output=True, **AS_NOBODY)
            if tried.returncode == 0:
                return python
    pytest.skip("the user `nobody` cannot read a Python of this version, NumPy and the library")


@cache
def outcomes(user: str, *without: str, only: tuple[str, ...] | None = None) -> dict[str, str]:
    """What became of each attack, or of some `only`."""
    who = AS_NOBODY if user == "nobody" else {}
    python = interpreter_of_nobody() if who else sys.executable
    command = [python, str(RUNNER), json.dumps(only), *without]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300, cwd="/", **who)
    if done.returncode == 77:
        pytest.skip("root's attacks need mounts of their own here, which the kernel does not permit")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("user", ["me", "nobody"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_held_by_the_kernel_alone(attack, user):
    if user == "me" and os.getuid() == 0 and attack in NOT_ROOT:
        pytest.skip("the kernel does not count root's threads")
    assert outcomes(user, "fence")[attack] != "won"  # without the audit hook, which an attacker switches off


def absent(attack: str) -> set[str]:
    """Modules the attack's lines import that this Python was built without (Tk and a line editor are optional)."""
    lines = re.findall(r"^import (.+)$", ATTACKS[attack], re.MULTILINE)
    modules = {re.split(r"[ .]", word.strip())[0] for line in lines for word in line.split(",")}
    return {name for name in modules | {f"_{name}" for name in modules & {"tkinter"}} if not importlib.util.find_spec(name)}


@pytest.mark.parametrize("attack", ATTACKS)
def test_without_walls_the_attack_succeeds(attack):
    if missing := absent(attack):
        pytest.skip(f"this Python has no {', '.join(sorted(missing))}")
    if os.getuid() and attack in ROOT_ONLY:
        pytest.skip("root alone can do this")
    outcome = outcomes("me", *WALLS)[attack]
    assert outcome == "won" or "exit status 0" in outcome, outcome  # the latter: it became another program


@pytest.mark.parametrize("wall", ONE_WALL)
def test_it_is_this_wall_that_holds(wall):
    attacks = tuple(ONE_WALL[wall])
    assert outcomes("me", "fence", wall, only=attacks) == dict.fromkeys(attacks, "won")


def test_a_world_of_its_own_is_a_second_wall():
    attacks = tuple(SECOND_WALL)
    assert "won" not in outcomes("me", "fence", "files", "calls", only=attacks).values()
    assert outcomes("me", "fence", "files", "calls", "world", only=attacks) == dict.fromkeys(attacks, "won")


@pytest.mark.parametrize("user", ["me", "nobody"])
def test_without_namespaces_the_other_walls_hold(user):
    """As in a container that permits none; what is written is bounded by looking at it, so a short flood may pass."""
    won = {name for name, outcome in outcomes(user, "fence", "world").items() if outcome == "won"}
    assert won <= {"escape: disk full", "escape: a million files", "escape: a thousand threads"}


@pytest.mark.parametrize("user", ["me", "nobody"])
def test_a_scratch_folder_is_bounded_without_namespaces(user):
    told = outcomes(user, "fence", "world", only=tuple(FILLS))
    assert {name for name, outcome in told.items() if "more than 64 MB or 4,096 files" not in outcome} == set(), told


@pytest.mark.parametrize("user", ["me", "nobody"])
def test_a_scratch_folder_is_a_small_file_system(user):
    told = outcomes(user, "fence", only=tuple(FILLS))
    assert {name for name, outcome in told.items() if "No space left on device" not in outcome} == set(), told


def test_much_is_written_before_a_look_and_not_more():
    """The folder without a world of its own, seen from here while an answer fills it."""
    most = 0
    with Host(without=("world",)) as host, StudentProcess(host, seconds=10) as process:
        process.run("import os, time\nhome = os.getcwd()")
        home = Path(process.value("home"))
        with ThreadPoolExecutor() as pool:
            filling = pool.submit(process.run, FILLS["fill: files"])
            while not filling.done():
                with contextlib.suppress(FileNotFoundError):
                    most = max(most, sum(path.stat().st_blocks * 512 for path in home.iterdir()))
        with pytest.raises(WrongAnswer, match="more than 64 MB"):
            filling.result()
    assert 64 << 20 < most < 2 << 30
    assert not home.exists()


def test_memory_and_time_of_an_answer_are_measured_and_bounded():
    with Host() as host:
        for megabytes in (10, 300):
            with StudentProcess(host, seconds=5, memory_mb=1024) as process:
                process.run("import time\nimport numpy as np\nwhile time.process_time() < 0.2: pass\nt = time.process_time()")
                process.begin()
                process.run(
                    f"x = np.ones({megabytes} << 17)\nwhile time.process_time() - t < 0.4: pass\n"
                    "spent = time.process_time() - t"  # with what pages cost, which differs by machine and moment
                )
                spent = process.value("spent")
            assert process.took["memory_mb"] == pytest.approx(megabytes, abs=8)
            assert spent - 0.02 <= process.took["seconds"] < spent + 1.0  # pages take time when they go, too
        with StudentProcess(host, seconds=5, memory_mb=1024) as process:
            process.begin()
            with pytest.raises(WrongAnswer, match="MemoryError"):
                process.run("x = bytearray(2 << 30)")


@pytest.mark.parametrize("without", [(), ("world",)])
def test_the_clock_may_start_again_at_any_time(without):
    """A guard that looks at the scratch folder finds several orders when it comes back."""
    with Host(without=without) as host, StudentProcess(host, seconds=5) as process:
        for _ in range(1000):
            process.begin()
        process.run("x = 1")
        assert process.value("x") == 1


@pytest.mark.parametrize("without", [(), ("world",)])
def test_an_answer_ends_with_its_leash_and_leaves_nothing(without):
    with Host(without=without) as host:
        with StudentProcess(host, seconds=5) as process:
            process.run("import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('x', 'w').write('x')")
            process.run("home, me = os.getcwd(), os.readlink('/proc/self')")
            home, me = process.value("home"), int(process.value("me"))
            assert _alive(me)
            assert Path(home).is_dir()
        deadline = time.monotonic() + 5
        while _alive(me):
            assert time.monotonic() < deadline, "the answer outlives its leash"
            time.sleep(0.01)
    assert not Path(home).exists()


@pytest.mark.parametrize("without", [(), ("world",)])
def test_folders_that_are_nested_too_deeply_are_removed(without):
    with Host(without=without) as host, StudentProcess(host, seconds=10) as process:
        process.run("import os\nhome = os.getcwd()")
        home = process.value("home")
        with contextlib.suppress(WrongAnswer):  # somebody who looks from outside has ended it
            process.run("for _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\nos.mkdir('x', 0)")
    assert not Path(home).exists()


def test_every_copy_of_the_exercises_is_closed():
    """Also one that lies among the libraries, where a wheel or an editable install puts it."""
    copies = [Path(path) for path in (*sys.path, *Path("/").glob("opt/*/*/lib/*/site-packages"))]
    found = [path for root in copies for path in root.glob("deepkit/_exercises/source/*.ipynb")]
    found += list(Path(__file__).resolve().parents[2].glob("exercises/source/*.ipynb"))
    assert found
    with Host(without=("fence",)) as host, StudentProcess(host, seconds=5) as process:
        for path in found:
            with pytest.raises(WrongAnswer, match="PermissionError"):
                process.run(f"open({str(path)!r})")


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"  # a zombie waits for its parent only
