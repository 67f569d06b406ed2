"""When hooks act: every so many steps or seconds, and at the end."""

from __future__ import annotations

from typing import Any

import pytest

from deepkit import v1 as tf


def test_a_timer_counts_steps() -> None:
    timer = tf.train.SecondOrStepTimer(every_steps=3)
    assert [step for step in range(10) if timer.should_trigger_for_step(step) and timer.update_last_triggered_step(step)] == [
        0, 3, 6, 9,
    ]
    assert timer.last_triggered_step() == 9
    assert timer.update_last_triggered_step(14)[1] == 5
    timer.reset()
    assert timer.last_triggered_step() is None
    assert timer.update_last_triggered_step(2) == (None, None)


def test_a_timer_counts_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    timer = tf.train.SecondOrStepTimer(every_secs=2.0)
    timer.update_last_triggered_step(1)
    now[0] = 101.5
    assert not timer.should_trigger_for_step(50)
    now[0] = 102.5
    assert not timer.should_trigger_for_step(1)
    assert timer.should_trigger_for_step(51)
    assert timer.update_last_triggered_step(51) == (2.5, 50)


@pytest.mark.parametrize("wrong", [{}, {"every_secs": 1, "every_steps": 1}, {"every_steps": 0}, {"every_secs": -1.0}])
def test_a_timer_counts_one_of_the_two(wrong: Any) -> None:
    with pytest.raises(ValueError, match="one of the two, above 0"):
        tf.train.SecondOrStepTimer(**wrong)


@pytest.mark.parametrize(
    ("when", "values"),
    [({"every_n_iter": 2}, [1, 3, 5]), ({"every_n_secs": 1000}, [1]), ({"at_end": True}, [5]),
     ({"every_n_iter": 4, "at_end": True}, [1, 5, 5])],
)
def test_tensors_are_logged_when_they_are_due(when: Any, values: list[int]) -> None:
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        move = tf.assign_add(step, 1, name="move")
        seen: list[int] = []
        hook = tf.train.LoggingTensorHook({"step": "move:0"} if "at_end" not in when else {"step": step}, **when,
                                          formatter=lambda found: seen.append(int(found["step"])) or "")
        with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
            for _ in range(5):
                session.run(move)
    assert seen == values
