"""A self-test that was passed is remembered for exactly what passed it."""

from __future__ import annotations

import json
import threading

import pytest
from toy_exercise import changed, source

import deepkit
from deepkit.cli import main
from deepkit.grade import grading, load_exercise, self_test
from deepkit.grade.authoring import proof


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("deepkit.datasets.locate.cache_folder", lambda: tmp_path / "cache")


def test_an_exercise_is_tested_once(toy, hand_in, capsys, monkeypatch):
    anna = str(hand_in())
    assert main(["grade", str(toy), anna]) == 0
    told = capsys.readouterr().err
    assert "testing toy itself first" in told
    assert "  12/12 op: an empty answer" in told  # without a terminal: a line for each quarter
    assert "it is sound" in told
    monkeypatch.setattr(grading, "self_test", None)  # nobody asks for it again
    assert main(["grade", str(toy), anna]) == 0
    assert "testing" not in capsys.readouterr().err


def test_what_changes_must_be_tested_anew(toy, monkeypatch):
    exercise = load_exercise(toy)
    assert not proof.is_proven(exercise)
    proof.remember(exercise)
    assert proof.is_proven(exercise)
    text = toy.read_text()
    toy.write_text(text + "\n")
    assert not proof.is_proven(exercise)
    toy.write_text(text)
    assert proof.is_proven(exercise)
    monkeypatch.setattr(deepkit, "__version__", "another")
    assert not proof.is_proven(exercise)


def test_the_graders_sources_belong_to_what_was_tested(toy, tmp_path, monkeypatch):
    exercise = load_exercise(toy)
    proof.remember(exercise)
    (tmp_path / "grader").mkdir()
    (tmp_path / "grader" / "__init__.py").write_text("")
    monkeypatch.setattr(deepkit.grade, "__file__", str(tmp_path / "grader" / "__init__.py"))
    assert not proof.is_proven(exercise)


def test_a_failed_self_test_is_not_remembered(toy, hand_in, capsys):
    toy.write_text(json.dumps(source(tests=changed("square-sum", "expected=np.sum(x**2))", "expected=0.0)"))))
    for _ in range(2):
        assert main(["grade", str(toy), str(hand_in())]) == 1
        assert "fails its own test" in capsys.readouterr().err


def test_answers_of_a_self_test_run_side_by_side(toy, monkeypatch):
    together = threading.Barrier(2, timeout=20)  # two answers must be under way before either may end

    def graded(grader, task, source):
        together.wait()
        return grading.TaskMarks(task.name, 0.0, task.points, "")

    monkeypatch.setattr(grading.Grader, "answer", graded)
    tried = [name for name, _ in self_test(load_exercise(toy), seed=1, workers=2)]
    assert tried[:4] == [
        "square-sum: our solution", "square-sum: the template", "square-sum: wrong answer 1", "square-sum: an empty answer",
    ]
    assert len(tried) == 12
