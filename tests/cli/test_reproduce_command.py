"""`deepkit reproduce`: what ran is told by id, digits are counted from the tables, the table keeps what was there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deepkit import resources
from deepkit.cli import main
from deepkit.commands import _examples, _reproduced, reproduce
from deepkit.commands._reproduced import Result
from deepkit.errors import ArgumentError, DataError

nbformat = pytest.importorskip("nbformat", reason="the extra `course` is not installed")
pytest.importorskip("nbclient", reason="the extra `course` is not installed")

TABLE = "from deepkit import viz\nviz.reproduction(document=['0.50', '12'], here=[{}, 12])"


def write_chapter(path: Path, *cells: tuple[str, list[str]]) -> None:
    """A chapter whose code cells hold these sources and carry these examples."""
    made = [nbformat.v4.new_markdown_cell("# A chapter")]
    for source, ids in cells:
        cell = nbformat.v4.new_code_cell(source)
        if ids:
            cell.metadata["deepkit"] = {"example": ids}
        made.append(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of two chapters, and a folder to work in; nothing is rewritten but what is asked for."""
    folder = tmp_path / "course"
    write_chapter(folder / "ch01-one.ipynb", (TABLE.format(0.5), ["D0-1-01"]), ("x = 1", []), (TABLE.format(0.53), ["D0-1-02"]))
    write_chapter(folder / "ch02-two.ipynb", ("y = 2", ["D0-1-03"]), ("1 / 0", ["D0-1-03", "D0-1-04"]))
    header = "id,lines,chapter,what,printed,ours,setting,status,reason\n"
    rows = [f"D0-1-0{i},1,{c},an example,,,,{s},\n" for i, c, s in ((1, "ch01", "told"), (2, "ch01", "told"),
            (3, "ch02", "told"), (4, "ch02", "told"), (5, "ch09", "to come"))]
    (folder / _examples.FILE).write_text(header + "".join(rows), encoding="utf-8")
    monkeypatch.setattr(resources, "folder", lambda name: {"course": folder}[name])
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


def test_a_chapter_writes_a_row_for_each_example(course, capsys):
    assert main(["reproduce", "ch01"]) == 0
    table = _reproduced.read(Path(_reproduced.FILE))
    assert {name: (row.cells, row.digits, row.result) for name, row in table.items()} == {
        "D0-1-01": (1, "4 of 4", "ran"), "D0-1-02": (1, "3 of 4", "ran"),
    }
    assert sum(row.seconds for row in table.values()) > 0
    assert "  D0-1-02   ran     3 of 4" in capsys.readouterr().out
    assert {path.name for path in course.iterdir()} == {"ch01-one.ipynb", "ch02-two.ipynb", _examples.FILE}


def test_a_table_that_two_examples_share_counts_for_each_what_its_document_printed(course):
    header, *rows = (course / _examples.FILE).read_text(encoding="utf-8").splitlines()
    printed = {"D0-1-01": "0.50; 1.25", "D0-1-02": "12"}
    rows = [row.replace("an example,,", f"an example,{printed.get(row[:7], '')},") for row in rows]
    (course / _examples.FILE).write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    other = "from deepkit import viz\nviz.compare([('a', '1 of 2')], ('of two', 'columns'))"
    write_chapter(course / "ch01-one.ipynb", (TABLE.format(0.53), ["D0-1-01", "D0-1-02"]), (other, ["D0-1-01"]))
    assert main(["reproduce", "ch01"]) == 0
    found = _reproduced.read(Path(_reproduced.FILE))
    assert {name: row.digits for name, row in found.items()} == {"D0-1-01": "1 of 2", "D0-1-02": "2 of 2"}


