"""Reviews and news: every form is read, what is none is named with its line, and the real sets are what they are."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from deepkit.datasets import documents, load_imdb, load_reuters
from deepkit.datasets.documents import parse_reviews, parse_reviews_tsv, parse_topics
from deepkit.datasets.words import count_words, rank_words, split_words
from deepkit.errors import ArgumentError, DataError

PATH = Path("some-file")
HEADER = b"id\trating\tlabel\ttext\n"
REVIEWS = {
    "train/pos/10_9.txt": "gripping",
    "train/pos/2_7.txt": "good <br /> and long",
    "train/neg/0_1.txt": "bad",
    "test/pos/0_10.txt": "superb",
    "test/neg/1_2.txt": "dull",
    "train/unsup/0_0.txt": "who knows",
}


def archive(files=REVIEWS) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"aclImdb/{name}")
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def test_reviews_of_the_archive_are_put_in_order():
    parts = parse_reviews(archive(), PATH)
    assert parts["train"][0] == ["good <br /> and long", "gripping", "bad"]
    assert parts["train"][1].tolist() == [1, 1, 0]
    assert parts["test"] == (["superb", "dull"], pytest.approx(np.array([1, 0])))
    only_training = {name: text for name, text in REVIEWS.items() if name.startswith("train")}
    with pytest.raises(DataError, match="holds no test reviews"):
        parse_reviews(archive(only_training), PATH)


def test_reviews_of_a_table_keep_their_tabs_and_odd_line_ends():
    texts, labels = parse_reviews_tsv(HEADER + "0\t9\t1\ta\tb\u0085c\n7\t2\t0\t\n".encode(), PATH)
    assert texts == ["a\tb\u0085c", ""]
    assert labels.tolist() == [1, 0]
    assert labels.dtype == np.int64


@pytest.mark.parametrize(
    ("data", "what", "where"),
    [
        (b"", "starts with b''", "line 1"),
        (b"id\ttext\n", "starts with", "line 1"),
        (HEADER, "holds no reviews", None),
        (HEADER + b"0\t9\t1\n", "a line that is none", "line 2"),
        (HEADER + b"0\t9\t1\tgood\n1\t9\t2\tbad\n", "a line that is none", "line 3"),
        (HEADER + b"x\t9\t1\tgood\n", "a line that is none", "line 2"),
        (HEADER + b"0\t9\t1\tgood\n\n", "a line that is none", "line 3"),
        (HEADER + b"0\t9\t1\t\xff\n", "is no UTF-8 text", "line 2"),
    ],
)
def test_what_is_no_table_of_reviews(data, what, where):
    with pytest.raises(DataError, match=what) as caught:
        parse_reviews_tsv(data, PATH)
    assert (caught.value.where or "").startswith(where or "")


def test_news_are_topic_and_text():
    assert parse_topics(b"earn\tshares rose \nacq\tbought\r\n", PATH) == (["earn", "acq"], ["shares rose", "bought"])
    for data in (b"", b"no tab\n", b"\ttext\n", b"earn\t\xe9\n", b"earn\ta\n\nacq\tb\n"):
        with pytest.raises(DataError):
            parse_topics(data, PATH)


def _known(entry, role: str, name: str, contents: bytes):
    for form in entry.forms:
        for file in form:
            if file.role == role:
                return dataclasses.replace(
                    file, name=name, size=len(contents), sha256=hashlib.sha256(contents).hexdigest(),
                    contents_sha256=hashlib.sha256(contents).hexdigest(), contents_size=len(contents),
                )
    raise LookupError(role)


def test_both_forms_of_imdb_give_the_same(folders, monkeypatch):
    entry = documents.IMDB
    home = folders[0] / "imdb"
    home.mkdir(parents=True)
    packed = archive()
    tables = {
        "train": HEADER + b"2\t7\t1\tgood <br /> and long\n10\t9\t1\tgripping\n0\t1\t0\tbad\n",
        "test": HEADER + b"0\t10\t1\tsuperb\n1\t2\t0\tdull\n",
    }
    whole = dataclasses.replace(
        _known(entry, "archive", "aclImdb_v1.tar.gz", packed), contents_sha256="", contents_size=0
    )
    parts = tuple(_known(entry, role, f"imdb_{role}.tsv.gz", data) for role, data in tables.items())
    monkeypatch.setattr(documents, "IMDB", dataclasses.replace(entry, files=(whole,), others=(parts,)))

    (home / "imdb_train.tsv.gz").write_bytes(gzip.compress(tables["train"]))
    with pytest.raises(DataError, match=r"incomplete: imdb_test\.tsv\.gz missing"):
        load_imdb()
    (home / "imdb_test.tsv").write_bytes(tables["test"])
    table = load_imdb(verbose=False)
    (home / "aclImdb_v1.tar.gz").write_bytes(packed)
    (home / "imdb_test.tsv").unlink()
    whole_set = load_imdb(verbose=False)
    for name in ("x_train", "y_train", "x_test", "y_test"):
        assert getattr(table, name).tolist() == getattr(whole_set, name).tolist()
    assert table.x_train.tolist() == ["good <br /> and long", "gripping", "bad"]
    assert table.classes[table.y_train[0]] == "positive"


def test_absent(folders):
    with pytest.raises(DataError, match="IMDB reviews is not on this machine") as caught:
        load_imdb()
    assert "deepkit data fetch imdb" in caught.value.hint
    with pytest.raises(DataError, match="Reuters R8 and R52 is not on this machine"):
        load_reuters()
    with pytest.raises(ArgumentError, match="topics is 46"):
        load_reuters(46)


def test_words_are_split_and_ranked():
    assert split_words("The Quick, brown-fox;\tdon't\nSTOP") == ["the", "quick", "brown", "fox", "don't", "stop"]
    assert split_words("A-b", "", lower=False, blank="-") == ["A", "b"]
    counts = count_words([["b", "a", "b"], ["c", "a"]])
    assert list(counts.items()) == [("b", 2), ("a", 2), ("c", 1)]
    assert rank_words(counts) == {"b": 1, "a": 2, "c": 3}


def _real(name: str) -> bool:
    return (Path(os.environ.get("DEEPKIT_DATA") or "absent") / name).is_dir()


@pytest.mark.skipif(not _real("imdb"), reason="the real reviews are not in $DEEPKIT_DATA/imdb")
def test_the_real_reviews():
    data = load_imdb(verbose=False)
    for texts, labels, mean in ((*data.train, 1325.06964), (*data.test, 1293.7924)):
        assert len(texts) == 25000
        assert labels.tolist() == [1] * 12500 + [0] * 12500
        assert np.mean([len(text) for text in texts]) == pytest.approx(mean, abs=1e-9)
    assert data.x_train[0].startswith("Bromwell High is a cartoon comedy.")
    assert "25,000 training and 25,000 test texts in 2 classes" in data.describe()


@pytest.mark.skipif(not _real("reuters"), reason="the real news are not in $DEEPKIT_DATA/reuters")
@pytest.mark.parametrize(("topics", "train", "test"), [(8, 5485, 2189), (52, 6532, 2568)])
def test_the_real_news(topics, train, test):
    data = load_reuters(topics, verbose=False)
    assert (len(data.x_train), len(data.x_test), len(data.classes)) == (train, test, topics)
    names = [data.classes[label] for label in data.y_train]
    assert (names.count("earn"), names.count("grain")) == (2840, 41)
    assert data.classes == tuple(sorted(data.classes))
