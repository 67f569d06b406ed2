"""Words and word numbers; expected numbers are Keras 2's own."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepkit.errors import ArgumentError, DataError
from deepkit.keras.preprocessing.text import (
    Tokenizer,
    hashing_trick,
    one_hot,
    text_to_word_sequence,
    tokenizer_from_json,
)

TEXTS = ["the cat sat on the mat", "The dog ate the cat food", "a bird", "dog dog dog"]


def test_words():
    text = "The Quick, brown fox! don't... over_the lazy-dog\n(twice)"
    assert text_to_word_sequence(text) == [
        "the",
        "quick",
        "brown",
        "fox",
        "don't",
        "over",
        "the",
        "lazy",
        "dog",
        "twice",
    ]
    assert text_to_word_sequence("a-B", filters="", lower=False, split="-") == ["a", "B"]
    assert text_to_word_sequence("x,y", filters=",", split=";") == ["x", "y"]


def test_hashed_words():
    text = "The Quick, brown fox! jumps... over_the lazy-dog\n(twice)"
    assert hashing_trick(text, 20, hash_function="md5") == [17, 13, 9, 5, 16, 4, 17, 3, 17, 7]  # tf_keras 2.21
    assert hashing_trick("a bb ccc", 3, hash_function=len) == [2, 1, 2]
    assert hashing_trick("ab", 100, hash_function=ord, analyzer=list) == [98, 99]
    assert one_hot("cat dog cat", 50) == [hash(word) % 49 + 1 for word in ("cat", "dog", "cat")]
    with pytest.raises(ArgumentError, match="n=1"):
        one_hot("cat", 1)


def test_a_tokenizer_numbers_words_by_frequency_and_first_appearance():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS[:2])
    tokenizer.fit_on_texts(TEXTS[2:])
    assert list(tokenizer.word_index) == ["the", "dog", "cat", "sat", "on", "mat", "ate", "food", "a", "bird"]
    assert tokenizer.word_counts["dog"] == 4
    assert (tokenizer.word_docs["dog"], tokenizer.index_docs[2], tokenizer.document_count) == (2, 2, 4)
    sequences = tokenizer.texts_to_sequences(["the dog sat on a log", "unknown words", ["The", "CAT"]])
    assert sequences == [[1, 2, 4, 5, 9], [], [1, 3]]
    assert tokenizer.sequences_to_texts([[1, 2, 99], []]) == ["the dog", ""]


def test_words_that_are_not_used():
    tokenizer = Tokenizer(num_words=4)
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.texts_to_sequences(["the dog sat on a cat"]) == [[1, 2, 3]]
    tokenizer = Tokenizer(num_words=4, oov_token="<UNK>")
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.word_index["<UNK>"] == 1
    assert tokenizer.texts_to_sequences(["the dog sat on a log"]) == [[2, 3, 1, 1, 1, 1]]
    assert tokenizer.sequences_to_texts([[2, 1, 9, 99]]) == ["the <UNK> <UNK> <UNK>"]


def test_characters_and_analyzers():
    tokenizer = Tokenizer(char_level=True)
    tokenizer.fit_on_texts(["Abba", "b"])
    assert tokenizer.word_index == {"b": 1, "a": 2}
    tokenizer = Tokenizer(analyzer=lambda text: iter(text.split("|")))
    tokenizer.fit_on_texts(["One|two|two"])
    assert tokenizer.word_index == {"two": 1, "One": 2}
    tokenizer = Tokenizer(lower=False, char_level=True)
    tokenizer.fit_on_texts(["Aa", ["B", "B", "B"]])
    assert tokenizer.word_index == {"B": 1, "A": 2, "a": 3}


def test_matrices():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(["a b b", "b c", "c"])  # numbers: b 1, c 2, a 3
    sequences = [[1, 1, 2], [], [3, 9]]
    assert tokenizer.sequences_to_matrix(sequences, "count").tolist() == [[0, 2, 1, 0], [0] * 4, [0, 0, 0, 1]]
    assert tokenizer.sequences_to_matrix(sequences).tolist() == [[0, 1, 1, 0], [0] * 4, [0, 0, 0, 1]]
    np.testing.assert_allclose(
        tokenizer.sequences_to_matrix(sequences, "freq"), [[0, 2 / 3, 1 / 3, 0], [0] * 4, [0, 0, 0, 1 / 2]]
    )
    tfidf = tokenizer.texts_to_matrix(["b b"], "tfidf")
    np.testing.assert_allclose(tfidf, [[0, (1 + np.log(2)) * np.log(1 + 3 / (1 + 2)), 0, 0]])


def test_matrices_of_sequences_alone():
    tokenizer = Tokenizer(num_words=3)
    tokenizer.fit_on_sequences([[1, 1], [1, 2]])
    np.testing.assert_allclose(tokenizer.sequences_to_matrix([[2]], "tfidf"), [[0, 0, np.log(1 + 2 / 2)]])
    with pytest.raises(ArgumentError, match="mode='tfidf' of a Tokenizer that knows no texts"):
        Tokenizer(num_words=3).sequences_to_matrix([[1]], "tfidf")
    with pytest.raises(ArgumentError, match="knows no words"):
        Tokenizer().sequences_to_matrix([[1]])
    with pytest.raises(ArgumentError, match="mode='sum'"):
        tokenizer.sequences_to_matrix([[1]], "sum")


def test_older_and_unknown_arguments():
    with pytest.warns(UserWarning, match="num_words"):
        assert Tokenizer(nb_words=5).num_words == 5
    with pytest.raises(TypeError, match="'words'"):
        Tokenizer(words=5)


def test_a_tokenizer_survives_json():
    tokenizer = Tokenizer(num_words=6, oov_token="?", lower=False)
    tokenizer.fit_on_texts([*TEXTS, "naïve café"])
    again = tokenizer_from_json(tokenizer.to_json(indent=2))
    assert again.get_config() == tokenizer.get_config()
    assert again.texts_to_matrix(TEXTS, "tfidf").tolist() == tokenizer.texts_to_matrix(TEXTS, "tfidf").tolist()
    again.fit_on_texts(["new words"])
    assert again.document_count == 6
    config = json.loads(tokenizer.to_json())["config"]
    assert json.loads(config["word_counts"])["the"] == 3, "the tables are JSON texts of their own, as in Keras"


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(0, 900), put=st.text(max_size=5))
def test_a_damaged_tokenizer_is_a_data_error(cut, put):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    text = tokenizer.to_json()
    damaged = text[: cut % len(text)] + put
    with pytest.raises(DataError, match="no Tokenizer"):
        tokenizer_from_json(damaged)
    with pytest.raises(DataError):
        tokenizer_from_json(json.dumps({"config": [1]}))
