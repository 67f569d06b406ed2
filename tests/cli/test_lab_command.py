"""`deepkit lab`: what is started, where the learner works, and that no file of theirs is lost."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deepkit import resources
from deepkit.cli import main
from deepkit.commands import _launch, lab
from deepkit.errors import MissingExtraError


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """What a wheel holds, and an empty home."""
    site = tmp_path / "site"
    (site / "course" / "pictures").mkdir(parents=True)
    (site / "exercises" / "first").mkdir(parents=True)
    (site / "course" / "index.ipynb").write_text('{"cells": []}')
    (site / "course" / "ch00.ipynb").write_text('{"cells": []}')
    (site / "course" / "pictures" / "a.png").write_bytes(b"png")
    (site / "exercises" / "first.ipynb").write_text('{"cells": [1]}')
    (site / "exercises" / "first" / "tests.py").write_text("secret")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(resources, "folder", lambda name: site / name)
    monkeypatch.setattr(_launch.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    return site


@pytest.fixture
def started(monkeypatch):
    """The command lines that would have been started."""
    commands = []
    monkeypatch.setattr(lab, "_attend", lambda command: commands.append(command) or 0)
    return commands


def test_the_learner_works_on_copies_of_his_own(installed, started, tmp_path, capsys):
    assert main(["lab", "ch00", "--no-browser", "--port", "9001", "--jupyter=--allow-root --debug"]) == 0
    mine = tmp_path / "home" / "deepkit"
    assert (mine / "course" / "pictures" / "a.png").read_bytes() == b"png"
    assert (mine / "exercises" / "first.ipynb").read_text() == '{"cells": [1]}'
    assert not (mine / "exercises" / "first").exists()  # solutions and hidden tests stay where they are
    assert "new: 4 files" in capsys.readouterr().out
    (command,) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={mine}" in command
    assert "--LabApp.default_url=/lab/tree/course/ch00.ipynb" in command
    assert command[-4:] == ["--no-browser", "--port=9001", "--allow-root", "--debug"]


def test_root_is_told_what_to_say_in_a_container(installed, started, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert main(["lab"]) == 1
    assert "in a container: deepkit lab --allow-root" in capsys.readouterr().err
    assert started == []
    assert not (tmp_path / "home").exists()
    assert main(["lab", "--allow-root"]) == main(["lab", "--jupyter=--allow-root"]) == 0
    assert [command.count("--allow-root") for command in started] == [1, 1]


def test_an_update_renews_what_is_unchanged_and_keeps_what_is_not(installed, started, tmp_path, capsys):
    mine = tmp_path / "mine"
    assert main(["lab", "--folder", str(mine)]) == 0
    (mine / "exercises" / "first.ipynb").write_text("my answers")
    (mine / "course" / "pictures" / "a.png").unlink()
    capsys.readouterr()
    assert main(["lab", "--folder", str(mine)]) == 0  # another day, the same deepkit
    assert capsys.readouterr().out.splitlines()[0] == "renewed: 1 file"  # the picture that was missing
    (installed / "course" / "ch00.ipynb").write_text("chapter, second edition")
    (installed / "course" / "ch01.ipynb").write_text("a new chapter")
    (installed / "exercises" / "first.ipynb").write_text("exercise, second edition")
    assert main(["lab", "--folder", str(mine)]) == 0
    told = capsys.readouterr().out
    assert (mine / "course" / "ch00.ipynb").read_text() == "chapter, second edition"
    assert (mine / "course" / "ch01.ipynb").read_text() == "a new chapter"
    assert (mine / "exercises" / "first.ipynb").read_text() == "my answers"
    assert "new: 1 file\nrenewed: 1 file\nyours, left as they are" in told
    assert "exercises/first.ipynb" in told


def notebook(*sources, outputs=(), version="3.11.7"):
    cells = [{"cell_type": "code", "source": source, "outputs": list(outputs)} for source in sources]
    return json.dumps({"cells": cells, "metadata": {"language_info": {"version": version}}})


def test_a_chapter_that_was_only_run_is_unchanged(installed, started, tmp_path, capsys):
    """JupyterLab writes outputs and the version of Python into a notebook that is opened and run: nobody's work."""
    mine, ours = tmp_path / "mine" / "course" / "ch00.ipynb", installed / "course" / "ch00.ipynb"
    ours.write_text(notebook("x = 1", "x + 1"))
    command = ["lab", "--folder", str(tmp_path / "mine")]
    assert main(command) == 0
    run = notebook("x = 1", ["x ", "+ 1"], outputs=["2"], version="3.13.0")
    mine.write_text(run)
    assert main(command) == 0
    assert mine.read_text() == run, "nothing new has come: his results stay"
    ours.write_text(notebook("x = 1", "x + 2"))
    assert main(command) == 0
    assert mine.read_text() == notebook("x = 1", "x + 2")
    mine.write_text(notebook("x = 1", "x + 3", outputs=["4"]))
    ours.write_text(notebook("x = 1", "x + 4"))
    capsys.readouterr()
    assert main(command) == 0
    assert "yours, left as they are" in capsys.readouterr().out
    assert mine.read_text() == notebook("x = 1", "x + 3", outputs=["4"])


