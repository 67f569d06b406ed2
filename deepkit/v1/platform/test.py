"""`tf.test`: test cases with sessions, comparisons of arrays, and derivatives against differences."""

from __future__ import annotations

import contextlib
import math
import random
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import numpy as np

from deepkit.core.graph import Graph, default_graph, default_session, reset_default_graph
from deepkit.core.nest import leaves
from deepkit.core.symbol import Symbol
from deepkit.device.arrays import cupy_is_installed
from deepkit.errors import OpError
from deepkit.runtime import placement
from deepkit.runtime.session import Session
from deepkit.v1.framework import unknown_names
from deepkit.v1.framework.creators import set_random_seed
from deepkit.v1.framework.derivatives import gradients

__all__ = [
    "TestCase", "compute_gradient", "compute_gradient_error", "get_temp_dir", "gpu_device_name", "is_built_with_cuda",
    "is_gpu_available", "main", "mock",
]

_SEED = 87654321  # TensorFlow's, of the graph in which a test begins


def main(argv: Any = None) -> None:
    """Runs the test cases of the program, and exits."""
    unittest.main(argv=argv)


def get_temp_dir() -> str:
    """A folder for files of tests; it is removed when the program ends."""
    if not _folders:
        _folders.append(tempfile.TemporaryDirectory(prefix="deepkit-test-"))
    return _folders[0].name


