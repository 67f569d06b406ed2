"""Arguments of the wrong kind are refused with words: what was given, what is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deepkit import v1 as tf

ROWS = tf.data.Dataset.range


def in_session(call: Callable[[Any], Any]) -> Any:
    with tf.Session() as session:
        return call(session)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: tf.Assert(True, 3), "Assert: data=3"),
        (lambda: tf.assert_equal([1], [1], data="x"), "Assert: data='x'"),
        (lambda: tf.assert_rank_in([1.0], 1), "assert_rank_in: ranks=1"),
        (lambda: tf.accumulate_n(3), "accumulate_n of 3"),
        (lambda: tf.broadcast_to(1.0, 1.5), "a whole number is needed, got 1.5"),
        (lambda: tf.reshape([1.0], 1.5), "a whole number is needed, got 1.5"),
        (lambda: tf.linspace(0.0, 1.0, "few"), "a whole number is needed, got 'few'"),
        (lambda: ROWS(3).concatenate(3), "concatenate got a int"),
        (lambda: ROWS(3).apply(3), "apply got a int"),
        (lambda: tf.Session(graph=3), "graph=3"),
        (lambda: in_session(lambda s: s.partial_run(None, [])), "partial_run"),
        (lambda: in_session(lambda s: s.make_callable([], 3)), "feed_list=3"),
    ],
)
def test_the_argument_is_named(call: Callable[[], Any], said: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=said) as caught:
        call()
    assert "rule" in str(caught.value) or "try" in str(caught.value)
