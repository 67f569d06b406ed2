"""`deepkit run`: real kernels on small notebooks, and how a name finds a chapter."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deepkit import resources
from deepkit.cli import main
from deepkit.commands import _chapters
from deepkit.errors import ArgumentError, DataError

REPOSITORY = Path(__file__).resolve().parents[2]
nbformat = pytest.importorskip("nbformat", reason="the extra `course` is not installed")
pytest.importorskip("nbclient", reason="the extra `course` is not installed")


def write_notebook(path: Path, *cells, title: str = "A small chapter", raises=()) -> Path:
    """A notebook whose code cells hold the given sources; those numbered in `raises` are tagged raises-exception."""
    v4 = nbformat.v4
    made = [v4.new_markdown_cell(f"# {title}\nText.")] + [v4.new_code_cell(source) for source in cells]
    for number in raises:
        made[number].metadata["tags"] = ["raises-exception"]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(v4.new_notebook(cells=made), path)
    return path


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of three chapters in the place of the real one."""
    folder = tmp_path / "course"
    for name in ("index", "ch00_first", "ch01_tensors", "ch01_trees"):
        write_notebook(folder / f"{name}.ipynb", f"print({name!r})", title=f"Title of {name}")
    write_notebook(folder / ".ipynb_checkpoints" / "ch00_first-checkpoint.ipynb", "1")
    monkeypatch.setattr(resources, "folder", lambda name: {"course": folder}[name])
    return folder


def test_list_shows_chapters_and_titles(course, capsys):
    assert main(["run", "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ch00_first    Title of ch00_first",
        "ch01_tensors  Title of ch01_tensors",
        "ch01_trees    Title of ch01_trees",
    ]


@pytest.mark.parametrize("name", ["ch00_first", "ch00", "CH00", "c00", "ch0", "0", "00"])
def test_names_that_find_a_chapter(name, course):
    assert _chapters.find_chapter(name).path == course / "ch00_first.ipynb"


def test_a_number_is_not_the_beginning_of_another(course):
    write_notebook(course / "ch10_late.ipynb", "1")
    write_notebook(course / "ch11_later.ipynb", "1")
    (course / "ch01_trees.ipynb").unlink()
    assert _chapters.find_chapter("ch1").name == "ch01_tensors"
    write_notebook(course / "ch02_two.ipynb", "1")
    write_notebook(course / "c02_case.ipynb", "1")
    assert _chapters.find_chapter("ch10").name == "ch10_late"
    assert _chapters.find_chapter("c02").name == "c02_case"
    assert _chapters.find_chapter("ch02").name == "ch02_two"


def test_an_ambiguous_name_lists_what_it_could_be(course):
    with pytest.raises(ArgumentError, match="could be ch01_tensors, ch01_trees"):
        _chapters.find_chapter("ch01")
    assert _chapters.find_chapter("ch01_te").name == "ch01_tensors"


def test_an_unknown_name_gets_the_nearest(course, capsys):
    assert main(["run", "ch01_tensosr"]) == 1
    assert "deepkit run ch01_tensors" in capsys.readouterr().err


def test_the_table_of_what_was_reproduced_counts_as_no_chapter(capsys):
    assert main(["run", "zzz"]) == 1
    assert "the course has 28 chapters" in capsys.readouterr().err


def test_a_chapter_runs_in_a_copy_of_the_course(course, tmp_path, monkeypatch, capsys):
    (course / "helper.txt").write_text("from the helper")
    path = write_notebook(
        course / "ch07_files.ipynb",
        "import os, sys\nprint(open('helper.txt').read())\nopen('left.txt', 'w').write('x')",
        "import deepkit\nprint(sys.executable, deepkit.__file__)",
        "1 / 0",
        raises=[3],
    )
    before = path.read_bytes()
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "ch07_files.failed.html").write_text("of an earlier run")
    assert main(["run", "c07", "--out", str(tmp_path / "pages")]) == 0
    out = capsys.readouterr().out
    page = (tmp_path / "pages" / "ch07_files.html").read_text()
    assert "from the helper" in page
    assert sys.executable in page
    assert str(REPOSITORY / "deepkit" / "__init__.py") in page
    assert "ZeroDivisionError" in page
    assert "cell 3/3" in out
    assert "ch07_files.html" in out
    assert path.read_bytes() == before
    assert not (course / "left.txt").exists()
    assert [p.name for p in (tmp_path / "pages").iterdir()] == ["ch07_files.html"]


