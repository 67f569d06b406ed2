"""The embedded digits: what they are, and their distorted copies."""

from __future__ import annotations

import time

import numpy as np
import pytest

from deepkit.datasets import augment, load_digits28
from deepkit.datasets.digits28 import read_digits28
from deepkit.errors import ArgumentError, DataError, DTypeError, ShapeError
from deepkit.resources import folder


@pytest.fixture(scope="module")
def data():
    return load_digits28(verbose=False)


def test_form_and_conventions(data):
    assert data.x_train.shape == (1437, 28, 28)
    assert data.x_test.shape == (360, 28, 28)
    assert data.x_train.dtype == data.x_test.dtype == np.uint8
    assert data.y_train.dtype == np.int64
    assert data.x_train.max() == 255
    every = np.concatenate([data.x_train, data.x_test]).astype(float)
    assert (every == 0).mean() > 0.7, "white on black"
    ink = every.sum(axis=(1, 2))
    rows = (every.sum(axis=2) @ np.arange(28)) / ink
    columns = (every.sum(axis=1) @ np.arange(28)) / ink
    assert abs(rows - 14).max() <= 0.51, "centred by mass, to the nearest pixel, as MNIST is"
    assert abs(columns - 14).max() <= 0.51
    height = every.any(axis=2).sum(axis=1)
    width = every.any(axis=1).sum(axis=1)
    assert set(np.maximum(height, width)) <= {19, 20}, "the digit fills a box of 20x20"


def test_the_split_keeps_the_proportions(data):
    train, test = np.bincount(data.y_train), np.bincount(data.y_test)
    assert (train + test).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert abs(test - (train + test) * 360 / 1797).max() < 1
    joined = {image.tobytes() for image in data.x_train} & {image.tobytes() for image in data.x_test}
    assert not joined


def _neighbours(train, labels, images):
    """The label of the training image that is nearest to each image."""
    rows, queries = (x.reshape(len(x), -1) / 255.0 for x in (train, images))
    return labels[((rows**2).sum(axis=1) - 2 * queries @ rows.T).argmin(axis=1)]


def test_neighbours_read_the_digits(data):
    """Labels belong to their pictures: the nearest training image tells nearly every test digit."""
    assert (_neighbours(*data.train, data.x_test) == data.y_test).mean() > 0.98


def test_it_says_what_was_loaded(capsys, data):
    loaded = load_digits28()
    printed = capsys.readouterr().out
    assert printed == loaded.describe() + "\n"
    assert "digits28: 1,437 training and 360 test images of 28x28" in printed
    assert "not MNIST" in printed
    assert data.name == "digits28"
    assert data.source == "embedded"
    assert repr(data) == f"<Dataset {data.describe()}>"
    load_digits28(verbose=False)
    assert capsys.readouterr().out == ""


def test_a_dataset_unpacks_and_is_frozen(data):
    (x_train, y_train), (x_test, y_test) = data
    assert x_train is data.x_train
    assert y_test is data.y_test
    assert y_train is data.train[1]
    assert x_test is data.test[0]
    with pytest.raises(AttributeError):
        data.name = "MNIST"


def test_a_damaged_file_is_refused(tmp_path):
    good = (folder("data") / "digits28.npz").read_bytes()
    path = tmp_path / "digits28.npz"
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    for contents in (b"", good[:middle], flipped, b"not a zip archive"):
        path.write_bytes(contents)
        with pytest.raises(DataError, match="damaged"):
            read_digits28(path)
    with pytest.raises(DataError, match="missing"):
        read_digits28(tmp_path / "absent.npz")


def test_a_changed_pixel_and_pickles_are_refused(tmp_path, data):
    path = tmp_path / "digits28.npz"
    arrays = dict(read_digits28(folder("data") / "digits28.npz"))
    np.savez(path, **{**arrays, "x_test": arrays["x_test"] ^ 1})
    with pytest.raises(DataError, match="not the file deepkit was released with"):
        read_digits28(path)
    np.savez(path, **{**arrays, "y_test": arrays["y_test"].astype(np.int32)})
    with pytest.raises(DataError, match="y_test is int32"):
        read_digits28(path)
    np.savez(path, **{**arrays, "y_test": np.array([{}], dtype=object)})
    with pytest.raises(DataError, match="pickle"):
        read_digits28(path)


