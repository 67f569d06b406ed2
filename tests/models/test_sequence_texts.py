"""Models of texts: words as numbers, the document's loop, its LSTM against plain NumPy, and the invented language."""

from __future__ import annotations

import itertools
import json
import random

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.datasets import load_text
from deepkit.errors import ArgumentError
from deepkit.models.sequences import language, text


def test_words_are_numbered_in_the_order_of_their_first_appearance():
    words = text.split("The lion, and the mouse. And the lion again.")
    assert words == ["the", "lion", "and", "the", "mouse", "and", "the", "lion", "again"]
    assert text.dictionary(words) == {"the": 0, "lion": 1, "and": 2, "mouse": 3, "again": 4}


def test_the_places_are_those_of_the_documents_loop():
    """Its own bookkeeping, with the same luck: begin anew where a window and its next word do not fit."""
    count, n_input, luck, expected = 50, 3, random.Random(5), []
    offset = luck.randint(0, n_input + 1)
    for _ in range(200):
        if offset > count - (n_input + 1):
            offset = luck.randint(0, n_input + 1)
        expected.append(offset)
        offset += n_input + 1
    assert list(itertools.islice(text.places(count, n_input, random.Random(5)), 200)) == expected
    assert max(expected) == count - n_input - 1  # the last word is asked for, too
    with pytest.raises(ArgumentError, match="a text of 7 words"):
        next(text.places(7, n_input, luck))


@pytest.mark.parametrize("layers", [1, 2])
def test_the_scores_are_those_of_the_equations(layers):
    """LSTM equations with a forget bias of 1, in float64, fed the numbers of three words one after the other."""
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(3)
        parts = text.build(11, n_hidden=6, n_layers=layers)
        sess.run(tf.global_variables_initializer())
        x = np.array([[0.0, 4.0, 2.0], [9.0, 1.0, 10.0]])
        scores = sess.run(parts.pred, {parts.x: x})
        values = [value.astype(np.float64) for value in sess.run(tf.trainable_variables())]
    kernel, bias = values[-2:]
    inputs = [x[:, k : k + 1] for k in range(3)]
    for layer in range(layers):
        inputs = _lstm(inputs, *values[2 * layer : 2 * layer + 2])
    np.testing.assert_allclose(scores, inputs[-1] @ kernel + bias, rtol=1e-4, atol=1e-5)


def _lstm(inputs, kernel, bias):
    units = kernel.shape[1] // 4
    h = c = np.zeros((len(inputs[0]), units))
    outputs = []
    for now in inputs:
        i, j, f, o = np.split(np.hstack([now, h]) @ kernel + bias, 4, axis=1)
        c = c / (1 + np.exp(-(f + 1))) + np.tanh(j) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        outputs.append(h)
    return outputs


def test_the_network_has_the_weights_of_the_document():
    """4 (1 + 512 + 1) 512 of the LSTM, and 513 for each word of the document's fable."""
    with tf.Graph().as_default():
        text.build(126)
        count = sum(int(np.prod(variable.shape.as_list())) for variable in tf.trainable_variables())
    assert count == 4 * (1 + 512 + 1) * 512 + 513 * 126


def test_a_short_text_is_learned_and_a_recipe_tells():
    recipe = text.Recipe("D0-11-07", "small", 90.0, n_hidden=32, steps=2000)
    row = recipe.run("A thorn is causing all the pain, nothing else.", seed=2)
    assert (row["words"], row["distinct"], row["steps"]) == (9, 9, 2000)
    assert row["causing all the"] == "pain"
    assert row["train %"] > 85
    assert row["all windows %"] == 100
    assert [report[0] for report in row["reports"]] == [1000, 2000]
    assert recipe.judge(row)[0]
    assert not recipe.judge(row | {"train %": 80.0})[0]
    assert not recipe.judge(row | {"causing all the": "all"})[0]
    assert text.RECIPES["text-lstm-256"].n_hidden == text.RECIPES["text-lstm"].n_hidden // 2
    asked_only = text.Recipe("D0-11-09", "no figure", None)
    assert asked_only.judge(row | {"train %": 1.0}) == (True, "1.00 % here, none printed; causing all the: pain")
    assert not asked_only.judge(row | {"causing all the": "the"})[0]


