"""Small sets that travel with deepkit: the figures are the published ones, the fables have what the chapters need."""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from deepkit.datasets import embedded, load_airline_passengers, load_text
from deepkit.datasets.series import parse_months
from deepkit.errors import ArgumentError, DataError


def test_airline_passengers_are_box_and_jenkins_series_g(capsys):
    data = load_airline_passengers()
    assert "144 values in 1,000 passengers, 1949-01 to 1960-12 (embedded)" in capsys.readouterr().out
    months, passengers = data
    assert len(passengers) == 144
    assert passengers[:12].tolist() == [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118]
    assert (passengers[-1], passengers.max(), passengers.sum()) == (432, 622, 40363)
    assert np.unique(np.diff(months)).tolist() == [np.timedelta64(1, "M")]


def test_months_with_quotes_and_what_is_none():
    months, numbers = parse_months('"Month","Passengers"\r\n"1949-01",112\r\n"1949-02",118')
    assert months.astype(str).tolist() == ["1949-01", "1949-02"]
    assert numbers.tolist() == [112, 118]
    for text in (
        "",
        "a,b\n",
        "a,b\n1949-13,1\n",
        "a,b\n1949-01\n",
        "a,b\n1949-01,x\n",
        "a,b\nNaT,1\n",
        "a,b\n1949-01,nan",
    ):
        with pytest.raises(DataError):
            parse_months(text)


def _words(text: str) -> list[str]:
    return text.lower().replace(",", "").replace(".", "").split()


@pytest.mark.parametrize(("name", "words", "distinct"), [("androcles", 218, 133), ("north-wind", 141, 82)])
def test_the_fables_are_bare_words(name, words, distinct):
    found = _words(load_text(name))
    assert (len(found), len(set(found))) == (words, distinct)
    assert all(word.isascii() and word.isalpha() for word in found)


def test_three_words_of_androcles_say_which_comes_next():
    words = _words(load_text())
    follows = defaultdict(set)
    for i in range(len(words) - 3):
        follows[tuple(words[i : i + 3])].add(words[i + 3])
    assert follows["causing", "all", "the"] == {"pain"}
    assert max(map(len, follows.values())) == 1, "so that a network can get all of them right"


def test_names_of_texts(folders):
    assert load_text("NORTH_WIND") == load_text("north-wind")
    with pytest.raises(ArgumentError, match="no text is called 'hamlet'"):
        load_text("hamlet")
    with pytest.raises(DataError, match="Tiny Shakespeare is not on this machine"):
        load_text("tiny-shakespeare")


@pytest.mark.parametrize("one", embedded.EMBEDDED.values(), ids=lambda one: one.name)
def test_each_is_there_and_sound(one):
    assert one.path.name == one.file
    one.check()


def test_a_changed_file_is_noticed_and_changed_line_ends_are_not(tmp_path, monkeypatch):
    known = embedded.AIRLINE_PASSENGERS
    text = known.path.read_bytes()
    monkeypatch.setattr("deepkit.resources.folder", lambda name: tmp_path)
    (tmp_path / known.file).write_bytes(text.replace(b"\n", b"\r\n"))
    assert load_airline_passengers(verbose=False).values[0] == 112
    (tmp_path / known.file).write_bytes(text.replace(b"112", b"113"))
    with pytest.raises(DataError, match="is not the file deepkit was released with"):
        load_airline_passengers()
    (tmp_path / known.file).unlink()
    with pytest.raises(DataError, match="cannot read"):
        dataclasses.replace(known).check()


SHAKESPEARE = Path(os.environ.get("DEEPKIT_DATA") or "absent") / "tiny-shakespeare"


@pytest.mark.skipif(not SHAKESPEARE.is_dir(), reason="the real text is not in $DEEPKIT_DATA/tiny-shakespeare")
def test_the_real_shakespeare():
    text = load_text("tiny-shakespeare")
    assert (len(text), len(set(text)), text.count("\n")) == (1_115_394, 65, 40_000)
