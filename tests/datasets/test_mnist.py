"""MNIST on this machine: found in every place and spelling, refused when it is not MNIST."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from deepkit.datasets import catalog, load_digits, load_fashion_mnist, load_mnist, locate, write_idx
from deepkit.errors import ArgumentError, DataError


def _real(name: str) -> bool:
    return all((Path(os.environ.get("DEEPKIT_DATA", "absent")) / name / f.name).is_file() for f in catalog.MNIST.files)


def _put(tiny, folder, rename=lambda name: name, unpack=False):
    (folder / "mnist").mkdir(parents=True)
    for name, contents in tiny.files.items():
        (folder / "mnist" / rename(name)).write_bytes(gzip.decompress(contents) if unpack else contents)


SPELLINGS = {
    "dashed.gz": (lambda name: name, False),
    "dotted.gz": (lambda name: name.replace("-idx", ".idx"), False),
    "dashed": (lambda name: name.removesuffix(".gz"), True),
    "dotted": (lambda name: name.replace("-idx", ".idx").removesuffix(".gz"), True),
}


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_found_in_both_places_and_every_spelling(tiny, folders, place, spelling, capsys):
    rename, unpack = SPELLINGS[spelling]
    _put(tiny, folders[place], rename, unpack)
    data = load_mnist()
    assert data.name == "MNIST"
    assert data.source == str(folders[place] / "mnist")
    assert capsys.readouterr().out == f"MNIST: 20 training and 10 test images of 28x28 ({data.source})\n"
    for role, array in tiny.arrays.items():
        np.testing.assert_array_equal(getattr(data, role), array)
    assert data.x_train.dtype == np.uint8
    assert data.y_test.dtype == np.int64


def test_a_complete_set_wins_over_a_partial_one_that_is_searched_first(tiny, folders):
    _put(tiny, folders[0])
    _put(tiny, folders[1])
    (folders[0] / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert load_mnist(verbose=False).source == str(folders[1] / "mnist")


def test_absent(tiny, folders, capsys):
    with pytest.raises(DataError) as caught:
        load_mnist()
    assert "MNIST is not on this machine" in caught.value.what
    assert str(folders[0] / "mnist") in caught.value.where
    assert str(folders[1] / "mnist") in caught.value.where
    assert "deepkit data fetch mnist" in caught.value.hint
    assert load_digits().name == "digits28"
    printed = capsys.readouterr().out
    assert printed.startswith("digits28: ")
    assert "MNIST is not on this machine; `deepkit data fetch mnist` gets it" in printed


def test_load_digits_prefers_what_is_asked_for(tiny, folders, capsys):
    _put(tiny, folders[0])
    assert load_digits().name == "MNIST"
    assert load_digits(prefer="digits28", verbose=False).name == "digits28"
    assert capsys.readouterr().out.count("\n") == 1
    with pytest.raises(ArgumentError, match="prefer is 'cifar'"):
        load_digits(prefer="cifar")


@pytest.mark.parametrize("load", [load_mnist, load_digits])
def test_half_a_set_is_an_error_for_both_loaders(tiny, folders, load):
    _put(tiny, folders[0])
    (folders[0] / "mnist" / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"incomplete: train-labels-idx1-ubyte\.gz missing"):
        load()


@pytest.mark.parametrize("load", [load_mnist, load_digits])
def test_damage_is_never_covered_up(tiny, folders, load):
    _put(tiny, folders[0])
    path = folders[0] / "mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="is damaged"):
        load()


def test_other_pictures_cannot_bear_the_name(tiny, folders):
    _put(tiny, folders[0])
    write_idx(folders[0] / "mnist" / "train-images-idx3-ubyte.gz", tiny.arrays["x_train"] ^ 1)
    with pytest.raises(DataError, match="not the one that belongs here"):
        load_mnist()


def _bar(monkeypatch, barred):
    """Make the system refuse to list `barred`; file modes would not stop root."""
    real = os.listdir

    def listdir(path="."):
        if Path(path) == barred:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "listdir", listdir)


def test_a_cache_that_is_barred_does_not_stop_the_chosen_folder(tiny, folders, monkeypatch):
    _bar(monkeypatch, folders[1] / "mnist")
    assert load_digits(verbose=False).name == "digits28"
    _put(tiny, folders[0])
    assert load_mnist(verbose=False).name == "MNIST"


@pytest.mark.parametrize("load", [load_mnist, load_digits])
def test_a_chosen_folder_that_is_barred_is_an_error(tiny, folders, monkeypatch, load):
    _bar(monkeypatch, folders[0] / "mnist")
    with pytest.raises(DataError, match=r"cannot look into .*Permission denied"):
        load()


def test_folders_follow_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPKIT_DATA", str(tmp_path))
    assert locate.data_folders() == [tmp_path, locate.cache_folder()]
    monkeypatch.setenv("DEEPKIT_DATA", "")
    assert locate.data_folders() == [locate.cache_folder()]


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/deepkit"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/deepkit"),
        ("linux", {}, "/home/me/.cache/deepkit"),
        ("darwin", {}, "/home/me/Library/Caches/deepkit"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/deepkit"),
        ("win32", {}, "/home/me/AppData/Local/deepkit"),
    ],
)
def test_the_cache_is_where_the_system_keeps_caches(monkeypatch, system, variables, expected):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert locate.cache_folder() == Path(expected)


@pytest.mark.skipif(not _real("mnist"), reason="real MNIST is not in $DEEPKIT_DATA/mnist")
def test_the_real_mnist():
    data = load_mnist(verbose=False)
    assert data.x_train.shape == (60000, 28, 28)
    assert data.x_test.shape == (10000, 28, 28)
    assert data.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert data.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert data.x_train.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    for file in catalog.MNIST.files:
        packed = (Path(data.source) / file.name).read_bytes()
        assert (len(packed), hashlib.sha256(packed).hexdigest()) == (file.size, file.sha256)


@pytest.mark.skipif(not _real("fashion-mnist"), reason="real Fashion-MNIST is not in $DEEPKIT_DATA/fashion-mnist")
def test_the_real_fashion_mnist():
    data = load_fashion_mnist(verbose=False)
    assert data.x_train.shape == (60000, 28, 28)
    assert [data.classes[y] for y in data.y_train[:3]] == ["Ankle boot", "T-shirt/top", "T-shirt/top"]
    assert data.y_test[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
