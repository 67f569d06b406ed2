"""keras.datasets: Keras' shapes, types and order; sequences by hand; what is missing is explained."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from deepkit.datasets import catalog, documents, housing
from deepkit.errors import ArgumentError, DataError, DownloadError
from deepkit.keras.datasets import (
    _sequences,
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)
from deepkit.keras.datasets._source import split

REAL = Path(os.environ.get("DEEPKIT_DATA") or "absent")  # read before a fixture changes it


def needs(name: str):
    return pytest.mark.skipif(not (REAL / name).is_dir(), reason=f"the real data are not in $DEEPKIT_DATA/{name}")


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Data folders that are empty, and a network that is not there."""
    asked = []

    def refuse(url, *rest, **options):
        asked.append(url)
        raise DownloadError("no connection")

    monkeypatch.setenv("DEEPKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("deepkit.datasets.locate.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("deepkit.datasets.fetch.download", refuse)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    return tmp_path, asked


ALL = [mnist, fashion_mnist, cifar10, cifar100, imdb, reuters, boston_housing, california_housing]


@pytest.mark.parametrize("which", ALL, ids=lambda module: module.__name__.rpartition(".")[2])
def test_what_is_not_here_is_asked_for_and_then_explained(nowhere, which, capsys):
    with pytest.raises(DownloadError, match="could not be downloaded") as caught:
        which.load_data()
    assert nowhere[1], "an address was tried"
    assert "Downloading" in capsys.readouterr().out
    assert "deepkit data fetch" in caught.value.hint
    assert [path for path in nowhere[0].rglob("*") if path.is_file()] == []


def test_a_npz_file_of_numbers_is_read(nowhere, monkeypatch):
    home = nowhere[0] / "data" / "mnist"
    home.mkdir(parents=True)
    arrays = {
        "x_train": np.zeros((3, 28, 28), np.uint8),
        "y_train": np.arange(3),
        "x_test": np.ones((1, 28, 28), np.uint8),
    }
    np.savez(home / "mnist.npz", **arrays, y_test=np.array([7]))
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert (x_train.shape, y_train.tolist(), x_test.max(), y_test.tolist()) == ((3, 28, 28), [0, 1, 2], 1, [7])
    assert mnist.load_data(str(home / "mnist.npz"))[1][1].tolist() == [7]
    np.savez(home / "mnist.npz", x_train=np.zeros(3))
    with pytest.raises(DataError, match="lacks y_train"):
        mnist.load_data()
    with pytest.raises(DataError, match=r"mine\.npz does not exist"):
        mnist.load_data("mine.npz")
    monkeypatch.chdir(home)
    np.savez(home / "houses.npz", x=np.arange(20.0).reshape(10, 2), y=np.arange(10.0))
    (x, y), (x_test, _) = boston_housing.load_data("houses.npz", test_split=0.3)
    assert (len(x), len(x_test)) == (7, 3)
    np.testing.assert_array_equal(x[:, 0], 2 * y)
    assert california_housing.load_data(path="houses.npz")[0][0].shape == (8, 2)


@pytest.mark.parametrize("which", [imdb, reuters], ids=["imdb", "reuters"])
def test_keras_own_pickles_are_refused(nowhere, which):
    ran = nowhere[0] / "ran"

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(ran),))

    name = which.__name__.rpartition(".")[2]
    home = nowhere[0] / "home" / ".keras" / "datasets"
    home.mkdir(parents=True)
    np.savez(home / f"{name}.npz", x=np.array([Bomb()], dtype=object))
    for arguments in ((), (str(home / f"{name}.npz"),)):
        with pytest.raises(DataError, match="is not read: its sequences are Python objects") as caught:
            which.load_data(*arguments)
        assert f"deepkit data fetch {name}" in caught.value.hint
    assert not ran.exists()


