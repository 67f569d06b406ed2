"""Texts with a label each: film reviews (IMDB) and news (Reuters R8 and R52)."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import numpy as np

from deepkit.datasets.archive import walk
from deepkit.datasets.catalog import IMDB, REUTERS
from deepkit.datasets.contents import AGAIN
from deepkit.datasets.dataset import Documents
from deepkit.datasets.locate import contents_of, require
from deepkit.datasets.tables import decode
from deepkit.errors import ArgumentError, DataError

_REVIEW = re.compile(r"aclImdb/(train|test)/(pos|neg)/(\d{1,9})_(\d{1,2})\.txt", re.ASCII)
_NUMBER = re.compile(rb"\d{1,9}")

Labelled = tuple[list[str], np.ndarray]


def load_imdb(*, verbose: bool = True) -> Documents:
    """Load 25,000 film reviews for training and 25,000 for testing, half of each good (label 1), half bad (0).

    The order is that of the set: all good reviews first. Shuffle before training. The texts are as their authors
    wrote them, `<br />` for a new line included. Either `aclImdb_v1.tar.gz` or `imdb_train.tsv.gz` with
    `imdb_test.tsv.gz` is looked for in `imdb` in `$DEEPKIT_DATA`, then in the user's cache.

    Raises:
        DataError: absent, damaged, or something else; it says what to do.

    Source: A. Maas et al., "Learning word vectors for sentiment analysis", ACL 2011.
    """
    paths = require(IMDB)
    if "archive" in paths:
        parts = parse_reviews(contents_of(paths, IMDB, "archive"), paths["archive"])
    else:
        parts = {role: parse_reviews_tsv(contents_of(paths, IMDB, role), paths[role]) for role in ("train", "test")}
    return _documents(IMDB.title, parts["train"], parts["test"], next(iter(paths.values())), IMDB.classes, verbose)


def load_reuters(topics: int = 52, *, verbose: bool = True) -> Documents:
    """Load news of 1987 with one topic each: R52 (6,532 and 2,568 texts) or R8 (5,485 and 2,189).

    Labels number the topics in the order of the alphabet; `classes` has their names. The texts are in small
    letters without digits or punctuation; those of R52 lack words of one or two letters.

    Args:
        topics: 52 or 8.
        verbose: print one line that says what was loaded.

    Raises:
        ArgumentError: another number of topics.
        DataError: absent, damaged, or something else; it says what to do.

    Source: Reuters-21578, in the form of A. Cardoso-Cachopo, "Improving methods for single-label text
    categorization", 2007.
    """
    if topics not in (8, 52):
        raise ArgumentError(f"load_reuters: topics is {topics!r}", rule="8 or 52")
    paths = require(REUTERS)
    names, texts = {}, {}
    for part in ("train", "test"):
        role = f"{part}{topics}"
        names[part], texts[part] = parse_topics(contents_of(paths, REUTERS, role), paths[role])
    classes = tuple(sorted({*names["train"], *names["test"]}))
    numbers = {name: number for number, name in enumerate(classes)}
    labels = {part: np.array([numbers[name] for name in found], np.int64) for part, found in names.items()}
    train, test = ((texts[part], labels[part]) for part in ("train", "test"))
    return _documents(f"Reuters R{topics}", train, test, paths[f"train{topics}"], classes, verbose)


def _documents(
    name: str, train: Labelled, test: Labelled, path: Path, classes: tuple[str, ...], verbose: bool
) -> Documents:
    x_train, x_test = (np.array(texts, dtype=object) for texts, _ in (train, test))
    data = Documents(name, x_train, train[1], x_test, test[1], source=str(path.parent), classes=classes)
    if verbose:
        print(data.describe())
    return data


def parse_reviews(data: bytes, path: Path) -> dict[str, Labelled]:
    """Texts and labels of the parts "train" and "test" in the archive `data`, good reviews first, then by number."""
    found: dict[str, list[tuple[int, int, str]]] = {"train": [], "test": []}

    def wanted(name: PurePosixPath) -> bool:
        return _REVIEW.fullmatch(str(name)) is not None

    for name, contents in walk(path, data, wanted):
        part, opinion, number, _ = _REVIEW.fullmatch(str(name)).groups()  # type: ignore[union-attr]
        found[part].append((opinion == "neg", int(number), decode(contents, path / name)))
    for part, reviews in found.items():
        if not reviews:
            raise DataError(
                f"{path} holds no {part} reviews", rule="files such as aclImdb/train/pos/0_9.txt", hint=AGAIN
            )
    ordered = {part: sorted(reviews) for part, reviews in found.items()}
    return {
        part: ([text for *_, text in reviews], np.array([not negative for negative, *_ in reviews], np.int64))
        for part, reviews in ordered.items()
    }


def parse_reviews_tsv(data: bytes, path: Path) -> Labelled:
    """Texts and labels of a table with the columns id, rating, label, text, which tabs divide; the text may hold tabs.

    Lines end at "\\n" only: reviews contain other characters that Unicode counts as line ends.
    """
    header, *lines = data.removesuffix(b"\n").split(b"\n")
    if header.rstrip(b"\r") != b"id\trating\tlabel\ttext":
        raise DataError(
            f"{path} starts with {header[:60]!r}", where="line 1", rule="id, rating, label, text", hint=AGAIN
        )
    texts, labels = [], []
    for number, line in enumerate(lines, start=2):
        fields = line.split(b"\t", 3)
        if len(fields) != 4:
            raise _bad_line(path, number, line, "three tabs: between id, rating, label and text")
        identity, rating, label, text = fields
        if not (_NUMBER.fullmatch(identity) and _NUMBER.fullmatch(rating) and label in (b"0", b"1")):
            raise _bad_line(path, number, line, "id and rating are numbers, the label is 0 or 1")
        texts.append(_decoded(text, path, number))
        labels.append(label == b"1")
    if not texts:
        raise DataError(f"{path} holds no reviews", rule="one review a line", hint=AGAIN)
    return texts, np.array(labels, np.int64)


def parse_topics(data: bytes, path: Path) -> tuple[list[str], list[str]]:
    """Topics and texts of a table with one text a line: topic, tab, text."""
    topics, texts = [], []
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), start=1):
        topic, tab, text = line.rstrip(b"\r").partition(b"\t")
        if not tab or not topic.strip():
            raise _bad_line(path, number, line, "a topic, a tab, a text")
        topics.append(_decoded(topic.strip(), path, number))
        texts.append(_decoded(text.strip(), path, number))
    return topics, texts


def _decoded(data: bytes, path: Path, line: int) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no UTF-8 text: {error.reason}", where=f"line {line:,}") from error


def _bad_line(path: Path, number: int, line: bytes, rule: str) -> DataError:
    return DataError(f"{path}: a line that is none", where=f"line {number:,}: {line[:60]!r}", rule=rule, hint=AGAIN)
