"""The toy exercise, written into a temporary folder, and a way to hand in answers to it."""

from __future__ import annotations

import json

import pytest
from toy_exercise import RIGHT, cell, notebook, source


@pytest.fixture
def toy(tmp_path):
    """Path of the toy exercise's source."""
    path = tmp_path / "exercises" / "source" / "toy.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(source()))
    return path


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
