"""A tiny data set in MNIST's form that stands in for the catalog's, and folders that are nobody's own."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

import numpy as np
import pytest

from deepkit.datasets import catalog, mnist
from deepkit.datasets.idx import header, write_idx


@dataclass(frozen=True)
class Tiny:
    """A catalog entry called mnist with 20 + 10 images, its arrays, and its files as a mirror would hold them."""

    entry: catalog.Entry
    arrays: dict[str, np.ndarray]
    files: dict[str, bytes]


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """$DEEPKIT_DATA and the cache, both empty and below tmp_path."""
    monkeypatch.setenv("DEEPKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("deepkit.datasets.locate.cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "data", tmp_path / "cache"


@pytest.fixture
def tiny(tmp_path, monkeypatch, folders):
    stream = np.random.RandomState(0)
    files, contents, arrays = [], {}, {}
    for known in catalog.MNIST.files:
        n = 20 if "train" in known.role else 10
        if known.role.startswith("x"):
            array = stream.randint(0, 256, (n, 28, 28)).astype(np.uint8)
        else:
            array = (np.arange(n) % 10).astype(np.uint8)
        mirror = tmp_path / "mirror"
        mirror.mkdir(exist_ok=True)
        write_idx(mirror / known.name, array)
        packed = (mirror / known.name).read_bytes()
        contents[known.name], arrays[known.role] = packed, array
        files.append(
            dataclasses.replace(
                known,
                shape=array.shape,
                size=len(packed),
                sha256=hashlib.sha256(packed).hexdigest(),
                contents_sha256=hashlib.sha256(header(array) + array.tobytes()).hexdigest(),
            )
        )
    entry = dataclasses.replace(catalog.MNIST, files=tuple(files), mirrors=("http://127.0.0.1:9/nowhere/",))
    monkeypatch.setattr(mnist, "MNIST", entry)
    monkeypatch.setitem(catalog.CATALOG, "mnist", entry)
    return Tiny(entry, arrays, contents)
