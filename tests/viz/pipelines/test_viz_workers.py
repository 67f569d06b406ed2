"""Workers side by side: weights, times and losses agree with plain descent and closed forms; pictures say what they show."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError

ONE = viz.LeastSquares(np.ones((8, 1)), np.ones(8))  # every row alone has the loss (w - 1)^2 / 2


def test_the_problem_curves_alike_in_all_directions():
    problem = viz.least_squares(60, 4, seed=3)
    np.testing.assert_allclose(problem.x.T @ problem.x / 60, np.eye(4), atol=1e-12)
    w, small = np.array([0.3, -1.0, 2.0, 0.5]), 1e-6
    slopes = [(problem.loss(w + small * e) - problem.loss(w - small * e)) / (2 * small) for e in np.eye(4)]
    np.testing.assert_allclose(problem.gradient(w), slopes, atol=1e-8)
    assert problem.loss(np.ones(4)) < 1e-25


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 8])
def test_synchronous_workers_are_one_worker_with_the_whole_batch(workers):
    problem = viz.least_squares()
    played = viz.Workers((10.0,) * workers, rate=0.3, problem=problem).play()
    w = np.zeros(3)
    for found in played.weights:
        np.testing.assert_allclose(found, w, rtol=0, atol=1e-13)
        w = w - 0.3 * problem.x.T @ (problem.x @ w - problem.y) / len(problem.y)
    assert played.updates == 24


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_asynchronous_workers_descend_along_old_gradients(workers):
    """Equally fast ones: update n uses the weights after n - (workers - 1) updates, once each has begun anew."""
    played = viz.Workers((10.0,) * workers, together=False, rate=0.2, problem=ONE).play()
    w = [0.0]
    for n in range(24 * workers):
        w.append(w[n] - 0.2 * (w[max(n - workers + 1, 0)] - 1))
    np.testing.assert_allclose(np.ravel(played.weights), w, rtol=1e-12)
    assert played.staleness[workers:] == [workers - 1] * (23 * workers)


@pytest.mark.parametrize("stale", [0, 1, 2, 3, 5, 7])
def test_the_largest_rate_is_where_the_descent_turns_round(stale):
    limit = viz.largest_rate(stale)
    roots = [np.abs(np.roots([1, -1, *[0] * (stale - 1), share * limit] if stale else [1, share * limit - 1])).max()
             for share in (0.98, 1, 1.02)]
    assert roots[0] < roots[1] < roots[2]
    assert roots[1] == pytest.approx(1)
    away = [abs(viz.Workers((1.0,) * (stale + 1), False, share * limit, 400, ONE).play().weights[-1][0] - 1)
            for share in (0.9, 1.1)]
    assert away[0] < 0.01 < 1 < away[1]


def test_the_slowest_holds_up_only_those_who_wait():
    times = (10.0, 10.0, 30.0)
    waiting, going = (viz.Workers(times, together).play() for together in (True, False))
    assert waiting.updates == 240 / 30
    assert going.updates == 24 + 24 + 8
    assert [len(own) for own in going.steps] == [24, 24, 8]
    assert set(waiting.staleness) == {0}
    assert max(step.stale for step in going.steps[2]) == 6  # two others, three updates each
    for own in going.steps:
        assert all(a.end == b.begin for a, b in itertools.pairwise(own))
    assert going.when == sorted(going.when)
    assert len(going.when) == len(going.weights) == len(going.losses)


@pytest.mark.parametrize("times", [[10.0], [10.0] * 3, [10.0, 11.0, 13.0], [7.0, 29.0]])
def test_counted_without_a_lock(times):
    """Alone nothing is lost; in step only one of all counts; else something between; never more than was added."""
    found = viz.count_without_lock(times, 2, 40)
    assert 40 <= found <= 40 * len(times)
    assert (found == 40) == (len(set(times)) == 1)
    odd = [time + 0.1 * place for place, time in enumerate([10.0, 10.5][: len(times)])]
    assert viz.count_without_lock(odd, 1e-9, 5) == 5 * len(odd)


def test_what_cannot_be():
    with pytest.raises(ArgumentError, match="at least one worker"):
        viz.Workers(())
    with pytest.raises(ArgumentError, match="a row of data for each"):
        viz.Workers((1.0,) * 9, problem=ONE)
    with pytest.raises(ArgumentError, match="within its turn"):
        viz.count_without_lock([10, 5], 6, 3)


def test_the_picture_of_both_ways():
    waiting = viz.show_workers(viz.Workers((10, 20)))
    going = viz.show_workers(viz.Workers((10, 20), together=False))
    assert "2 workers, synchronous: 24 gradients, 12 updates in 240 ms" in waiting.sentence
    assert "2 workers, asynchronous: 36 gradients, 2 updates old at most, 36 updates" in going.sentence
    assert "all are there" in waiting.svg
    assert re.findall(r">(worker \d)<", going.svg) == ["worker 1", "worker 2"]
    assert "more than a million" in viz.show_workers(viz.Workers(rate=2.2, until=2000)).sentence


def test_the_explorer_answers():
    pytest.importorskip("ipywidgets")
    piece = viz.workers_explorer(workers=3, together=False)
    assert "3 workers, asynchronous" in piece.picture().sentence
    piece.controls["workers"].value = 5
    piece.controls["slowest"].value = 2.0
    piece.controls["way"].value = "synchronous"
    assert piece.workers.times == (10, 10, 10, 10, 20)
    assert "5 workers, synchronous: 60 gradients" in piece.picture().sentence


def test_scaling_follows_the_ring_and_what_is_hidden():
    step = viz.Scaling(compute=30.0, size=60.0, bandwidth=6.0, latency=0.0, backward=0.5, bucket=6.0)
    assert step.time(1) == 30.0
    assert step.time(2) == 40.0  # 2 (N - 1) / N of 60 MB at 6 MB per ms
    assert step.time(2, overlap=True) == 31.0  # 15 ms are hidden; the last bucket's 6 MB are not
    assert step.time(4, overlap=True) == 31.5
    assert step.time(2, compress=4.0) == 32.5
    times = [step.time(n) for n in (1, 2, 4, 8, 1024)]
    assert times == sorted(times)
    assert viz.Scaling(30.0, 60.0, 6.0, jitter=1.0).time(100) > viz.Scaling(30.0, 60.0, 6.0).time(100) + 3
    with pytest.raises(ArgumentError, match="above 0"):
        viz.Scaling(0.0, 1.0, 1.0)
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra: course)")
    assert "no overlap: 1 to 0.6; " in repr(viz.show_scaling(step))


def test_overlap_is_drawn_from_measured_times():
    events = [("a", "gradient", 0.010, 4), ("a", "begin", 0.011, 4), ("b", "gradient", 0.014, 4), ("a", "end", 0.0141, 0),
              ("b", "begin", 0.0142, 4), ("b", "end", 0.016, 0)]
    drawn = viz.show_overlap(events)
    assert repr(drawn) == ("2 buckets, 1 of them sent off before the last gradient was computed; the backward pass took 4.0 ms "
                           "after its first gradient, the last sum was there 2.0 ms later")
    assert drawn.svg.count("bucket ") >= 2
    with pytest.raises(ArgumentError, match="nothing was sent"):
        viz.show_overlap(events[:1])