@pytest.fixture
def reviews(nowhere, monkeypatch):
    """Four training and two test reviews."""
    tables = {
        "train": ["a a a b b", "a b c", "c d", "d e e e e e"],
        "test": ["b unheard a", "e"],
    }
    home = nowhere[0] / "data" / "imdb"
    home.mkdir(parents=True)
    files = []
    for file in documents.IMDB.others[0]:
        text = "id\trating\tlabel\ttext\n" + "".join(f"{i}\t9\t{i % 2}\t{t}\n" for i, t in enumerate(tables[file.role]))
        (home / file.name.removesuffix(".gz")).write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        files.append(dataclasses.replace(file, contents_sha256=digest, contents_size=len(text)))
    entry = dataclasses.replace(documents.IMDB, others=(tuple(files),))
    monkeypatch.setattr(documents, "IMDB", entry)
    monkeypatch.setattr(catalog, "IMDB", entry)
    return tables


def test_sequences_of_reviews(reviews):
    index = imdb.get_word_index()
    assert index == {"e": 1, "a": 2, "b": 3, "c": 4, "d": 5}, "by frequency; a before b; c and d as they appear"
    (x_train, y_train), (x_test, _) = imdb.load_data(start_char=None, index_from=0, num_words=99)
    assert (x_train.shape, x_train.dtype, y_train.dtype) == ((4,), object, np.int64)
    words = {number: word for word, number in index.items()}
    assert sorted(" ".join(words[n] for n in row) for row in x_train) == sorted(reviews["train"])
    order = np.arange(4)
    np.random.RandomState(113).shuffle(order)
    assert y_train.tolist() == (order % 2).tolist()
    assert sorted(map(tuple, x_test)) == [(1,), (3, 2)]
    (x_train, _), _ = imdb.load_data(seed=5, num_words=6)
    assert sorted(x_train[:]) == sorted([[1, 5, 5, 5, 2, 2], [1, 5, 2, 2], [1, 2, 2], [1, 2, 4, 4, 4, 4, 4]])
    with pytest.warns(UserWarning, match="num_words"):
        assert max(map(max, imdb.load_data(nb_words=5)[0][0])) == 4
    with pytest.raises(TypeError, match="'words'"):
        imdb.load_data(words=5)
    with pytest.raises(ArgumentError, match="maxlen=1 leaves no sequence"):
        imdb.load_data(maxlen=1)


def test_what_keras_does_to_sequences():
    labels = np.arange(3)
    rows, kept = _sequences.offset([[1, 2, 3], [4], [5, 6]], labels, 1, 3, 4)
    assert (rows, kept.tolist()) == ([[1, 7], [1, 8, 9]], [1, 2]), "shorter than maxlen, start included"
    rows, _ = _sequences.offset([[1], []], labels[:2], None, 0, None)
    assert rows == [[1], []]
    assert _sequences.limit([[1, 5, 9], [4]], 9, 4, 2) == [[2, 5, 2], [4]]
    assert _sequences.limit([[1, 5, 9], [4]], 9, 4, None) == [[5], [4]]
    assert _sequences.limit([[1, 5, 9], []], None, 0, 2) == [[1, 5, 2], []], "without a limit the greatest goes"


def test_a_split_is_seeded_and_complete():
    x, y = np.arange(10.0)[:, None], np.arange(10)
    (a, b), (c, d) = split(x, y, 0.25, 113)
    order = np.arange(10)
    np.random.RandomState(113).shuffle(order)
    assert np.concatenate([b, d]).tolist() == order.tolist()
    assert (len(b), a[:, 0].tolist(), c[:, 0].tolist()) == (7, b.tolist(), d.tolist())
    with pytest.raises(ArgumentError, match="test_split=1"):
        split(x, y, 1, 113)


def test_arguments_that_make_no_sense():
    with pytest.raises(ArgumentError, match="label_mode='all'"):
        cifar100.load_data("all")
    with pytest.raises(ArgumentError, match="version='tiny'"):
        california_housing.load_data("tiny")
    with pytest.raises(ArgumentError, match="test_split=-1"):
        reuters.load_data(test_split=-1)