def test_a_failing_notebook_in_a_process_of_its_own(tmp_path):
    path = write_notebook(tmp_path / "bad.ipynb", "x = 41", "y = x\nraise ValueError('the reason')", "print('never')")
    child = subprocess.run(
        [sys.executable, "-m", "deepkit", "run", str(path), "--out", str(tmp_path)],
        cwd=REPOSITORY, capture_output=True, text=True,
    )
    assert child.returncode == 1
    assert "cell 2 of 3 failed" in child.stderr
    assert "ValueError: the reason" in child.stderr
    assert "| y = x" in child.stderr
    assert "Traceback" not in child.stderr
    page = (tmp_path / "bad.failed.html").read_text()
    assert "the reason" in page
    assert not (tmp_path / "bad.html").exists()


FAULTS = {
    "raised nothing": (["1 + 1"], [1]),
    "UsageError": (["%nosuchmagic"], []),
    "ZeroDivisionError": (["get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)", "1 / 0"], []),
    "ended the kernel": (["import os\nos._exit(0)"], []),
    "took longer than 1 s": (["import time\ntime.sleep(30)"], []),
}


@pytest.mark.parametrize("words", FAULTS)
def test_failures_that_outputs_alone_would_hide(words, tmp_path, capsys):
    cells, raises = FAULTS[words]
    path = write_notebook(tmp_path / "sly.ipynb", *cells, raises=raises)
    assert main(["run", str(path), "--out", str(tmp_path), "--timeout", "1"]) == 1
    assert words in capsys.readouterr().err
    assert (tmp_path / "sly.failed.html").exists()


def test_old_outputs_do_not_pass_for_results(tmp_path):
    path = write_notebook(tmp_path / "old.ipynb", "raise SystemError('stop')", "1")
    stored = json.loads(path.read_text())
    stored["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "an old result"}]
    path.write_text(json.dumps(stored))
    assert main(["run", str(path), "--out", str(tmp_path)]) == 1
    assert "an old result" not in (tmp_path / "old.failed.html").read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', "\udcff"])
def test_what_is_not_a_notebook_is_said_plainly(text, tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match="not a notebook"):
        _chapters.read_notebook(path)


def test_a_path_that_is_not_there(tmp_path, capsys):
    assert main(["run", str(tmp_path / "no.ipynb")]) == 1
    assert "there is no notebook" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_stops_the_kernel_too(tmp_path):
    mark = tmp_path / "kernel.pid"
    path = write_notebook(
        tmp_path / "long.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "deepkit", "run", str(path), "--out", str(tmp_path)],
        cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, error = child.communicate(timeout=20)
    assert child.returncode == 130
    assert error.strip().endswith("stopped")
    assert "Traceback" not in error
    assert not alive(int(mark.read_text()))
    assert [p.name for p in tmp_path.glob("*.html")] == []


def alive(pid: int) -> bool:
    """True if the process runs; one that ended and waits for its parent does not."""
    for _ in range(40):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except (ProcessLookupError, FileNotFoundError):
            return False
        time.sleep(0.05)
    return True


@pytest.mark.skipif(os.name != "posix", reason="reads a pipe while the program runs")
def test_the_running_cell_is_told_where_no_terminal_is(tmp_path):
    go = tmp_path / "go"
    waiting = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)"
    path = write_notebook(tmp_path / "slow.ipynb", waiting, "2")
    child = subprocess.Popen(
        [sys.executable, "-m", "deepkit", "run", str(path), "--out", str(tmp_path)], stdout=subprocess.PIPE, bufsize=0
    )
    seen = b""
    while b"import os, time" not in seen:  # the cell cannot be done yet
        seen += child.stdout.read(1)
    assert not go.exists()
    go.touch()
    seen += child.communicate(timeout=60)[0]
    assert child.returncode == 0
    assert re.search(rb"\n  cell 1/2  import os, time +\d+\.\d\d s\n  cell 2/2  2 +\d+\.\d\d s\n", seen)
