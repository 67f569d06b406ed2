"""A quiz of shapes that the operators themselves mark: which shape comes out, or does it not fit?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.core.shape import Shape
from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.grids import ORANGE, document, label
from deepkit.viz.interactive import Interactive
from deepkit.viz.operators.asking import Answer, ask_all, tensors_taken
from deepkit.viz.operators.broadcast_explorer import shape_of
from deepkit.viz.picture import Drawing
from deepkit.viz.style import PALETTE

Question = tuple[str, Answer]


def questions(functions: Mapping[str, Callable[..., Any]], count: int, seed: int) -> list[Question]:
    """`count` questions about operators with one result; about every third has no answer, because the shapes do not fit.

    Raises:
        ArgumentError: without an operator of one or two tensors that has one result.
    """
    random = np.random.default_rng(seed)
    pools = {name: known for name, function in functions.items() if (known := _answers(function))[True]}
    if not pools:
        raise ArgumentError("no operator to ask about", hint='shape_quiz({"matmul": dk.matmul})')
    names, asked = list(pools), list[Question]()
    while len(asked) < count:
        name = names[int(random.integers(len(names)))]
        fitting, others = pools[name][True], pools[name][False]
        pool = others if others and random.random() < 1 / 3 else fitting
        question = (name, pool[int(random.integers(len(pool)))])
        if question not in asked or len(asked) >= len(names):
            asked.append(question)
    return asked


def _answers(function: Callable[..., Any]) -> dict[bool, list[Answer]]:
    """What can be asked about one operator, by whether the shapes fit; nothing where there are several results."""
    found: dict[bool, list[Answer]] = {True: [], False: []}
    for answer in ask_all(function) if tensors_taken(function) in (1, 2) else []:
        if () not in answer.shapes and (answer.made is None or len(answer.made) == 1):
            found[answer.made is not None].append(answer)
    return found


def text_of(question: Question) -> str:
    """`matmul of (2, 3) and (3, 4)`."""
    name, answer = question
    return f"{name} of {' and '.join(str(Shape(shape)) for shape in answer.shapes)}"


def is_right(question: Question, reply: str) -> bool:
    """Whether the reply is the shape that comes out, or `no` where the shapes do not fit.

    Raises:
        ArgumentError: for a reply that is neither.
    """
    made = question[1].made
    if reply.strip().lower() == "no":
        return made is None
    return made is not None and shape_of(reply) == made[0]


class ShapeQuiz(Interactive):
    """One question after the other; a wrong reply is told the rule. Without a kernel: all questions, answers upside down.

    Args:
        asked: names with what their owners made of some shapes.

    Attributes:
        questions: the same, as a list.
        score: right replies so far.
        controls: the widgets by name: reply, check.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, asked: Sequence[Question]):
        w = optional("ipywidgets", "the quiz of shapes")
        self.questions = list(asked)
        self.score = self.place = 0
        self.controls: dict[str, Any] = {
            "reply": w.Text(placeholder='a shape, such as 2, 3, or "no"', description="gives"),
            "check": w.Button(description="check"),
        }
        self._asked, self._told = w.HTML(), w.HTML()
        self.controls["check"].on_click(self._check)
        self.controls["reply"].on_msg(lambda _, said, __: self._check() if said.get("event") == "submit" else None)  # Enter
        self.widget = w.VBox([self._asked, w.HBox(list(self.controls.values())), self._told])
        self.widget.add_class("deepkit-shape-quiz")
        self._ask()

    def _ask(self) -> None:
        done = self.place == len(self.questions)
        self._asked.value = (
            f"<b>{self.score} of {len(self.questions)} right.</b>" if done
            else f"{self.place + 1} of {len(self.questions)}: <b>{text_of(self.questions[self.place])}</b>"
        )
        self.controls["reply"].value = ""
        self.controls["check"].disabled = done

    def _check(self, _: Any = None) -> None:
        if self.place == len(self.questions):
            return
        question = self.questions[self.place]
        try:
            right = is_right(question, self.controls["reply"].value)
        except ArgumentError as error:
            self._tell(error.what, ORANGE)
            return
        self.score += right
        self.place += 1
        refusal = question[1].refusal
        why = f" ({refusal.what})" if refusal is not None else ""
        said = f"{text_of(question)}: {question[1].result}{question[1].more}{why}"
        self._tell(f"right. {said}" if right else f"not quite. {said}", PALETTE["green"] if right else ORANGE)
        self._ask()

    def _tell(self, text: str, colour: str) -> None:
        self._told.value = f'<span style="color:{colour}">{text}</span>'

    def picture(self) -> Drawing:
        """All questions, and the answers upside down below them."""
        asked = [f"{i}  {text_of(question)}" for i, question in enumerate(self.questions, 1)]
        answers = "   ".join(f"{i}: {question[1].result}" for i, question in enumerate(self.questions, 1))
        parts = [label(text, 8, 22 + 20 * i, size=13) for i, text in enumerate(asked)]
        wide, y = max(7.9 * max(len(text) for text in asked), 6.1 * len(answers)) + 24, 20 * len(asked) + 34
        turned = label(answers, 8, 0, size=10)
        parts.append(f'<g transform="translate({wide:.0f} {y - 10}) rotate(180)">{turned}</g>')
        return Drawing(document(parts, wide, y, "a quiz of shapes"), f"{len(asked)} questions about shapes")


def shape_quiz(functions: Mapping[str, Callable[..., Any]], count: int = 8, seed: int = 1) -> ShapeQuiz:
    """Be asked which shapes come out of which operators; see ShapeQuiz."""
    return ShapeQuiz(questions(functions, count, seed))