@needs("mnist")
def test_the_real_mnist():
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert (x_train.shape, x_train.dtype, y_train.dtype) == ((60000, 28, 28), np.uint8, np.uint8)
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert (x_test.shape, y_test[:4].tolist()) == ((10000, 28, 28), [7, 2, 1, 0])


@needs("fashion-mnist")
def test_the_real_fashion_mnist():
    (x_train, y_train), (_, y_test) = fashion_mnist.load_data()
    assert (x_train.shape, y_train.dtype, y_train[:3].tolist()) == ((60000, 28, 28), np.uint8, [9, 0, 0])
    assert y_test[:5].tolist() == [9, 2, 1, 1, 6]


@needs("cifar10-subset")
@pytest.mark.filterwarnings("ignore:CIFAR-10 is not on this machine")
def test_the_real_cifar10():
    from deepkit.keras.backend import config

    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert x_train.shape[1:] == (32, 32, 3)
    assert (y_train.shape, y_train.dtype) == ((len(x_train), 1), np.uint8)
    assert (x_train[0, 0, 0].tolist(), y_test[:4].ravel().tolist()) == ([59, 62, 63], [3, 8, 8, 0])
    config.set_image_data_format("channels_first")
    try:
        np.testing.assert_array_equal(cifar10.load_data()[1][0], x_test.transpose(0, 3, 1, 2))
    finally:
        config.set_image_data_format("channels_last")


@needs("boston")
def test_the_real_boston_is_in_keras_order():
    (x_train, y_train), (x_test, y_test) = boston_housing.load_data()
    assert (x_train.shape, x_test.shape, x_train.dtype) == ((404, 13), (102, 13), np.float64)
    first = [1.23247, 0.0, 8.14, 0.0, 0.538, 6.142, 91.7, 3.9769, 4.0, 307.0, 21.0, 396.9, 18.72]
    assert x_train[0].tolist() == first
    assert y_train[:5].tolist() == [15.2, 42.3, 50.0, 21.1, 17.7]
    assert y_test[:3].tolist() == [7.2, 18.8, 19.0]


@needs("california")
def test_the_real_california():
    (x_train, y_train), (x_test, _) = california_housing.load_data()
    assert (x_train.shape, x_test.shape) == ((16512, 8), (4128, 8))
    assert -125 < x_train[:, 0].min() < x_train[:, 0].max() < -114
    assert y_train.max() == 500001
    (x_small, _), (x_rest, _) = california_housing.load_data("small", test_split=0.5)
    raw = housing.load_california(raw=True, verbose=False).x
    assert sorted(map(tuple, np.concatenate([x_small, x_rest]))) == sorted(map(tuple, raw[:600]))


@needs("imdb")
def test_the_real_imdb():
    index = imdb.get_word_index()
    assert list(index)[:10] == ["the", "and", "a", "of", "to", "is", "br", "in", "it", "i"]
    assert len(index) == 88582
    (x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=1000, maxlen=100)
    assert max(map(max, x_train)) == 999
    assert max(map(len, x_test)) == 99
    assert all(row[0] == 1 for row in x_train)
    assert 0.4 < y_train.mean() < 0.6
    assert 0.4 < y_test.mean() < 0.6


@needs("reuters")
def test_the_real_reuters():
    (x_train, y_train), (x_test, y_test) = reuters.load_data(num_words=5000)
    assert (len(x_train), len(x_test)) == (7229, 1808)
    names = reuters.get_label_names()
    assert (len(names), names[3], names[4]) == (46, "earn", "acq")
    labels = np.concatenate([y_train, y_test])
    assert (labels == 3).sum() == 2840 + 1083
    assert (labels == 0).sum() == 46 + 15, "cocoa"
    words = {number + 3: word for word, number in reuters.get_word_index().items()}
    earn = " ".join(words.get(number, "?") for number in x_train[list(y_train).index(3)])
    assert "reuter" in earn
