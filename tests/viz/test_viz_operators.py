"""Cards, curves and the quiz of operators: what they say is what NumPy and SciPy say, and what does not fit is refused."""

from __future__ import annotations

import xml.etree.ElementTree as xml

import numpy as np
import pytest
from scipy import special

import deepkit as dk
from deepkit import viz
from deepkit.errors import ArgumentError, DeepkitError
from deepkit.viz.operators import asking
from deepkit.viz.operators.shape_quiz import is_right, questions, text_of

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return [element.text for element in xml.fromstring(picture.svg).iter(f"{SVG}text")]


# ---- asking an op for shapes


@pytest.mark.parametrize("shapes", [((2, 3), (3, 3)), ((2, 3), (2, 3)), ((4, 2, 3), (3, 1)), ((3, 2), (4, 2, 3))])
def test_matmul_takes_the_shapes_that_numpy_takes(shapes):
    try:
        expected = np.matmul(*(np.ones(shape) for shape in shapes)).shape
    except ValueError:
        expected = None
    answer = asking.ask(dk.matmul, shapes)
    assert answer.made == (None if expected is None else (expected,))
    assert answer.result == ("no" if expected is None else str(expected))
    assert (answer.refusal is None) is (expected is not None)


def test_texts_and_whole_numbers_are_tried_where_floats_are_refused():
    assert asking.ask(dk.decode_base64, [(2, 3)]).made == ((2, 3),)
    assert asking.ask(dk.truncatediv, [(3,), (3, 1)]).made == ((3, 3),)
    assert "float" in asking.ask(dk.matmul, [(), ()]).refusal.what or asking.ask(dk.matmul, [(), ()]).made is None


@pytest.mark.parametrize(("name", "count"), [("exp", 1), ("matmul", 2), ("betainc", 3), ("tensordot", 0), ("string_join", 0)])
def test_how_many_tensors_are_needed(name, count):
    assert asking.tensors_taken(getattr(dk, name)) == count


@pytest.mark.parametrize(
    "name", ["trace", "matrix_diag", "matrix_diag_part", "matrix_solve_ls", "matrix_inverse", "svd", "qr", "cholesky", "rfft",
             "rfft2d", "irfft", "fft", "norm", "matrix_transpose", "cross", "lbeta"])
def test_too_few_axes_are_refused_by_the_rule(name):
    """ask_all lets through any exception that is not one of ours."""
    answers = asking.ask_all(getattr(dk, name))
    assert answers
    for answer in answers:
        assert answer.made is not None or isinstance(answer.refusal, DeepkitError)


# ---- curves


@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [("exp", np.exp, np.exp), ("square", np.square, lambda x: 2 * x), ("sin", np.sin, np.cos),
     ("digamma", special.digamma, lambda x: special.polygamma(1, x)), ("log1p", np.log1p, lambda x: 1 / (1 + x))],
)
def test_values_and_slopes(name, value, slope):
    x = np.linspace(0.1, 3, 7)
    found = viz.curve(getattr(dk, name), x)
    np.testing.assert_allclose(found[0], value(x), rtol=1e-12)
    np.testing.assert_allclose(found[1], slope(x), rtol=1e-9)


def test_no_slope_and_no_value_are_gaps():
    values, slopes = viz.curve(dk.floor, np.array([0.5, 1.5]))
    assert values.tolist() == [0, 1]
    assert np.isnan(slopes).all()
    assert np.isnan(viz.curve(dk.log, np.array([-1.0]))).all()


def test_jumps_and_ends_are_not_joined():
    paths = [e.get("d") for e in xml.fromstring(viz.show_curves({"tan": dk.tan}).svg).iter(f"{SVG}path")]
    assert max(path.count("M") for path in paths) == 3  # three branches of the tangent between -3 and 3
    steps = [e.get("d") for e in xml.fromstring(viz.show_curves({"floor": dk.floor}).svg).iter(f"{SVG}path")]
    assert max(path.count("M") for path in steps) == 6


def test_a_straight_line_needs_two_points():
    paths = [e.get("d") for e in xml.fromstring(viz.show_curves({"-x": dk.negative}).svg).iter(f"{SVG}path")]
    assert any(path.count("L") == 1 and path.count("M") == 1 for path in paths)


def test_the_sheet_names_every_function():
    sheet = viz.show_curves({"exp": dk.exp, "log": dk.log, "sin": dk.sin}, columns=2)
    assert {"exp", "log", "sin"} <= set(texts(sheet))
    assert repr(sheet) == "3 functions and their slopes"


