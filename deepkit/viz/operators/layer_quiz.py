"""A quiz of shapes that layers mark: which shape comes out of this layer, or does the input not fit?"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.viz.operators.layer_asking import ARGUMENTS, Trial, required
from deepkit.viz.operators.shape_quiz import Question, ShapeQuiz

CHOICES: dict[str, tuple[Any, ...]] = {
    "units": (3, 10), "filters": (4, 8), "kernel_size": (3, 5), "strides": (1, 2), "padding": ("valid", "same"),
    "pool_size": (2, 3), "size": (2, 3), "n": (2, 5), "return_sequences": (False, True), "target_shape": ((-1,), (6, -1)),
    "output_dim": (2, 8), "cropping": (1, 2),
}
"""What a question draws for a parameter of these names."""

SHAPES: tuple[tuple[int, ...], ...] = ((12,), (10, 4), (12, 12, 3), (9, 9, 1))


def layer_questions(layers: Mapping[str, type], count: int, seed: int) -> list[Question]:
    """`count` different questions; at most every third is about an input that does not fit.

    Raises:
        ArgumentError: without a layer that can be asked.
    """
    asking = {name: cls for name, cls in layers.items() if all(key in {**ARGUMENTS, **CHOICES} for key in required(cls))}
    if not asking:
        raise ArgumentError("no layer to ask about", hint='layer_quiz({"Dense": Dense})')
    random, asked = np.random.default_rng(seed), dict[str, Question]()
    refused = tries = 0
    while len(asked) < count and tries < 50 * count:
        tries += 1
        name = list(asking)[int(random.integers(len(asking)))]
        trial = _drawn(asking[name], random)
        answer = trial.ask()
        if answer.made is None and 3 * (refused + 1) > len(asked) + 1:
            continue
        refused += answer.made is None
        asked.setdefault(f"{name}({trial.written})", (f"{name}({trial.written})", answer))
    return list(asked.values())


def _drawn(cls: type, random: np.random.Generator) -> Trial:
    """A layer with what it needs, one further argument where there is a choice, and a shape."""
    known = [name for name in inspect.signature(cls).parameters if name in CHOICES]
    needed = required(cls)
    further = [name for name in known if name not in needed]
    picked = [further[int(random.integers(len(further)))]] if further else []
    arguments = {name: ARGUMENTS[name] if name not in CHOICES else CHOICES[name][int(random.integers(len(CHOICES[name])))]
                 for name in [*needed, *picked]}
    shape = SHAPES[int(random.integers(len(SHAPES)))]
    return Trial(cls, arguments, (shape,))


def layer_quiz(layers: Mapping[str, type], count: int = 8, seed: int = 1) -> ShapeQuiz:
    """Be asked which shapes come out of which layers; a reply is told the number of weights, too. See ShapeQuiz."""
    return ShapeQuiz(layer_questions(layers, count, seed))
