"""CTC: loss, derivative and decoders against TensorFlow itself."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf

peer = pytest.importorskip("tensorflow", reason="compares with TensorFlow itself").compat.v1
RNG = np.random.default_rng(0)
T, B, C = 7, 4, 5
LOGITS = (2 * RNG.normal(size=(T, B, C))).astype(np.float32)
LENGTHS = np.array([7, 5, 6, 4], np.int32)
ROWS = [[0, 1, 1, 2], [3], [1, 1], [2, 0, 2]]
PLACES = np.array([(b, i) for b, row in enumerate(ROWS) for i in range(len(row))], np.int64)
VALUES = np.array([v for row in ROWS for v in row], np.int32)


def both(build):
    """What `build` gives in either library."""
    found = []
    for lib in (tf, peer):
        with lib.Graph().as_default(), lib.Session() as sess:
            found.append(sess.run(build(lib)))
    return found


def flat(structure):
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flat(item)]
    return [np.asarray(structure)]


@pytest.mark.parametrize("time_major", [True, False])
@pytest.mark.parametrize(
    "options",
    [{}, {"preprocess_collapse_repeated": True}, {"ctc_merge_repeated": False},
     {"preprocess_collapse_repeated": True, "ctc_merge_repeated": False}],
)
def test_the_loss_and_its_derivative(options, time_major):
    def build(lib):
        x = lib.constant(LOGITS if time_major else LOGITS.swapaxes(0, 1))
        labels = lib.SparseTensor(PLACES, VALUES, [B, 4])
        loss = lib.nn.ctc_loss(labels, x, LENGTHS, time_major=time_major, **options)
        return [loss, lib.gradients(loss * lib.constant([1.0, 2.0, 3.0, 4.0]), x)[0]]

    for a, b in zip(*both(build), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


def test_too_many_labels_are_left_out_when_told_to():
    def build(lib):
        x, labels = lib.constant(LOGITS), lib.SparseTensor(PLACES, VALUES, [B, 4])
        loss = lib.nn.ctc_loss(labels, x, np.array([4, 5, 6, 2], np.int32), ignore_longer_outputs_than_inputs=True)
        return [loss, lib.gradients(loss, x)[0]]

    for a, b in zip(*both(build), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize("merge", [True, False])
def test_the_greedy_decoder(merge):
    for a, b in zip(
        *map(flat, both(lambda lib: lib.nn.ctc_greedy_decoder(lib.constant(LOGITS), LENGTHS, merge))), strict=True
    ):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize(("beams", "paths"), [(100, 3), (4, 1), (4, 2)])
def test_the_beam_search_decoder(beams, paths, merge):
    def build(lib):
        return lib.nn.ctc_beam_search_decoder(lib.constant(LOGITS), LENGTHS, beams, paths, merge)

    for a, b in zip(*map(flat, both(build)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