def test_one_example_runs_up_to_its_last_cell_and_keeps_the_other_rows(course, capsys):
    kept = Result("D0-1-02", "ch01", 7, "1 of 9", 3.5, "ran")
    _reproduced.write(Path(_reproduced.FILE), {"D0-1-02": kept})
    assert main(["reproduce", "d0-1-01"]) == 0
    table = _reproduced.read(Path(_reproduced.FILE))
    assert list(table) == ["D0-1-01", "D0-1-02"]
    assert table["D0-1-02"] == kept
    assert "cell 1/1" in capsys.readouterr().out  # the two behind it did not run


def test_what_failed_is_told_and_the_exit_code_says_so(course, capsys):
    assert main(["reproduce", "ch02"]) == 1
    assert {name: row.result for name, row in _reproduced.read(Path(_reproduced.FILE)).items()} == {
        "D0-1-03": "failed", "D0-1-04": "failed",
    }
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_is_to_come_is_refused(course, capsys):
    assert main(["reproduce", "D0-1-05"]) == 1
    assert "belongs to ch09, which is not written yet" in capsys.readouterr().err
    assert not Path(_reproduced.FILE).exists()


def test_what_only_the_text_tells_cannot_run(course, capsys):
    notebook = nbformat.read(course / "ch02-two.ipynb", 4)
    for cell in notebook.cells:
        cell.metadata = {"deepkit": {"example": ["D0-1-04"]}} if cell.cell_type == "markdown" else {}
    nbformat.write(notebook, course / "ch02-two.ipynb")
    assert main(["reproduce", "D0-1-04"]) == 1
    assert "D0-1-04 is told in the text of its chapter" in capsys.readouterr().err


def test_another_file_is_not_taken_for_a_table(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="no table of results"):
        _reproduced.read(tmp_path / "x.csv")


@pytest.mark.parametrize(("accuracy", "result", "code"), [(78.0, "ran", 0), (60.0, "failed", 1)])
def test_long_trainings_are_held_to_the_documents_level(course, monkeypatch, accuracy, result, code, capsys):
    from deepkit import keras
    from deepkit.models import mnist

    rows = (course / _examples.FILE).read_text(encoding="utf-8").replace("D0-1-05", "D1-2-28")
    (course / _examples.FILE).write_text(rows, encoding="utf-8")
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: None)
    monkeypatch.setattr(
        mnist.Recipe, "run", lambda recipe, *_, **__: {"test %": accuracy, "printed test %": recipe.test})
    with pytest.raises(ArgumentError, match="belongs to ch09"):  # without --full there is nothing to run
        reproduce._asked("D1-2-28", full=False)
    assert main(["reproduce", "D1-2-28", "--full"]) == code
    (row,) = _reproduced.read(Path(_reproduced.FILE)).values()
    assert (row.id, row.result, row.digits) == ("D1-2-28", result, f"{accuracy:.2f} % here, 78.88 % printed")
    measured = json.loads(Path(_reproduced.TRAININGS).read_text(encoding="utf-8"))
    assert measured == {"sigmoid-mlp": {"test %": accuracy, "printed test %": 78.88}}


@pytest.mark.parametrize(("accuracy", "result", "code"), [(86.0, "ran", 0), (60.0, "failed", 1)])
def test_a_long_training_on_a_text_needs_no_data_set(course, monkeypatch, accuracy, result, code):
    from deepkit.models.sequences import text

    rows = (course / _examples.FILE).read_text(encoding="utf-8").replace("D0-1-03", "D0-11-07")
    (course / _examples.FILE).write_text(rows, encoding="utf-8")
    measured = {"train %": accuracy, "causing all the": "pain"}
    monkeypatch.setattr(text.Recipe, "run", lambda recipe, verbose: measured)
    found, reached = reproduce._train_on_sequences("d0-11-07", Path())
    assert reached == (code == 0)
    (row,) = found
    assert (row.id, row.result) == ("D0-11-07", result)
    assert row.digits == f"{accuracy:.2f} % here, 87.10 % printed; causing all the: pain"
    assert json.loads(Path(_reproduced.TRAININGS).read_text(encoding="utf-8")) == {"text-lstm": measured}