def test_augmented_copies_follow_the_scans(data, capsys):
    more = load_digits28(augmented=2)
    assert "1,437 real scans and 2,874 distorted copies" in capsys.readouterr().out
    assert len(more.x_train) == len(more.y_train) == 3 * 1437
    np.testing.assert_array_equal(more.x_train[:1437], data.x_train)
    np.testing.assert_array_equal(more.y_train, np.tile(data.y_train, 3))
    np.testing.assert_array_equal(more.x_test, data.x_test)
    assert not np.array_equal(more.x_train[1437:2874], more.x_train[2874:]), "each copy has its own distortion"
    for wrong in (-1, 1.5, "2", None):
        with pytest.raises(ArgumentError):
            load_digits28(augmented=wrong)


def test_augment_is_seeded(data):
    once, again, other = (augment(data.x_train, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)
    assert once.dtype == np.uint8
    assert abs(once.mean() / data.x_train.mean() - 1) < 0.05, "ink is kept"


def test_distorted_digits_stay_themselves(data):
    """Measured without the shift, since pixel distance, unlike a reader, is upset by a shift of one pixel."""
    distorted = augment(data.x_train, 1, shift=0)
    assert (_neighbours(*data.train, distorted) == data.y_train).mean() > 0.95


def test_distorted_copies_teach(data):
    """On distorted test digits they cut the errors of the nearest neighbour by half."""
    more = load_digits28(augmented=4, verbose=False)
    distorted = augment(data.x_test, 7)
    scans_only, with_copies = (
        (_neighbours(*known, distorted) != data.y_test).mean() for known in (data.train, more.train)
    )
    assert with_copies < 0.6 * scans_only


def test_augment_without_amounts_changes_nothing(data):
    for images in (data.x_test, data.x_test.astype(np.float32) / 255):
        same = augment(images, 0, shift=0, rotate=0, elastic=0)
        assert same.dtype == images.dtype
        assert same is not images
        np.testing.assert_allclose(same, images, atol=1e-6)


def test_augment_moves_by_the_amounts_asked_for():
    dot = np.zeros((400, 21, 21))
    dot[:, 10, 15] = 1.0

    def centres(images):
        ink = images.sum(axis=(1, 2))
        return (images.sum(axis=2) @ np.arange(21)) / ink, (images.sum(axis=1) @ np.arange(21)) / ink

    rows, columns = centres(augment(dot, 3, shift=2, rotate=0, elastic=0))
    assert 1.8 < abs(rows - 10).max() <= 2
    assert 1.8 < abs(columns - 15).max() <= 2
    rows, columns = centres(augment(dot, 3, shift=0, rotate=90, elastic=0))
    radius = np.hypot(rows - 10, columns - 10)
    assert abs(radius - 5).max() < 0.2, "a rotation about the middle keeps the distance to it"
    assert abs(np.arctan2(rows - 10, columns - 10)).max() > 1.5
    rows, columns = centres(augment(dot, 3, shift=0, rotate=0, elastic=1))
    assert 0.8 < np.sqrt(np.mean((rows - 10) ** 2)) < 1.25
    assert 0.8 < np.sqrt(np.mean((columns - 15) ** 2)) < 1.25


def test_augment_is_fast(data):
    start = time.perf_counter()
    augment(data.x_train, 0)
    assert time.perf_counter() - start < 2.0  # about 0.1 s on one quiet core


def test_augment_refuses_what_it_cannot_do(data):
    images = data.x_test[:2]
    with pytest.raises(ShapeError):
        augment(images[0], 0)
    with pytest.raises(DTypeError):
        augment(images.astype(np.int32), 0)
    for wrong in ({"shift": -1}, {"rotate": float("nan")}, {"elastic": float("inf")}):
        with pytest.raises(ArgumentError):
            augment(images, 0, **wrong)
    for seed in (-1, 2**32, 0.5, None):
        with pytest.raises(ArgumentError):
            augment(images, seed)
    assert augment(images[:0], 0).shape == (0, 28, 28)
