"""Comparison tables: exact text, exact HTML, and verdicts that are true."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError, ShapeError


def test_a_comparison_is_aligned_text():
    table = viz.compare([("loss", 0.0675, 0.0675), ("steps", 5000, 5000)])
    assert repr(table).splitlines() == [
        "       document    here",
        "─────  ────────  ──────",
        "loss     0.0675  0.0675",
        "steps      5000    5000",
    ]


def test_large_whole_numbers_are_read_by_their_commas():
    table = viz.compare([("ResNet50", 25636712, np.int64(-10_000)), ("LeNet", 9999, 3)], ("", "parameters", "change"))
    assert table.rows == [["ResNet50", "25,636,712", "-10,000"], ["LeNet", "9999", "3"]]
    assert table.right == [False, True, True]


def test_a_reproduction_counts_the_digits_that_agree():
    table = viz.reproduction(document=["0.50", "0.0163", 3], here=[0.5, 0.016401, 2.0], what=["a", "b", "c"])
    assert repr(table).splitlines() == [
        "   document    here  digits",
        "─  ────────  ──────  ──────",
        "a      0.50    0.50  2 of 2",
        "b    0.0163  0.0164  2 of 3",
        "c         3       2  0 of 1",
    ]
    assert table.same is False
    assert viz.reproduction(document=["1"], here=[1]).same is True


@pytest.mark.parametrize(
    ("theirs", "ours", "written", "digits"),
    [
        ("0.0674925", np.float32(0.0674925), "0.0674925", "6 of 6"),
        ("5000", np.int64(5000), "5000", "4 of 4"),
        ("[[1. 2.]]", np.array([[1, 2]]), "[[1. 2.]]", "1 of 1"),
        ("-1.9618274 2.582354", np.array([-1.9618, 2.5823]), "-1.9618000 2.582300", "4 of 7"),
        ("2.11788988", 2.1178899, "2.11788990", "8 of 9"),
        ("1.0 2.0", [1.0, 2.1], "1.0 2.1", "1 of 2"),
        ("0. 0.25 0.5", [0.0, 0.25, 0.5], "0. 0.25 0.5", "2 of 2"),
        ("1.0 2.0", [1.0], "[1.0]", "≠"),
        ("1.5e-07", 1.52e-7, "1.5e-07", "2 of 2"),
        ("0.0", 1e-9, "0.0", "1 of 1"),
        ("0.000", 0.01, "0.010", "0 of 1"),
        ("loss 0.25", "the loss is 0.26", "loss 0.26", "1 of 2"),
        ("hello", "hello", "hello", "="),
        ("hello", 3.0, "3.0", "≠"),
        (True, True, "True", "="),
        ("0.5", float("nan"), "nan", "0 of 1"),
        # 2 ** 0.5 in 30 digits is more than a float holds: 17 of them agree
        ("1.41421356237309504880168872421", 2**0.5, "1.41421356237309514547462185874", "16 of 30"),
    ],
)
def test_ours_is_written_in_the_form_of_the_document(theirs, ours, written, digits):
    row = viz.reproduction(document=[theirs], here=[ours]).rows[0]
    assert row == [str(theirs), written, digits]


def test_html_is_the_same_table_and_escaped():
    table = viz.compare([("a<b", 1.5, "x&y")])
    text = table._repr_html_()
    assert text == viz.compare([("a<b", 1.5, "x&y")])._repr_html_()
    assert "a&lt;b" in text
    assert "x&amp;y" in text
    assert text.count("<tr>") == 2
    assert 'text-align:right;white-space:pre;padding:2px 10px">1.5<' in text


def test_values_of_several_lines_stay_in_their_column():
    assert repr(viz.compare([("two\nlines", 1, "x")])).splitlines()[2:] == ["two           1  x", "lines"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: viz.compare([]), ShapeError),
        (lambda: viz.compare([(1, 2)]), ShapeError),
        (lambda: viz.reproduction(document=[1, 2], here=[1]), ShapeError),
        (lambda: viz.reproduction(document=[], here=[]), ArgumentError),
    ],
)
def test_tables_that_make_no_sense(call, error):
    with pytest.raises(error):
        call()


def test_a_long_cell_may_be_broken_at_its_spaces_and_a_short_one_may_not():
    long = "0.09003057 0.00242826 0.01587624 0.33333333"
    text = viz.compare([("row", long, "3 of 3")], ("what", "document", "digits"))._repr_html_()
    assert f'white-space:pre-wrap;padding:2px 10px">{long}</td>' in text
    assert 'white-space:pre;padding:2px 10px">3 of 3</td>' in text