def test_the_reports_are_means_over_their_steps():
    words = text.split(load_text("north-wind"))
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(1)
        parts = text.build(len(set(words)), n_hidden=4)
        sess.run(tf.global_variables_initializer())
        single = list(text.train(sess, parts, words, 6, every=1, seed=4))
        sess.run(tf.global_variables_initializer())
    with tf.Graph().as_default(), tf.Session() as sess:
        tf.set_random_seed(1)
        parts = text.build(len(set(words)), n_hidden=4)
        sess.run(tf.global_variables_initializer())
        (one, two) = text.train(sess, parts, words, 6, every=3, seed=4)
    assert one.loss == pytest.approx(np.mean([report.loss for report in single[:3]]))
    assert two.accuracy == pytest.approx(np.mean([report.accuracy for report in single[3:]]))
    assert (two.step, two.read, two.truth, two.guess) == (6, *single[5][3:])


def test_the_program_trains_on_a_file_and_writes_down_what_came_out(tmp_path, capsys):
    (tmp_path / "verse.txt").write_text("one two three four five six seven eight", encoding="utf-8")
    found = tmp_path / "found.json"
    assert text.main(["text-lstm", "--steps", "3", "--text", str(tmp_path / "verse.txt"), "--out", str(found)]) == 0
    (name, row), = json.loads(found.read_text(encoding="utf-8")).items()
    assert (name, row["words"], row["steps"], row["causing all the"]) == ("text-lstm verse", 8, 3, None)
    with pytest.raises(SystemExit):
        text.main(["nobody"])
    assert "there is no network 'nobody'" in capsys.readouterr().err


@pytest.mark.parametrize(("temperature", "share"), [(1.0, 0.8), (2.0, 2 / 3), (0.5, 16 / 17)])
def test_a_teller_draws_by_its_temperature(temperature, share):
    numbers = {"tick": 0, "tock": 1}
    told, shares = text.tell(lambda _: np.array([[0.8, 0.2]]), numbers, ["tick"], 4000, temperature, seed=1)
    found = np.mean([word == "tick" for word in told[1:]])
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / 4000)  # four standard errors
    assert set(shares[1:]) == {0.8, 0.2}  # what it was, not what it was drawn by


def test_a_teller_is_never_colder_than_zero():
    with pytest.raises(ArgumentError, match="a temperature of -1"):
        text.tell(lambda _: np.array([[1.0]]), {"tick": 0}, ["tick"], 1, -1)


def test_a_teller_reads_what_it_has_told():
    """A network that always expects the number after the last one, and is the surer the larger that is."""
    numbers = {word: k for k, word in enumerate("abcde")}
    asked = []

    def probabilities(windows):
        asked.append(windows.tolist())
        found = np.full((1, 5), 0.01)
        found[0, (windows[0, -1] + 1) % 5] = 0.5 + windows[0, -1] / 10
        return found

    told, shares = text.tell(probabilities, numbers, ["b", "c"], 3)
    assert told == ["b", "c", "d", "e", "a"]
    assert asked == [[[1, 2]], [[2, 3]], [[3, 4]]]
    np.testing.assert_allclose(shares, [np.nan, np.nan, 0.7, 0.8, 0.9])


# ---- the invented language


def test_sentences_keep_to_their_kinds():
    of = {word: group for group, words in language.GROUPS.items() for word in words}
    kinds = {tuple(of.get(word, word) for word in words) for words in language.sentences(300, seed=3)}
    assert kinds == {
        ("people", "what people do", "food"), ("people", "walks", "to", "the", "places"),
        ("animals", "what animals do", "animals"), ("animals", "sleeps", "in", "the", "places"),
    }
    assert language.sentences(5, seed=3) == language.sentences(5, seed=3) != language.sentences(5, seed=4)


def test_neighbours_are_both_sides_of_every_word():
    words, beside = language.neighbours([["a", "b"], ["b", "c", "a"]], {"a": 0, "b": 1, "c": 2})
    assert list(zip(words[:, 0].tolist(), beside.tolist(), strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2)]