@pytest.mark.parametrize("function", [dk.reduce_sum, dk.as_string, dk.matmul])
def test_what_has_no_curve_is_refused(function):
    with pytest.raises((ArgumentError, TypeError)):
        viz.curve(function, np.array([0.5, 1.0]))
    with pytest.raises(ArgumentError):
        viz.show_curves({})


# ---- cards


def test_the_card_of_a_product_is_a_table_of_pairs():
    card = viz.show_operator(dk.matmul)
    said = texts(card)
    assert said[0] == "matmul"
    assert said.count("·") == 49 - 11
    assert repr(card) == "matmul(a, b, ...): 2 tensors, 11 of 49 pairs of shapes fit"


def test_the_card_of_a_function_has_its_curve():
    assert "value and slope" in texts(viz.show_operator(dk.exp))
    assert "value and slope" not in texts(viz.show_operator(dk.trace))
    assert repr(viz.show_operator(dk.trace)) == "trace(x, ...): 1 tensor, 5 of 7 shapes fit"
    assert repr(viz.show_operator(dk.tensordot, "tf.tensordot")) == "tf.tensordot(a, b, axes, ...)"


@pytest.fixture
def cards():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.operator_cards({"tf.exp": dk.exp, "tf.trace": dk.trace, "tf.matmul": dk.matmul}, start="tf.matmul")


def test_searching_by_name_and_by_word(cards):
    search, found = cards.controls["search"], cards.controls["found"]
    assert "matmul" in cards._drawing.value
    search.value = "trac"
    assert found.options == ("tf.trace",)
    assert "tf.trace" in cards._drawing.value
    search.value = "diagonal"  # a word of its description
    assert found.options == ("tf.trace",)
    search.value = "nowhere"
    assert found.options == ("tf.trace",)
    search.value = ""
    assert found.options == ("tf.exp", "tf.trace", "tf.matmul")


def test_readers_without_a_kernel_get_a_card(cards):
    data, _ = cards._repr_mimebundle_()
    assert data["text/plain"].startswith("tf.matmul")
    assert data["text/html"] == cards.picture()._repr_html_()
    assert cards.picture().svg == cards._drawing.value


# ---- the quiz


OPS = {"matmul": dk.matmul, "add": dk.add, "trace": dk.trace, "transpose": dk.transpose}


def test_answers_are_numpys():
    asked = questions(OPS, 40, seed=3)
    judged = 0
    for name, answer in asked:
        by_numpy = {"matmul": np.matmul, "add": np.add}.get(name)
        if by_numpy is not None:
            try:
                expected = (by_numpy(*(np.ones(shape) for shape in answer.shapes)).shape,)
            except ValueError:
                expected = None
            assert answer.made == expected, text_of((name, answer))
            judged += 1
    assert judged > 5
    assert {answer.made is None for _, answer in asked} == {True, False}
    assert asked == questions(OPS, 40, seed=3) != questions(OPS, 40, seed=4)


def test_replies_are_judged():
    fits = ("matmul", asking.ask(dk.matmul, ((2, 3), (3, 1))))
    wrong = ("matmul", asking.ask(dk.matmul, ((2, 3), (2, 3))))
    assert text_of(fits) == "matmul of (2, 3) and (3, 1)"
    assert is_right(fits, " (2, 1)")
    assert not is_right(fits, "2, 3")
    assert not is_right(fits, "no")
    assert is_right(wrong, "No")
    assert not is_right(wrong, "2, 3")


def test_the_quiz_counts_tells_and_ends():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    quiz = viz.shape_quiz(OPS, count=3, seed=1)
    reply, check = quiz.controls["reply"], quiz.controls["check"]
    reply.value = "what?"
    check.click()
    assert (quiz.place, quiz.score) == (0, 0)
    assert "not a shape yet" in quiz._told.value
    for i in range(3):
        reply.value = quiz.questions[i][1].result if i else "9, 9, 9"
        check.click()
    assert quiz.score == 2
    assert quiz._asked.value == "<b>2 of 3 right.</b>"
    assert check.disabled
    check.click()
    assert quiz.score == 2


def test_the_still_quiz_has_its_answers_upside_down():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    quiz = viz.shape_quiz(OPS, count=3, seed=1)
    still = quiz.picture()
    assert "rotate(180)" in still.svg
    assert sum("of (" in text for text in texts(still)) == 3
    assert f"1: {quiz.questions[0][1].result}" in texts(still)[-1]


def test_nothing_to_show_or_to_ask_is_refused():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    with pytest.raises(ArgumentError, match="no operator"):
        viz.operator_cards({})
    with pytest.raises(ArgumentError, match="no operator"):
        viz.shape_quiz({"svd": dk.svd})
