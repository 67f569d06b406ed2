"""Update rules move the array they are given, however it lies in memory: transposed (orthogonal kernels do) or sliced."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit.device import updates

RULES = [
    (updates.adam_reference, 3, (0.1, 0.9, 0.99, 1e-7)), (updates.momentum_reference, 2, (0.1, 0.9, True)),
    (updates.velocity_reference, 2, (0.1, 0.9, True)), (updates.rmsprop_reference, 3, (0.1, 0.9, 0.5, 1e-7)),
    (updates.plain_rmsprop_reference, 2, (0.1, 0.9, 1e-7)), (updates.gradient_descent_reference, 1, (0.1,)),
]
LAYOUTS = {
    "transposed": lambda shape: np.zeros(shape[::-1]).T,
    "every other column": lambda shape: np.zeros((shape[0], 2 * shape[1]))[:, ::2],
}


@pytest.mark.parametrize("make", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(("rule", "states", "numbers"), RULES, ids=lambda v: getattr(v, "__name__", ""))
@pytest.mark.parametrize("shape", [(3, 5), (70, 90)])
def test_an_update_reaches_arrays_of_any_layout(rule, states, numbers, make, shape):
    draw = np.random.RandomState(0)
    plain = [np.abs(draw.randn(*shape)) for _ in range(states + 1)]
    strided = [make(shape) for _ in plain]
    for a, b in zip(strided, plain, strict=True):
        a[...] = b
    scalars = [np.float64(n) if isinstance(n, float) else n for n in numbers]
    start = strided[0].copy()
    updates.run(rule, tuple(plain), *scalars)
    updates.run(rule, tuple(strided), *scalars)
    assert np.abs(strided[0] - start).min() > 0
    for a, b in zip(strided, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_variables_are_kept_row_by_row_whatever_they_start_with():
    """An orthogonal matrix comes transposed out of its decomposition; the compiled rules want whole rows."""
    import deepkit.v1 as tf

    with tf.Graph().as_default(), tf.Session() as sess:
        start = np.arange(6.0, dtype=np.float32).reshape(2, 3)
        turned = tf.Variable(tf.transpose(tf.constant(start)))
        sess.run(turned.initializer)
        assert sess.store[turned].flags.c_contiguous
        turned.load(np.asfortranarray(start.T), sess)
        assert sess.store[turned].flags.c_contiguous
        np.testing.assert_array_equal(sess.run(turned), start.T)
