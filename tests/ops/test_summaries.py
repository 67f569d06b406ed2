"""What summaries hold: buckets, scaled images, PNG and WAV files; and what is said where there is none."""

from __future__ import annotations

import io
import itertools
import wave

import numpy as np
import pytest

pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra: tensorboard)")

import deepkit as dk
from deepkit.errors import ArgumentError, DeepkitError, NumericsError, ShapeError
from deepkit.ops.summary.event_messages import message
from deepkit.ops.summary.values import bucket_limits, png, to_bytes


def parsed(tensor) -> list:
    return list(message("Summary").FromString(tensor.numpy().item()).value)


def test_scalars():
    (value,) = parsed(dk.scalar_summary("loss", dk.tensor(0.1)))
    assert (value.tag, value.simple_value) == ("loss", float(np.float32(0.1)))
    assert np.isnan(parsed(dk.scalar_summary("loss", float("nan")))[0].simple_value)


def test_a_histogram_counts_every_value_between_the_limit_before_and_its_own():
    values = np.random.default_rng(3).normal(0, 1e3, 500)
    (value,) = parsed(dk.histogram_summary("w", values))
    h = value.histo
    assert (h.min, h.max, h.num) == (values.min(), values.max(), 500)
    np.testing.assert_allclose([h.sum, h.sum_squares], [values.sum(), (values**2).sum()], rtol=1e-12)
    limits = np.array([-np.inf, *h.bucket_limit])
    counted = [int(((values >= a) & (values < b)).sum()) for a, b in itertools.pairwise(limits)]
    assert counted == list(h.bucket)
    empty = np.array(h.bucket) == 0
    assert not (empty[1:] & empty[:-1]).any()  # a run of empty buckets is one
    assert set(h.bucket_limit) <= set(bucket_limits())


def test_the_limits_grow_by_a_tenth():
    limits = bucket_limits()
    np.testing.assert_array_equal(limits, -limits[::-1])
    positive = limits[limits > 0][:-1]
    np.testing.assert_allclose(positive[1:] / positive[:-1], 1.1)
    assert positive[0] == 1e-12
    assert positive[-1] < 1e20 <= positive[-1] * 1.1


def test_a_value_at_a_limit_is_in_the_bucket_above_it():
    h = parsed(dk.histogram_summary("w", np.array([0.0, 1e-12, 1e-12])))[0].histo
    np.testing.assert_allclose(list(h.bucket_limit), [0.0, 1e-12, 1.1e-12, np.finfo(np.float64).max])
    assert list(h.bucket) == [0, 1, 2, 0]


def test_an_empty_histogram():
    h = parsed(dk.histogram_summary("w", np.zeros((0, 3), np.float32)))[0].histo
    largest = np.finfo(np.float64).max
    assert (h.min, h.max, h.num, list(h.bucket_limit), list(h.bucket)) == (largest, -largest, 0, [largest], [0])


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (-np.inf, "infinity")])
def test_a_histogram_of_something_that_is_no_number(value, word):
    with pytest.raises(NumericsError, match=f"{word} in the histogram 'weights'"):
        dk.histogram_summary("weights", np.array([1.0, value]))


def test_png_is_read_by_pillow():
    images = pytest.importorskip("PIL.Image", reason="pillow is not installed (extra: image)")
    rng = np.random.default_rng(0)
    for channels, mode in ((1, "L"), (3, "RGB"), (4, "RGBA")):
        pixels = rng.integers(0, 256, (5, 7, channels), np.uint8)
        image = images.open(io.BytesIO(png(pixels)))
        image.verify()
        image = images.open(io.BytesIO(png(pixels)))
        assert (image.mode, image.size) == (mode, (7, 5))
        np.testing.assert_array_equal(np.asarray(image).reshape(pixels.shape), pixels)


def test_how_floats_become_bytes():
    column = lambda *values: np.array(values, np.float32).reshape(-1, 1, 1)  # noqa: E731
    assert to_bytes(column(0, 1, 4)).ravel().tolist() == [0, 63, 255]
    assert to_bytes(column(-1, 0, 2)).ravel().tolist() == [64, 128, 255]
    assert to_bytes(column(-4, 0, 2)).ravel().tolist() == [1, 128, 191]
    assert to_bytes(column(0, 0)).ravel().tolist() == [0, 0]
    colours = np.array([[[1, 2, 4], [np.nan, 1, 1]]], np.float32)
    assert to_bytes(colours).tolist() == [[[63, 127, 255], [255, 0, 0]]]


def test_images_have_numbered_tags():
    images = np.zeros((5, 2, 3, 1), np.uint8)
    many = parsed(dk.image_summary("in", images, max_images=2))
    assert [v.tag for v in many] == ["in/image/0", "in/image/1"]
    (one,) = parsed(dk.image_summary("in", images, max_images=1))
    assert (one.tag, one.image.height, one.image.width, one.image.colorspace) == ("in/image", 2, 3, 1)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: dk.scalar_summary("loss", np.zeros(3)), ShapeError, "tags have shape"),
        (lambda: dk.scalar_summary("loss", np.array(True)), DeepkitError, "not defined for bool"),
        (lambda: dk.image_summary("x", np.zeros((2, 28, 28))), ShapeError, "channels"),
        (lambda: dk.image_summary("x", np.zeros((2, 4, 4, 2))), ShapeError, "1 channel"),
        (lambda: dk.image_summary("x", np.zeros((2, 4, 4, 1), np.int32)), ArgumentError, "uint8 or floats"),
        (lambda: dk.image_summary("x", np.zeros((2, 4, 4, 1)), 0), ArgumentError, "at least 1"),
        (lambda: dk.audio_summary("x", np.zeros(5, np.float32), 8000.0), ShapeError, "frames"),
        (lambda: dk.merge_summary([dk.scalar_summary("a", 1.0)] * 2), ArgumentError, "the tag 'a'"),
    ],
)
def test_mistakes_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_sounds_are_wav_files():
    sound = np.array([[0.0, 1.0, -1.0, 0.5, 2.0, 0.7 / 32768, -0.7 / 32768]], np.float32)
    (value,) = parsed(dk.audio_summary("beep", sound, 8000.0, max_outputs=1))
    assert (value.tag, value.audio.length_frames, value.audio.num_channels) == ("beep/audio", 7, 1)
    with wave.open(io.BytesIO(value.audio.encoded_audio_string)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnframes()) == (8000, 2, 7)
        frames = np.frombuffer(file.readframes(7), "<i2").tolist()
    assert frames == [0, 32767, -32768, 16384, 32767, 1, -1]


def test_tensors_keep_their_numbers():
    from tensorboard.util import tensor_util

    array = np.arange(6, dtype=np.int64).reshape(2, 3)
    (value,) = parsed(dk.tensor_summary("t", array))
    np.testing.assert_array_equal(tensor_util.make_ndarray(value.tensor), array)
