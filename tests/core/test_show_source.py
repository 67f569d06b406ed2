"""The library's own code shown: all of it, or the part that a sentence before it names."""

from __future__ import annotations

import pytest

import deepkit as dk
from deepkit.api import _part
from deepkit.errors import ArgumentError

TEXT = "class A:\n    def f(self):\n        x = 1\n\n        return x\n\n    def g(self):\n        return 2\n"


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (None, TEXT),
        ("def f", "def f(self):\n    x = 1\n\n    return x\n"),
        ("def g", "def g(self):\n    return 2\n"),
        ("x = 1", "x = 1\n\nreturn x\n"),  # opens no block: what is left of the block it stands in
    ],
)
def test_a_part_is_a_block_or_what_is_left_of_one(part, shown):
    assert _part(TEXT, part) == shown


def test_a_part_that_is_not_there_is_refused():
    with pytest.raises(ArgumentError, match="no line holds 'def h'"):
        dk.show_source(dk.exp, part="def h")


def test_an_op_shows_its_gradient():
    shown = repr(dk.show_source(dk.exp, part="def gradient"))
    assert "return dy" in shown
    assert "def forward" not in shown
    assert "def gradient" in repr(dk.show_source(dk.exp))


def test_a_value_has_no_source():
    with pytest.raises(ArgumentError, match="a int has no source"):
        dk.show_source(3)
