"""Formulas in a page's text: MathML outside of code, and a clear error for what is none."""

from __future__ import annotations

import pytest

from deepkit.commands._formulas import mathml, with_mathml
from deepkit.errors import DataError

pytest.importorskip("latex2mathml", reason="the extra `course` is not installed")


def test_formulas_become_mathml_and_code_and_money_stay() -> None:
    text = with_mathml("from $x_1$ to $$\\frac{a}{b}$$ costs \\$5 or 3$ with `$HOME` and\n```\n$x$\n```\n")
    assert "<msub><mi>x</mi><mn>1</mn></msub>" in text
    assert 'display="block"' in text
    assert "<mfrac>" in text
    assert "costs \\$5 or 3$ with `$HOME` and\n```\n$x$\n```\n" in text


def test_a_formula_that_cannot_be_read_is_named() -> None:
    with pytest.raises(DataError, match=r"cannot read the formula 'a_b_c'"):
        mathml("a_b_c")
