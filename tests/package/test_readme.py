"""README is true: its programs run, offline, one after the other, and its commands exist."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from test_architecture import REPOSITORY

from deepkit.cli import COMMANDS

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_there_are_programs():
    assert len(PROGRAMS) >= 3


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_program_of_the_readme_runs(number, tmp_path):
    if ".h5" in PROGRAMS[number]:
        pytest.importorskip("h5py")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS[number]], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_the_commands_of_the_readme_exist():
    named = set(re.findall(r"^\| `deepkit ([a-z0-9-]+)", README, re.MULTILINE))
    assert named == set(COMMANDS)


def test_the_readme_counts_the_chapters_and_exercises_that_there_are():
    chapters = int(re.search(r"There are (\d+) chapters, each with a set of exercises", README).group(1))
    assert chapters == len(list((REPOSITORY / "course").glob("ch*.ipynb")))
    assert chapters == len(list((REPOSITORY / "exercises").glob("*.ipynb")))


def test_nobody_is_sent_to_another_projects_distribution():
    """`pip install deepkit` would bring a stranger's code: every message goes through resources.install."""
    pattern = re.compile(r"pip install [\"'\\]*deepkit\b(?!-learn)")
    files = [REPOSITORY / "README.md", *(REPOSITORY / "deepkit").rglob("*.py"), *(REPOSITORY / "course").rglob("*.ipynb")]
    assert [str(file) for file in files if pattern.search(file.read_text(encoding="utf-8"))] == []
