"""`tf.test`: each assertion holds where it should and fails where it should; derivatives are compared with differences."""

from __future__ import annotations

import unittest

import numpy as np
import pytest

import deepkit.v1 as tf

NAN = float("nan")
HOLDS = [
    ("assertAllEqual", ([1, NAN], [1, NAN])), ("assertAllClose", ([1.0, 2.0], [1.0, 2.0 + 1e-7])),
    ("assertAllClose", ({"a": [1.0], "b": 2.0}, {"a": [1.0], "b": 2.0})), ("assertAllClose", ([[1.0], 2.0], [[1.0], 2.0])),
    ("assertAllCloseAccordingToType", (np.float16([1.0]), np.float16([1.0005]))), ("assertNotAllClose", ([1.0], [1.1])),
    ("assertShapeEqual", (np.zeros((2, 3)), np.ones((2, 3)))), ("assertArrayNear", ([1.0, 2.0], [1.1, 1.9], 0.2)),
    ("assertNDArrayNear", ([3.0, 4.0], [0.0, 0.0], 5.1)), ("assertNear", (1.0, 1.1, 0.2)), ("assertAllGreater", ([2, 3], 1)),
    ("assertAllLess", ([2, 3], 4)), ("assertAllGreaterEqual", ([2, 3], 2)), ("assertAllLessEqual", ([2, 3], 3)),
    ("assertStartsWith", ("abc", "ab")), ("assertDTypeEqual", (np.float32(1), np.float32)),
]
FAILS = [
    ("assertAllEqual", ([1, 2], [1, 3])), ("assertAllEqual", ([[1, 2]], [1, 2])), ("assertAllEqual", ([1, 1], 1)),
    ("assertAllClose", ([1.0, 2.0], [1.0, 2.1])), ("assertAllClose", ([1.0, NAN], [1.0, 2.0])),
    ("assertAllClose", ({"a": 1.0}, {"b": 1.0})), ("assertAllClose", ([[1.0], 2.0], [[1.1], 2.0])),
    ("assertAllCloseAccordingToType", (np.float32([1.0]), np.float32([1.0005]))), ("assertNotAllClose", ([1.0], [1.0])),
    ("assertShapeEqual", (np.zeros((2, 3)), np.ones((3, 2)))), ("assertArrayNear", ([1.0, 2.0], [1.3, 1.9], 0.2)),
    ("assertArrayNear", ([1.0, NAN], [1.0, NAN], 0.2)), ("assertNDArrayNear", ([3.0, 4.0], [0.0, 0.0], 5.0)),
    ("assertNear", (1.0, 1.3, 0.2)), ("assertNear", (NAN, NAN, 0.2)), ("assertAllGreater", ([2, 3], 2)),
    ("assertAllGreater", ([2, NAN], 1)), ("assertAllLess", ([2, 3], 3)), ("assertAllLess", ([2, NAN], 4)),
    ("assertAllGreaterEqual", ([2, 3], 3)), ("assertAllLessEqual", ([2, 3], 2)), ("assertStartsWith", ("abc", "b")),
    ("assertDTypeEqual", (np.float64(1), np.float32)),
]


@pytest.fixture
def case():
    """A case whose assertions are called one by one; made here, for pytest would run a class of the module."""
    return type("Case", (tf.test.TestCase,), {"runTest": lambda self: None})()


@pytest.mark.parametrize(("name", "arguments"), HOLDS)
def test_it_holds(case, name, arguments):
    assert getattr(case, name)(*arguments) is None


@pytest.mark.parametrize(("name", "arguments"), FAILS)
def test_it_fails(case, name, arguments):
    with pytest.raises(AssertionError):
        getattr(case, name)(*arguments)


def test_tensors_are_computed_in_the_session_of_the_case(case):
    case.setUp()
    with case.cached_session() as session:
        x = tf.constant([1.0, 2.0])
        case.assertAllEqual(x * 2, [2.0, 4.0])
        case.assertDTypeEqual(x, tf.float32)
        assert session is tf.get_default_session()
        with pytest.raises(AssertionError):
            case.assertAllClose(x, [1.0, 2.5])
        with case.assertRaisesOpError("finite"):
            session.run(tf.check_numerics(x / 0.0, "not finite"))
        with pytest.raises(AssertionError), case.assertRaisesOpError("something else"):
            session.run(tf.check_numerics(x / 0.0, "not finite"))
    case.tearDown()


def test_a_wrong_gradient_is_found():
    @tf.custom_gradient
    def doubled(x):
        return 2.0 * x, lambda dy: 3.0 * dy

    with tf.Graph().as_default(), tf.Session():
        x = tf.constant([[0.5, -1.0]], tf.float64)
        right = tf.test.compute_gradient_error(x, [1, 2], tf.sin(x), [1, 2], x_init_value=np.array([[0.5, -1.0]]))
        wrong = tf.test.compute_gradient_error(x, [1, 2], doubled(x), [1, 2])
        by_gradient, by_difference = tf.test.compute_gradient(x, [1, 2], x * x, [1, 2], x_init_value=np.array([[0.5, -1.0]]))
    assert right < 1e-6
    assert wrong == pytest.approx(1.0)
    np.testing.assert_allclose(by_gradient, [[1, 0], [0, -2]])
    np.testing.assert_allclose(by_difference, [[1, 0], [0, -2]], atol=1e-9)


def test_a_set_up_of_the_program_s_own_need_not_call_ours() -> None:
    class Case(tf.test.TestCase):
        def setUp(self) -> None:
            pass

        def runTest(self) -> None:
            with self.cached_session() as sess:
                assert sess.run(tf.constant(3)) == 3
            assert self.evaluate(tf.constant(4)) == 4  # in a session that the test has for it

    with tf.Graph().as_default():
        result = unittest.TestResult()
        Case().run(result)
    assert result.wasSuccessful(), result.errors
