"""What is taken out of a submission: the text of its answers, by name, and what these lean on in its other cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepkit.errors import printable
from deepkit.grade.helpers import MOST_CHARACTERS, Piece, borrowed, imports_of, pieces_of, without_magics
from deepkit.grade.notebook import nbgrader_keys, read_notebook, text_of

_MOST_CELLS = 1000  # that are looked through for helpers
_MOST_HELPERS = 500_000  # characters in them all


@dataclass(frozen=True)
class Submission:
    """The answers found, the reasons why others cannot be taken, and what the notebook imports and defines.

    Imports at top level of any answer are run for all of them. `texts` are the open questions that were answered. The cells
    are in the notebook's order, or, where it is `live`, in the one in which they were run.
    """

    answers: dict[str, str]
    problems: dict[str, str]
    imports: tuple[str, ...]
    pieces: tuple[Piece, ...]
    places: dict[str, int]
    texts: dict[str, str]
    live: bool = False

    def beside(self, name: str, known: set[str], wanted: set[str]) -> tuple[list[str], list[str]]:
        """What the answer `name` needs of other cells: what runs before it, and what runs after it; see `borrowed`."""
        return borrowed(self.answers[name], self.places[name], self.pieces, known, wanted, live=self.live)

    def defines(self, name: str) -> bool:
        """Whether a cell of the notebook gives `name` a value."""
        return any(name in piece.names for piece in self.pieces)


def read_submission(path: Path, names: list[str], *, ours: Iterable[str] = (), questions: Iterable[str] = ()) -> Submission:
    """Take the answers `names` out of a notebook: by grade_id, or by the cell's own id where that is all it has left.

    `ours` are the names of given code and tests, from which nothing is taken; `questions` those of open questions.
    """
    everything = read_notebook(path, one_name=True)["cells"]
    cells = [raw for raw in everything if raw.get("cell_type") == "code"]
    answers, problems = _answers(cells, names)
    imports = tuple(dict.fromkeys(line for source in answers.values() for line in imports_of(source)))
    pieces = tuple(_pieces(cells, set(ours)))
    places = {name: i for i, cell in reversed(list(enumerate(cells))) for name in _called(cell)}
    written = {name: printable(texts[0][:MOST_CHARACTERS], "\n\t") for name in questions if (texts := _texts(everything, name))}
    return Submission(answers, problems, imports, pieces, places, written)


def _pieces(cells: list[dict[str, Any]], closed: set[str]) -> Iterator[Piece]:
    """What the cells define, but for those that are called by a name in `closed`."""
    theirs = [(number, _source(cell)) for number, cell in enumerate(cells) if not closed & _called(cell)]
    room = _MOST_HELPERS
    for number, source in theirs[:_MOST_CELLS]:
        room -= len(source)
        if room >= 0:
            yield from pieces_of(without_magics(source), number)


def _answers(cells: list[dict[str, Any]], names: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The answers that can be taken, and for each other one the reason why it cannot."""
    answers: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name in names:
        texts = _texts(cells, name)
        if not texts:
            problems[name] = "no answer cell with this name: it was deleted, or it lost its id when it was copied"
        elif len(set(texts)) > 1:
            problems[name] = f"{len(texts)} different cells carry this answer's id: keep the one that counts"
        elif len(texts[0]) > MOST_CHARACTERS:
            problems[name] = f"the answer is longer than {MOST_CHARACTERS:,} characters"
        else:
            answers[name] = without_magics(texts[0])
    return answers, problems


def gathered(cells: Sequence[str], places: Mapping[str, int], *, ours: Iterable[str] = ()) -> Submission:
    """The answers at `places` among the texts of `cells`, which were run one after another; nothing is taken from `ours`."""
    answers = {name: cells[place] for name, place in places.items()}
    closed = {"".join(text.split()) for text in ours}
    theirs = [(i, cell) for i, cell in enumerate(cells) if "".join(cell.split()) not in closed]
    imports = tuple(dict.fromkeys(line for source in answers.values() for line in imports_of(source)))
    pieces = tuple(piece for i, cell in theirs[-_MOST_CELLS:] for piece in pieces_of(cell, i))
    return Submission(answers, {}, imports, pieces, dict(places), {}, live=True)


def _texts(cells: list[dict[str, Any]], name: str) -> list[str]:
    marked = [cell for cell in cells if nbgrader_keys(cell).get("grade_id") == name]
    plain = [cell for cell in cells if cell.get("id") == name and "grade_id" not in nbgrader_keys(cell)]
    return [_source(cell) for cell in marked or plain]


def _called(cell: dict[str, Any]) -> set[str]:
    """The names that a cell has: its grade_id, and the id of the notebook's own."""
    return {name for name in (nbgrader_keys(cell).get("grade_id"), cell.get("id")) if isinstance(name, str)}


def _source(cell: dict[str, Any]) -> str:
    return text_of(cell["source"]) or ""
