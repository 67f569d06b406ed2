"""The toy exercise, written into a temporary folder, and a way to hand in answers to it."""

from __future__ import annotations

import json

import pytest
from toy_exercise import RIGHT, TESTS, cell, notebook


@pytest.fixture
def toy(tmp_path):
    """Path of the toy exercise's folder."""
    folder = tmp_path / "exercises" / "toy"
    folder.mkdir(parents=True)
    cells = [cell("# Toy"), cell("import numpy as np", "imports", locked=True)]
    for name, source in RIGHT.items():
        cells += [cell(source, name, solution=True), cell("assert True", f"{name}-check", grade=True, locked=True)]
    (folder / "master.ipynb").write_text(json.dumps(notebook(cells)))
    (folder / "tests.py").write_text(TESTS)
    return folder


@pytest.fixture
def hand_in(tmp_path):
    """Write a submission with all answers right but those given; a None leaves an answer out."""

    def write(name="anna.ipynb", extra=(), **answers):
        sources = RIGHT | {key.replace("_", "-"): source for key, source in answers.items()}
        cells = [cell(source, key, solution=True) for key, source in sources.items() if source is not None]
        path = tmp_path / name
        path.write_text(json.dumps(notebook([*cells, *extra])))
        return path

    return write
