"""`tf.contrib.factorization`: k-means, as a graph that moves cluster centres by one step of Lloyd's algorithm or of mini-batches.

Sources: S. Lloyd, Least squares quantization in PCM, 1982; D. Sculley, Web-scale k-means clustering, 2010;
D. Arthur and S. Vassilvitskii, k-means++: the advantages of careful seeding, 2007.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from deepkit import ops
from deepkit.core.graph import default_graph
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError, ShapeError
from deepkit.v1.framework.creators import group
from deepkit.v1.framework.symbolic import constant_of

__all__ = ["COSINE_DISTANCE", "KMEANS_PLUS_PLUS_INIT", "RANDOM_INIT", "SQUARED_EUCLIDEAN_DISTANCE", "KMeans"]

SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE = "squared_euclidean", "cosine"
RANDOM_INIT, KMEANS_PLUS_PLUS_INIT = "random", "kmeans_plus_plus"


class KMeansGraph(NamedTuple):
    """What `KMeans.training_graph` returns; the first three hold one tensor for each tensor of inputs.

    all_scores: (n, clusters), the distance of each row to each centre; cluster_idx: (n,) int64, the nearest centre;
    scores: (n,), the distance to it; cluster_centers_initialized: bool; init_op: chooses the first centres;
    training_op: one step.
    """

    all_scores: list[Any]
    cluster_idx: list[Any]
    scores: list[Any]
    cluster_centers_initialized: Any
    init_op: Any
    training_op: Any


class KMeans:
    """Clusters of rows.

    Args:
        inputs: a tensor (n, features), or a list of such tensors; the number of features is known.
        num_clusters: how many centres.
        initial_clusters: "random" (rows of the inputs, none twice), "kmeans_plus_plus" (rows far from those chosen
            before), a function (inputs, clusters) -> (clusters, features), or the centres themselves.
        distance_metric: "squared_euclidean", or "cosine" (one minus the cosine; rows and centres are of length 1).
        use_mini_batch: a centre moves to the mean of all rows that it was ever nearest to, counted step by step;
            otherwise to the mean of the rows of this step.
        mini_batch_steps_per_iteration: 1 is what there is.
        random_seed: of the choice of the first centres.
        kmeans_plus_plus_num_retries: taken and not used: every next centre is drawn once.

    Raises:
        ArgumentError: another distance or another word for the first centres; ShapeError: features of unknown number.
    """

    def __init__(
        self, inputs: Any, num_clusters: int, initial_clusters: Any = RANDOM_INIT,
        distance_metric: str = SQUARED_EUCLIDEAN_DISTANCE, use_mini_batch: bool = False,
        mini_batch_steps_per_iteration: int = 1, random_seed: int = 0, kmeans_plus_plus_num_retries: int = 2,
    ):
        if distance_metric not in (SQUARED_EUCLIDEAN_DISTANCE, COSINE_DISTANCE):
            raise ArgumentError(f"KMeans: distance_metric is {distance_metric!r}", rule="'squared_euclidean' or 'cosine'")
        if isinstance(initial_clusters, str) and initial_clusters not in _CHOOSERS:
            raise ArgumentError(f"KMeans: initial_clusters is {initial_clusters!r}",
                                rule="'random', 'kmeans_plus_plus', a function or the centres")
        if mini_batch_steps_per_iteration != 1:
            raise ArgumentError(f"KMeans: mini_batch_steps_per_iteration is {mini_batch_steps_per_iteration}",
                                rule="centres move in every step", hint="mini_batch_steps_per_iteration=1")
        self._inputs = [constant_of(rows) for rows in (inputs if isinstance(inputs, list) else [inputs])]
        for rows in self._inputs:
            if rows.shape.rank != 2 or rows.shape[1] is None:
                raise ShapeError(f"KMeans: inputs of shape {rows.shape}", rule="(n, features), features known")
        self._clusters, self._first, self._seed = num_clusters, initial_clusters, random_seed
        self._cosine, self._mini_batch = distance_metric == COSINE_DISTANCE, use_mini_batch

    def training_graph(self) -> KMeansGraph:
        """The nodes that choose centres, measure distances to them and move them by one step."""
        dtype, features = self._inputs[0].dtype, int(self._inputs[0].shape[1])
        inputs = [self._unit(rows) for rows in self._inputs]
        centers = Variable(ops.zeros([self._clusters, features], dtype), trainable=False, name="clusters")
        ready = Variable(False, trainable=False, name="initialized")
        counts = Variable(ops.zeros([self._clusters], dtype), trainable=False, name="total_counts")
        rows = ops.concat(inputs, 0)
        chosen = ops.assign(centers, self._unit(self._first_centers(rows)))
        with default_graph().control_dependencies([chosen]):
            init_op = ops.assign(ready, True)
        distances = [self._distances(part, self._unit(centers)) for part in inputs]
        nearest = [ops.argmin(part, 1) for part in distances]
        training_op = self._step(rows, ops.concat(nearest, 0), centers, counts)
        return KMeansGraph(distances, nearest, [ops.reduce_min(part, 1) for part in distances], ready, init_op, training_op)

    def _unit(self, rows: Any) -> Any:
        return ops.l2_normalize(rows, 1) if self._cosine else rows

    def _distances(self, rows: Any, centers: Any) -> Any:
        """(n, clusters): |x - c|^2 = |x|^2 - 2 x.c + |c|^2, never below 0; or 1 - x.c of rows of length 1."""
        products = ops.matmul(rows, centers, transpose_b=True)
        if self._cosine:
            return 1.0 - products
        squares = ops.reduce_sum(ops.square(rows), 1, keepdims=True) + ops.reduce_sum(ops.square(centers), 1)
        return ops.maximum(squares - 2.0 * products, 0.0)

    def _first_centers(self, rows: Any) -> Any:
        if isinstance(self._first, str):
            return _CHOOSERS[self._first](self, rows)
        return constant_of(self._first(rows, self._clusters) if callable(self._first) else self._first)

    def _random_rows(self, rows: Any) -> Any:
        return ops.random_shuffle(rows, seed=self._seed)[: self._clusters]

    def _far_rows(self, rows: Any) -> Any:
        """Each next centre is a row drawn with a probability in proportion to its distance from the nearest so far."""
        centers = ops.random_shuffle(rows, seed=self._seed)[:1]
        for number in range(1, self._clusters):
            far = ops.reduce_min(self._distances(rows, centers), 1)
            drawn = ops.multinomial(ops.log(far)[None], 1, seed=self._seed + number)
            centers = ops.concat([centers, ops.gather(rows, drawn[0])], 0)
        return centers

    def _step(self, rows: Any, nearest: Any, centers: Any, counts: Any) -> Any:
        """Centres move to the means of their rows; one without rows stays."""
        sums = ops.unsorted_segment_sum(rows, nearest, self._clusters)
        new = ops.unsorted_segment_sum(ops.ones_like(rows[:, 0]), nearest, self._clusters)
        before = ops.identity(counts) if self._mini_batch else ops.zeros_like(new)
        total = ops.expand_dims(ops.maximum(before + new, 1.0), 1)
        moved = centers + (sums - ops.expand_dims(new, 1) * centers) / total
        with default_graph().control_dependencies([moved]):
            counted = ops.assign(counts, before + new)
            return group(counted, ops.assign(centers, moved))


_CHOOSERS: dict[str, Callable[[KMeans, Any], Any]] = {
    RANDOM_INIT: KMeans._random_rows, KMEANS_PLUS_PLUS_INIT: KMeans._far_rows,
}