def test_a_record_of_an_older_deepkit_is_understood(installed, started, tmp_path, capsys):
    """It held one SHA-256 for each file."""
    mine = tmp_path / "mine"
    assert main(["lab", "--folder", str(mine)]) == 0
    record = mine / ".deepkit" / "copied.json"
    record.write_text(json.dumps({name: mark.split()[0] for name, mark in json.loads(record.read_text()).items()}))
    (installed / "course" / "ch00.ipynb").write_text("second edition")
    (installed / "course" / "index.ipynb").write_text("second edition")
    (mine / "course" / "index.ipynb").write_text("my own")
    assert main(["lab", "--folder", str(mine)]) == 0
    assert (mine / "course" / "ch00.ipynb").read_text() == "second edition"
    assert (mine / "course" / "index.ipynb").read_text() == "my own"


def test_no_question_of_jupyterlab_lies_over_the_index(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    path = lab.lab_environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert path[0] == "/mine"
    overrides = json.loads((Path(path[1]) / "labconfig" / "default_setting_overrides.json").read_text())
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_what_lay_there_before_is_kept(installed, started, tmp_path, capsys):
    mine = tmp_path / "mine"
    (mine / "course").mkdir(parents=True)
    (mine / "course" / "ch00.ipynb").write_text("my work")
    assert main(["lab", "--folder", str(mine)]) == 0
    assert (mine / "course" / "ch00.ipynb").read_text() == "my work"
    assert "course/ch00.ipynb" in capsys.readouterr().out


def test_a_damaged_record_is_no_reason_to_overwrite(installed, started, tmp_path, capsys):
    mine = tmp_path / "mine"
    assert main(["lab", "--folder", str(mine)]) == 0
    (mine / ".deepkit" / "copied.json").write_text("{")
    assert main(["lab", "--folder", str(mine)]) == 1
    assert "files that differ are then kept" in capsys.readouterr().err


def test_a_course_cannot_be_copied_into_itself(installed, started, capsys):
    assert main(["lab", "--folder", str(installed / "course" / "inside")]) == 1
    assert "into itself" in capsys.readouterr().err
    assert started == []


def test_a_checkout_is_used_in_place_only_when_asked(started, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(_launch.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert lab.working_folder(None, here=True) == resources.checkout()
    monkeypatch.setattr(resources, "checkout", lambda: None)
    assert main(["lab", "--here"]) == 1
    assert "installed from a wheel" in capsys.readouterr().err


def test_without_jupyterlab_the_extra_is_named(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(_launch.importlib.util, "find_spec", lambda name: None if name == "jupyterlab" else find(name))
    with pytest.raises(MissingExtraError):
        _launch.require("jupyterlab", "the course")
    assert main(["lab"]) == 1
    assert 'pip install -e ".[course]"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx2 avx512f avx512dq avx512cd avx512bw avx512vl", True),
        ("fpu avx2 avx512f avx512cd", False),  # Knights Landing: OpenBLAS' kernels would be illegal instructions
        ("fpu avx2", False),
    ],
)
def test_avx512_needs_every_part(flags, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(_launch.platform, "machine", lambda: "x86_64")
    info = tmp_path / "cpuinfo"
    info.write_text(f"model name\t: A processor\nflags\t\t: {flags}\n")
    assert _launch.has_avx512(info) is expected
    monkeypatch.setattr(_launch.platform, "machine", lambda: "aarch64")
    assert _launch.has_avx512(info) is False
    assert _launch.has_avx512(tmp_path / "none") is False


def test_children_get_the_fast_kernels_unless_the_user_chose(monkeypatch):
    monkeypatch.setattr(_launch, "has_avx512", lambda: True)
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    assert _launch.child_environment()["OPENBLAS_CORETYPE"] == "SkylakeX"
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert _launch.child_environment()["OPENBLAS_CORETYPE"] == "Haswell"
    monkeypatch.delenv("OPENBLAS_CORETYPE")
    monkeypatch.setattr(_launch, "has_avx512", lambda: False)
    assert "OPENBLAS_CORETYPE" not in _launch.child_environment()


def test_children_leave_half_of_the_cores_alone(monkeypatch):
    for name in (_launch.threads.VARIABLE, *_launch.threads.THEIRS):
        monkeypatch.delenv(name, raising=False)
    for cores, threads in ((8, "4"), (1, "1")):
        monkeypatch.setattr(_launch.threads, "usable_cores", lambda cores=cores: cores)
        assert _launch.child_environment()["OPENBLAS_NUM_THREADS"] == threads
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    assert _launch.child_environment()["OPENBLAS_NUM_THREADS"] == "8"


def test_children_import_this_deepkit_from_any_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", "relative")
    paths = _launch.child_environment()["PYTHONPATH"].split(os.pathsep)
    assert str(Path(_launch.__file__).parents[2]) in paths
    assert str(Path("relative").absolute()) in paths


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, "130"), (signal.SIGTERM, "143")])
def test_the_server_ends_with_the_launcher(number, code, tmp_path):
    # A child that ignores SIGINT stands for a JupyterLab that is slow to stop.
    program = (
        "import sys; from deepkit.commands import lab; lab._GRACE_S = 0.2\n"
        "try: lab._attend([sys.executable, '-c', 'import os, signal, time; signal.signal(2, signal.SIG_IGN);"
        "print(os.getpid(), flush=True); time.sleep(60)'])\n"
        "except KeyboardInterrupt: sys.exit(130)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )
    child = int(launcher.stdout.readline())
    launcher.send_signal(number)
    launcher.communicate(timeout=10)
    assert str(launcher.returncode) == code
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
