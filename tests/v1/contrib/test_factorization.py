"""k-means as a graph, against Lloyd's algorithm and the running means of mini-batches written in NumPy."""

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit.errors import ArgumentError, ShapeError
from deepkit.v1.contrib.factorization import KMeans

CENTERS = np.array([[0.0, 1.0, 0.5], [4.0, 0.0, 1.0], [0.0, 5.0, 5.0]], np.float32)


@pytest.fixture
def rows():
    random = np.random.RandomState(3)
    return (CENTERS[random.randint(3, size=60)] + random.randn(60, 3)).astype(np.float32)


def squared(rows, centers):
    return ((rows[:, None] - centers) ** 2).sum(2)


def run(kmeans, steps, feeds):
    """The distances and the nearest centres that every step sees."""
    graph = kmeans.training_graph()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert not session.run(graph.cluster_centers_initialized)
        session.run(graph.init_op, feeds[0])
        assert session.run(graph.cluster_centers_initialized)
        return [session.run([graph.all_scores[0], graph.cluster_idx[0], graph.scores[0], graph.training_op], feeds[i])[:3]
                for i in range(steps)]


def test_full_batches_are_the_steps_of_lloyd(rows):
    x = tf.placeholder(tf.float32, [None, 3])
    start = rows[:3]
    seen = run(KMeans(x, 3, initial_clusters=start), 5, [{x: rows}] * 5)
    centers = start.astype(float)
    for distances, nearest, least in seen:
        expected = squared(rows, centers)
        np.testing.assert_allclose(distances, expected, rtol=1e-4, atol=1e-4)
        assert nearest.dtype == np.int64
        np.testing.assert_array_equal(nearest, expected.argmin(1))
        np.testing.assert_allclose(least, expected.min(1), rtol=1e-4, atol=1e-4)
        centers = np.array([rows[nearest == c].mean(0) for c in range(3)])


def test_mini_batches_move_a_centre_to_the_mean_of_all_its_rows_so_far(rows):
    x = tf.placeholder(tf.float32, [None, 3])
    parts = [rows[:20], rows[20:40], rows[40:], rows[:20]]
    seen = run(KMeans(x, 3, initial_clusters=CENTERS, use_mini_batch=True), 4, [{x: part} for part in parts])
    sums, counts, centers = np.zeros((3, 3)), np.zeros(3), CENTERS.astype(float)
    for part, (distances, nearest, _) in zip(parts, seen, strict=True):
        np.testing.assert_allclose(distances, squared(part, centers), rtol=1e-4, atol=1e-4)
        for row, c in zip(part, nearest, strict=True):
            sums[c] += row
            counts[c] += 1
        centers = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centers)


def test_the_cosine_counts_the_direction_alone(rows):
    x = tf.placeholder(tf.float32, [None, 3])
    ((distances, nearest, _),) = run(KMeans(x, 3, CENTERS, distance_metric="cosine", use_mini_batch=True), 1, [{x: 7 * rows}])
    cosine = rows @ CENTERS.T / np.linalg.norm(rows, axis=1)[:, None] / np.linalg.norm(CENTERS, axis=1)
    np.testing.assert_allclose(distances, 1 - cosine, atol=1e-5)
    np.testing.assert_array_equal(nearest, cosine.argmax(1))


@pytest.mark.parametrize("how", ["random", "kmeans_plus_plus"])
def test_the_first_centres_are_different_rows(rows, how):
    ((distances, _, _),) = run(KMeans(tf.constant(rows), 4, how), 1, [None])
    at = distances.argmin(0)
    np.testing.assert_allclose(distances[at, range(4)], 0, atol=1e-4)
    assert len(set(at)) == 4


def test_a_cluster_without_rows_stays():
    x = tf.placeholder(tf.float32, [None, 1])
    seen = run(KMeans(x, 2, [[0.0], [100.0]]), 2, [{x: [[1.0], [3.0]]}] * 2)
    np.testing.assert_allclose(seen[1][0], [[1.0, 99.0**2], [1.0, 97.0**2]])


def test_what_is_wrong_is_named():
    x = tf.placeholder(tf.float32, [None, 2])
    with pytest.raises(ArgumentError, match="distance_metric is 'manhattan'"):
        KMeans(x, 2, distance_metric="manhattan")
    with pytest.raises(ArgumentError, match="initial_clusters is 'best'"):
        KMeans(x, 2, "best")
    with pytest.raises(ArgumentError, match="mini_batch_steps_per_iteration is 2"):
        KMeans(x, 2, mini_batch_steps_per_iteration=2)
    with pytest.raises(ShapeError, match="features known"):
        KMeans(tf.placeholder(tf.float32), 2)
