"""Cards and the quiz of layers: what they say is what the formulas of layers say, and nothing else is disturbed by asking."""

from __future__ import annotations

import xml.etree.ElementTree as xml

import numpy as np
import pytest

from deepkit import keras, viz
from deepkit.errors import ArgumentError, ShapeError
from deepkit.keras import layers as L
from deepkit.models.layer_families import FAMILIES, layers_by_name
from deepkit.viz.operators.layer_asking import Trial, arguments_of, asked_about, example_of
from deepkit.viz.operators.layer_quiz import layer_questions
from deepkit.viz.operators.shape_quiz import is_right, text_of

SVG = "{http://www.w3.org/2000/svg}"
LAYERS = {name: getattr(L, name) for name in ("Dense", "Conv2D", "MaxPooling2D", "Flatten", "LSTM", "Dropout", "Embedding")}


def texts(picture):
    return [element.text for element in xml.fromstring(picture.svg).iter(f"{SVG}text")]


# ---- asking


@pytest.mark.parametrize(
    ("layer", "arguments", "shape", "made", "weights"),
    [
        ("Dense", {"units": 10}, (256,), (10,), 256 * 10 + 10),
        ("Conv2D", {"filters": 8, "kernel_size": 5, "padding": "same"}, (28, 28, 1), (28, 28, 8), 5 * 5 * 8 + 8),
        ("SeparableConv2D", {"filters": 4, "kernel_size": 3}, (8, 8, 3), (6, 6, 4), 3 * 3 * 3 + 3 * 4 + 4),
        ("LocallyConnected1D", {"filters": 4, "kernel_size": 3}, (6, 4), (4, 4), 4 * (3 * 4 * 4 + 4)),
        ("LSTM", {"units": 3}, (6, 4), (3,), 4 * (3 * (4 + 3) + 3)),
        ("SimpleRNN", {"units": 3}, (6, 4), (3,), 3 * (4 + 3) + 3),
        ("BatchNormalization", {}, (6,), (6,), 4 * 6),
        ("Embedding", {"input_dim": 10, "output_dim": 4}, (6,), (6, 4), 40),
        ("RepeatVector", {"n": 3}, (6,), (3, 6), 0),
    ],
)
def test_shapes_and_counts_are_those_of_the_formulas(layer, arguments, shape, made, weights):
    answer = Trial(getattr(L, layer), arguments, (shape,)).ask()
    assert (answer.made, answer.count) == ((made,), weights)
    assert answer.more == f", {weights:,} weights"