_folders: list[tempfile.TemporaryDirectory[str]] = []


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether sessions can compute on a GPU."""
    return bool(gpu_device_name())


def is_built_with_cuda() -> bool:
    """Whether CuPy, which computes on GPUs, is installed."""
    return cupy_is_installed()


def gpu_device_name() -> str:
    """The first GPU, "/device:GPU:0"; an empty text where sessions compute on the CPU alone."""
    return next((f"/device:{d.kind}:{d.number}" for d in placement.available() if d.is_gpu), "")


def compute_gradient(
    x: Any, x_shape: Any, y: Any, y_shape: Any, x_init_value: Any = None, delta: float = 1e-3, init_targets: Any = None,
    extra_feed_dict: Mapping[Any, Any] | None = None,
) -> Any:
    """The derivatives of y by x as gradients give them, and by differences, each (size of x, size of y).

    For lists of tensors x, lists of pairs. The default session runs the graph, where x has the value x_init_value, or
    random numbers.
    """
    if isinstance(x, (list, tuple)):
        starts = x_init_value if x_init_value is not None else [None] * len(x)
        return [
            compute_gradient(one, shape, y, y_shape, start, delta, init_targets, extra_feed_dict)
            for one, shape, start in zip(x, x_shape, starts, strict=True)
        ]
    session = default_graph().session_for(None, "compute_gradient")
    for target in leaves(init_targets or []):
        session.run(target)
    value = np.asarray(np.random.random_sample(x_shape) if x_init_value is None else x_init_value, x.dtype.numpy)
    further = dict(extra_feed_dict or {})
    weights = default_graph().constant(np.zeros(tuple(y_shape), y.dtype.numpy))
    (slope,) = gradients(y, x, weights)

    def slope_of(picked: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(slope, {**further, x: value, weights: picked}))

    def outputs_at(moved: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(y, {**further, x: moved}), np.float64)

    units = np.eye(math.prod(y_shape), dtype=y.dtype.numpy).reshape(-1, *y_shape)
    steps = delta * np.eye(value.size, dtype=value.dtype).reshape(-1, *value.shape)
    by_gradient = np.stack([slope_of(unit).reshape(-1) for unit in units], 1)
    by_difference = np.stack([(outputs_at(value + s) - outputs_at(value - s)).reshape(-1) / (2 * delta) for s in steps])
    return by_gradient.astype(value.dtype), by_difference.astype(value.dtype)


def compute_gradient_error(*args: Any, **kwargs: Any) -> float:
    """The largest difference between the two derivatives that compute_gradient gives."""
    found = compute_gradient(*args, **kwargs)
    pairs = found if isinstance(found, list) else [found]
    return max((float(np.abs(a - b).max()) for a, b in pairs if a.size), default=0.0)


class TestCase(unittest.TestCase):
    """A test case that begins in an empty graph with a seed, has sessions, and compares arrays."""

    _cached: Session | None = None  # also where a program's setUp does not call this one

    def setUp(self) -> None:
        super().setUp()
        random.seed(_SEED)
        np.random.seed(_SEED)
        reset_default_graph()
        set_random_seed(_SEED)
        self._cached = None

    def tearDown(self) -> None:
        if self._cached is not None:
            self._cached.close()
        super().tearDown()

    def get_temp_dir(self) -> str:
        """A folder for the files of this test."""
        return tempfile.mkdtemp(prefix=f"{type(self).__name__}-", dir=get_temp_dir())

    @contextlib.contextmanager
    def session(
        self, graph: Graph | None = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Session]:
        """A session that is the default one inside, and is closed at the end."""
        with Session(graph=graph, config=config) as session:
            yield session

    @contextlib.contextmanager
    def cached_session(
        self, graph: Graph | None = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Session]:
        """The one session of this test, which is the default one inside."""
        if self._cached is None:
            self._cached = Session(graph=graph, config=config)
        with self._cached.as_default():
            yield self._cached

    def test_session(self, *args: Any, **kwargs: Any) -> Any:
        """As cached_session, or, with a graph of its own, as session."""
        if self.id().endswith(".test_session"):
            self.skipTest("its name begins as those of tests do")
        return self.session(*args, **kwargs) if args or kwargs.get("graph") is not None else self.cached_session(**kwargs)

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors in the default session, or in that of this test."""
        session = default_session()
        if session is not None:
            return session.run(tensors)
        with self.cached_session() as own:
            return own.run(tensors)

    def _value(self, x: Any) -> Any:
        return self.evaluate(x) if isinstance(x, Symbol) else x

    def _array(self, x: Any) -> np.ndarray:
        return np.asarray(self._value(x))

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Equal shapes, and equal values everywhere (NaN equals NaN)."""
        np.testing.assert_array_equal(self._array(a), self._array(b), msg or "")
        self.assertShapeEqual(self._array(a), self._array(b), msg)

    def assertAllClose(self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None) -> None:
        """Equal shapes, and |a - b| <= atol + rtol |b|; of dicts, lists and tuples, each entry."""
        if isinstance(a, Mapping):
            self.assertEqual(set(a), set(b), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, msg)
        elif isinstance(a, (list, tuple)) and len({np.shape(self._value(x)) for x in a}) > 1:
            self.assertEqual(len(a), len(b), msg)
            for one, other in zip(a, b, strict=True):
                self.assertAllClose(one, other, rtol, atol, msg)
        else:
            first, second = self._array(a), self._array(b)
            loose = 1e-3 if np.float16 in (first.dtype, second.dtype) else 0.0
            self.assertShapeEqual(first, second, msg)
            np.testing.assert_allclose(first, second, max(rtol, loose), max(atol, loose), err_msg=msg or "")

    def assertAllCloseAccordingToType(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, float_rtol: float = 1e-6, float_atol: float = 1e-6,
        half_rtol: float = 1e-3, half_atol: float = 1e-3, msg: str | None = None, **_: Any,
    ) -> None:
        """assertAllClose with the tolerance of the less exact of the two types."""
        types = {self._array(a).dtype.type, self._array(b).dtype.type}
        if np.float16 in types:
            rtol, atol = max(rtol, half_rtol), max(atol, half_atol)
        elif np.float32 in types:
            rtol, atol = max(rtol, float_rtol), max(atol, float_atol)
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNotAllClose(self, a: Any, b: Any, **kwargs: Any) -> None:
        """Not assertAllClose."""
        try:
            self.assertAllClose(a, b, **kwargs)
        except AssertionError:
            return
        self.fail(f"{a!r} and {b!r} are close everywhere")

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: str | None = None) -> None:
        """An array and a tensor, or two arrays, have one shape."""
        shape = tf_tensor.shape.as_list() if isinstance(tf_tensor, Symbol) else list(np.shape(tf_tensor))
        self.assertEqual(list(np.shape(np_array)), shape, msg)

    def assertArrayNear(self, farray1: Any, farray2: Any, err: float, msg: str | None = None) -> None:
        """Each number of one is within err of that of the other."""
        first, second = self._array(farray1), self._array(farray2)
        self.assertEqual(len(first), len(second), msg)
        self.assertTrue(bool((np.abs(first - second) <= err).all()), msg or f"{first} and {second}")

    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None) -> None:
        """The Euclidean distance of two arrays is less than err."""
        distance = float(np.linalg.norm((self._array(ndarray1) - self._array(ndarray2)).reshape(-1)))
        self.assertTrue(distance < err, msg or f"a distance of {distance}")

    def assertNear(self, f1: Any, f2: Any, err: float, msg: str | None = None) -> None:
        """Two numbers are within err of each other."""
        self.assertTrue(f1 == f2 or math.fabs(f1 - f2) <= err, msg or f"{f1} and {f2} differ by more than {err}")

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """Every value is greater."""
        self.assertGreater(float(self._array(a).min()), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """Every value is less."""
        self.assertLess(float(self._array(a).max()), comparison_target)

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """Every value is at least this."""
        self.assertGreaterEqual(float(self._array(a).min()), comparison_target)

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """Every value is at most this."""
        self.assertLessEqual(float(self._array(a).max()), comparison_target)

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """A text begins with another."""
        self.assertTrue(actual.startswith(expected_start), msg or f"{actual!r} does not start with {expected_start!r}")

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """A tensor or array has this type."""
        found = target.dtype if isinstance(target, Symbol) else np.asarray(target).dtype
        self.assertEqual(found, expected_dtype)

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """An error of a run, whose message has this pattern."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: Any, expected_err_re_or_predicate: str | Callable[[Any], bool]
    ) -> Iterator[None]:
        """An error of that type, whose message has this pattern, or for which the predicate holds."""
        with self.assertRaises(exception_type) as caught:
            yield
        wanted = expected_err_re_or_predicate
        if callable(wanted):
            self.assertTrue(wanted(caught.exception), f"the predicate does not hold for {caught.exception!r}")
        else:
            self.assertRegex(str(caught.exception), wanted)


unknown_names.install("tf.test", sys.modules[__name__])
