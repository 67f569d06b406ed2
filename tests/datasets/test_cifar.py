"""CIFAR: records become pictures; the archive, the subset and their absence; the real subset."""

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

from deepkit.datasets import catalog, cifar, load_cifar10, load_cifar100, read_cifar
from deepkit.errors import ArgumentError, DataError

STREAM = np.random.RandomState(0)


def records(count: int, classes=(10,)) -> tuple[bytes, np.ndarray, list[np.ndarray]]:
    """The bytes of `count` records, and the pictures and labels in them."""
    pictures = STREAM.randint(0, 256, (count, 32, 32, 3)).astype(np.uint8)
    labels = [STREAM.randint(0, most, count) for most in classes]
    rows = [
        bytes([*(int(column[i]) for column in labels)]) + b"".join(pictures[i, :, :, c].tobytes() for c in range(3))
        for i in range(count)
    ]
    return b"".join(rows), pictures, labels


def put(folder: Path, name: str, files: dict[str, bytes], monkeypatch, which: str) -> None:
    """An archive of `files` in `folder`, and a catalog that knows its SHA-256."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for file, contents in files.items():
            info = tarfile.TarInfo(f"some-folder/{file}")
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
    folder.mkdir(parents=True)
    (folder / name).write_bytes(out.getvalue())
    entry = getattr(catalog, which)
    digest = hashlib.sha256(out.getvalue()).hexdigest()
    file = dataclasses.replace(entry.files[0], size=len(out.getvalue()), sha256=digest)
    monkeypatch.setattr(cifar, which, dataclasses.replace(entry, files=(file,)))


def test_the_first_byte_is_the_label_and_planes_become_channels(tmp_path):
    one = bytes([7]) + bytes([1]) * 1024 + bytes([2]) * 1024 + bytes(range(32)) * 32
    (tmp_path / "batch").write_bytes(one)
    x, (y,) = read_cifar(tmp_path / "batch")
    assert (x.shape, x.dtype, y.dtype, y.tolist()) == ((1, 32, 32, 3), np.uint8, np.int64, [7])
    assert x[0, 5, 9].tolist() == [1, 2, 9]
    assert x.flags.writeable


@pytest.mark.parametrize("classes", [(10,), (20, 100)])
def test_records_are_read_raw_and_compressed(tmp_path, classes):
    data, pictures, labels = records(5, classes)
    (tmp_path / "raw").write_bytes(data)
    (tmp_path / "packed").write_bytes(gzip.compress(data))
    for name in ("raw", "packed"):
        x, y = read_cifar(tmp_path / name, classes)
        np.testing.assert_array_equal(x, pictures)
        np.testing.assert_array_equal(y, labels)


@pytest.mark.parametrize(
    ("contents", "what"),
    [
        (b"", "holds 0 bytes"),
        (bytes(3072), "holds 3,072 bytes"),
        (bytes(3074), "holds 3,074 bytes"),
        (bytes(3073) + bytes([10]) + bytes(3072), "a label of picture 1 is 10"),
    ],
)
def test_what_is_no_record(tmp_path, contents, what):
    (tmp_path / "batch").write_bytes(contents)
    with pytest.raises(DataError, match=what):
        read_cifar(tmp_path / "batch")


def test_cifar10_from_its_archive(folders, monkeypatch, capsys):
    parts = {f"data_batch_{i}.bin": records(2) for i in range(1, 6)} | {"test_batch.bin": records(3)}
    files = {name: part[0] for name, part in parts.items()}
    put(folders[0] / "cifar10", "cifar-10-binary.tar.gz", files, monkeypatch, "CIFAR10")
    data = load_cifar10()
    assert f"CIFAR-10: 10 training and 3 test colour images of 32x32 ({data.source})" in capsys.readouterr().out
    np.testing.assert_array_equal(data.x_train, np.concatenate([parts[f"data_batch_{i}.bin"][1] for i in range(1, 6)]))
    np.testing.assert_array_equal(data.y_train[2:4], parts["data_batch_2.bin"][2][0])
    np.testing.assert_array_equal(data.x_test, parts["test_batch.bin"][1])
    assert data.classes[3] == "cat"


@pytest.mark.parametrize(("labels", "column", "names"), [("fine", 1, ("oak", "elm")), ("coarse", 0, ("trees",))])
def test_cifar100_has_two_kinds_of_labels(folders, monkeypatch, labels, column, names):
    train, test = records(4, (20, 100)), records(2, (20, 100))
    files = {
        "train.bin": train[0],
        "test.bin": test[0],
        "fine_label_names.txt": b"oak\nelm\n\n",
        "coarse_label_names.txt": b"trees\n",
    }
    put(folders[1] / "cifar100", "cifar-100-binary.tar.gz", files, monkeypatch, "CIFAR100")
    data = load_cifar100(labels, verbose=False)
    np.testing.assert_array_equal(data.y_train, train[2][column])
    np.testing.assert_array_equal(data.x_test, test[1])
    assert data.classes == names
    with pytest.raises(ArgumentError, match="labels is 'rough'"):
        load_cifar100("rough")


def test_an_archive_that_is_another_is_refused(folders, monkeypatch):
    put(folders[0] / "cifar10", "cifar-10-binary.tar.gz", {"test_batch.bin": records(1)[0]}, monkeypatch, "CIFAR10")
    path = folders[0] / "cifar10" / "cifar-10-binary.tar.gz"
    with pytest.raises(DataError, match=r"lacks data_batch_1\.bin"):
        load_cifar10()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="is damaged, or another file of the same name"):
        load_cifar10()
    path.write_bytes(path.read_bytes() + bytes(2))
    with pytest.raises(DataError, match="has more than"):
        load_cifar10()


def test_absent(folders):
    with pytest.raises(DataError, match="CIFAR-10 is not on this machine") as caught:
        load_cifar10()
    assert "deepkit data fetch cifar10" in caught.value.hint
    assert "cifar-10-binary.tar.gz" in caught.value.hint
    assert "unpickling" in caught.value.hint
    with pytest.raises(DataError, match="CIFAR-100 is not on this machine"):
        load_cifar100()


SUBSET = Path(os.environ.get("DEEPKIT_DATA") or "absent") / "cifar10-subset"


@pytest.mark.skipif(not SUBSET.is_dir(), reason="the real pictures are not in $DEEPKIT_DATA/cifar10-subset")
def test_the_real_subset_says_that_it_is_one(monkeypatch, tmp_path):
    os.symlink(SUBSET, tmp_path / "cifar10-subset")
    monkeypatch.setenv("DEEPKIT_DATA", str(tmp_path))
    monkeypatch.setattr("deepkit.datasets.locate.cache_folder", lambda: tmp_path / "cache")
    with pytest.warns(UserWarning, match="only its first 4,000 training and 1,000 test pictures"):
        data = load_cifar10(verbose=False)
    assert data.name == "CIFAR-10, a part of it"
    assert (data.x_train.shape, data.x_test.shape) == ((4000, 32, 32, 3), (1000, 32, 32, 3))
    assert data.y_train[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert data.y_test[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    assert data.x_train[0, 0, 0].tolist() == [59, 62, 63]
    assert data.x_test[0, 0, 0].tolist() == [158, 112, 49]
    assert np.bincount(data.y_train).tolist() == [396, 366, 420, 384, 422, 393, 414, 385, 407, 413]