def test_which_layers_act_in_training_is_found_by_running_them():
    names = ["Dense", "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "BatchNormalization", "ReLU", "LSTM"]
    acting = [name for name in names if example_of(getattr(L, name)).ask().acts_in_training]
    assert acting == ["Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "BatchNormalization"]


def test_an_example_is_of_a_shape_that_the_layer_changes():
    assert example_of(L.Flatten).shapes == ((6, 4),)
    assert example_of(L.Conv3D).shapes == ((6, 6, 6, 2),)
    assert example_of(L.Concatenate).shapes == ((6,), (6,))
    with pytest.raises(ArgumentError, match="TimeDistributed needs layer"):
        example_of(L.TimeDistributed)


def test_a_refusal_is_an_answer():
    answer = Trial(L.Conv2D, {"filters": 4, "kernel_size": 3}, ((28, 28),)).ask()
    assert answer.made is None
    assert answer.more == ""
    assert isinstance(answer.refusal, ShapeError)
    with pytest.raises(ArgumentError, match="too many to try"):
        Trial(L.Flatten, {}, ((1000, 1000),)).ask()


def test_asking_leaves_numbers_names_and_layers_alone():
    keras.backend.clear_session()
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    layer = L.Dense(4)
    assert repr(viz.show_layer(layer, (6,))) == "Dense(units=4): (6,) → (4,), 28 weights"
    assert not layer.built
    assert np.array_equal(np.random.random(3), expected)
    assert [layer.name, L.Dense(4).name] == ["dense_1", "dense_2"]


def test_only_what_differs_from_the_defaults_is_said():
    assert asked_about(L.Dense(10, activation="tanh"), [(256,)]).written == "units=10, activation='tanh'"
    assert asked_about(L.MaxPooling2D(), [(8, 8, 3)]).written == ""


class Reticent(L.Layer):
    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count


def test_a_layer_of_ones_own_says_its_arguments():
    with pytest.raises(ArgumentError, match="get_config says nothing of count"):
        viz.show_layer(Reticent(3), (4,))


class Doubling(L.Layer):
    def call(self, x):
        return 2 * x


def test_a_card_says_no_words_of_another_class():
    assert "Base of all layers" not in " ".join(texts(viz.show_layer(Doubling(), (4,))))
    assert "Base of all layers" in L.Layer.__doc__


def test_a_layer_of_ones_own_without_arguments_has_a_card():
    assert repr(viz.show_layer(Doubling(), (4,))) == "Doubling(): (4,) → (4,), 0 weights"


class Nameless(L.Layer):
    def __init__(self):
        super().__init__()


def test_a_layer_that_takes_no_name_is_told_how_to():
    with pytest.raises(ArgumentError, match="Nameless takes no name") as told:
        viz.show_layer(Nameless(), (4,))
    assert "**kwargs" in told.value.hint


# ---- typed arguments


def test_arguments_are_read_and_never_run():
    assert arguments_of("8, 3, padding='same'", L.Conv2D) == {"filters": 8, "kernel_size": 3, "padding": "same"}
    assert arguments_of("abs", L.Lambda) == {"function": abs}
    assert arguments_of("", L.Flatten) == arguments_of("**{}", L.Flatten) == {}
    for text in ("__import__('os')", "units=(", "units=print", "1" + ", 1" * 30):
        with pytest.raises(ArgumentError, match="not a list of arguments yet"):
            arguments_of(text, L.Dense)


# ---- cards


def test_the_card_draws_input_weights_and_output():
    card = viz.show_layer(L.Conv2D(4, 3), (8, 8, 3))
    said = texts(card)
    assert {"in", "weights", "out", "(8, 8, 3)", "kernel (3, 3, 3, 4)", "bias (4,)", "(6, 6, 4)"} <= set(said)
    assert "108 + 4 = 112 weights; in training it acts the same" in said
    assert "weights" not in texts(viz.show_layer(L.Flatten(), (3, 4)))
    with pytest.raises(ShapeError):
        viz.show_layer(L.Conv2D(4, 3), (8,))


@pytest.fixture
def cards():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    return viz.layer_cards(LAYERS, start="Conv2D")


def test_choosing_typing_and_what_does_not_fit(cards):
    found, arguments, given = (cards.controls[name] for name in ("found", "arguments", "input"))
    assert (arguments.value, given.value) == ("filters=4, kernel_size=3", "8, 8, 3")
    given.value = "28, 28, 1"
    assert repr(cards.picture()).endswith("(28, 28, 1) → (26, 26, 4), 40 weights")
    given.value = "28, 28"
    assert "at least 4 axes" in cards._message.value
    assert repr(cards.picture()).endswith("(28, 28, 1) → (26, 26, 4), 40 weights")
    given.value = "28, 28, 1"
    assert cards._message.value == ""
    arguments.value = "8, 5, padding='same'"
    assert repr(cards.picture()).endswith("(28, 28, 1) → (28, 28, 8), 208 weights")
    found.value = "Dense"
    assert (arguments.value, given.value) == ("units=3", "6")
    cards.controls["search"].value = "average"
    assert found.value == "Dense"
    cards.controls["search"].value = "lstm"
    assert found.options == ("LSTM",)
    assert "LSTM" in cards._drawing.value


def test_readers_without_a_kernel_get_a_card(cards):
    data, _ = cards._repr_mimebundle_()
    assert data["text/plain"] == "Conv2D(filters=4, kernel_size=3): (8, 8, 3) → (6, 6, 4), 112 weights"
    assert data["text/html"] == cards.picture()._repr_html_()


# ---- the quiz


def test_questions_are_marked_by_the_layers_and_some_do_not_fit():
    asked = layer_questions(LAYERS, 12, seed=1)
    assert len({text_of(question) for question in asked}) == 12
    assert {answer.made is None for _, answer in asked} == {True, False}
    for name, answer in asked:
        reply = "no" if answer.made is None else ", ".join(map(str, answer.made[0]))
        assert is_right((name, answer), reply)
        assert not is_right((name, answer), "99, 99")
        if name.startswith("Flatten") and answer.made:
            assert answer.made == ((int(np.prod(answer.shapes[0])),),)
    assert asked == layer_questions(LAYERS, 12, seed=1) != layer_questions(LAYERS, 12, seed=2)


def test_a_reply_is_told_the_weights():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    quiz = viz.layer_quiz({"Dense": L.Dense}, count=1, seed=1)
    answer = quiz.questions[0][1]
    quiz.controls["reply"].value = answer.result
    quiz.controls["check"].click()
    assert quiz.score == 1
    assert f"{answer.count:,} weights" in quiz._told.value


def test_nothing_to_show_or_to_ask_is_refused():
    pytest.importorskip("ipywidgets", reason="the extra `course` is not installed")
    with pytest.raises(ArgumentError, match="no layer"):
        viz.layer_cards({})
    with pytest.raises(ArgumentError, match="no layer"):
        viz.layer_quiz({"TimeDistributed": L.TimeDistributed})


def test_every_layer_of_the_textbooks_answers():
    answers = viz.ask_layers(layers_by_name())
    assert len(answers) == sum(map(len, FAMILIES.values())) == 54
    assert all(answer.made for answer in answers.values())
    assert {name for name, answer in answers.items() if answer.count} == {
        "Dense", "Conv1D", "Conv2D", "SeparableConv2D", "Conv2DTranspose", "Conv3D", "LocallyConnected1D",
        "LocallyConnected2D", "SimpleRNN", "GRU", "LSTM", "Embedding", "PReLU", "BatchNormalization",
    }


def test_a_layer_may_use_a_part_of_a_weight_on_arrays():
    """GRU's bias has two rows, (2, 3 units), of which each goes its own way."""
    assert L.GRU(3)(np.ones((1, 6, 4), "float32")).shape == (1, 3)
