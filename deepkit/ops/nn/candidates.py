"""Losses over very many classes that look at a sample of them: candidate samplers, NCE and sampled softmax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepkit.core.apply import apply, convert, is_tensor, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.dtypes import DType, as_dtype
from deepkit.device.philox import Stream
from deepkit.errors import ArgumentError
from deepkit.ops.functions import ops

__all__ = [
    "fixed_unigram_candidate_sampler", "log_uniform_candidate_sampler", "nce_loss", "sampled_softmax_loss",
    "uniform_candidate_sampler",
]

_BLOCKS = 512  # blocks of four random words that each candidate may use before the next draw begins


class Candidates(NamedTuple):
    """Sampled classes, and how often each true and each sampled class is expected in such a sample."""

    sampled_candidates: Any
    true_expected_count: Any
    sampled_expected_count: Any


@register
class CandidateSampler(Op):
    """Draws `count` classes below `largest`, each once if `unique`: the numbers TensorFlow draws for the same seeds.

    distribution: "uniform"; "log_uniform", P(c) = log((c + 2) / (c + 1)) / log(largest + 1), for classes sorted by falling
    frequency (Zipf's law); or "unigrams", in proportion to the weights. The expected count of a class is P * count, or
    1 - (1 - P)^n where n draws were needed for `count` different classes.
    """

    distribution: str = "uniform"
    count: int = 1
    unique: bool = True
    largest: int = 1
    weights: tuple[float, ...] = ()
    seed: int | None = None
    cpu_only = True
    random = True
    types = ("index",)
    gradient = None

    def shape(self, true_classes: Shape) -> Any:
        return Shape((self.count,)), true_classes, Shape((self.count,))

    def dtype(self, true_classes: DType) -> Any:
        return as_dtype("int64"), as_dtype("float32"), as_dtype("float32")

    def forward(self, xp: ArrayModule, stream: Stream, true_classes: Array) -> Any:
        found: list[int] = []
        seen: set[int] = set()
        draws = 0
        for candidate in self._candidates(stream):
            draws += 1
            if not (self.unique and candidate in seen):
                found.append(candidate)
                seen.add(candidate)
            if len(found) == self.count:
                break
        chosen = np.array(found, np.int64)
        return chosen, self._expected(true_classes, draws), self._expected(chosen, draws)

    def _candidates(self, stream: Stream) -> Iterator[int]:
        """Class after class, each from two random words."""
        start, size = stream.take(_BLOCKS * self.count), self.count // 2 + 1
        while True:
            yield from self._drawn(stream, start, 2 * size).tolist()
            start += size

    def _drawn(self, stream: Stream, start: int, count: int) -> Any:
        if self.distribution == "uniform":
            low, high = stream.words(start, 2 * count).astype(np.uint64).reshape(-1, 2).T
            return (low | high << np.uint64(32)) % np.uint64(self.largest)
        uniform = stream.doubles(start, count)
        if self.distribution == "log_uniform":
            return np.expm1(uniform * np.log1p(self.largest)).astype(np.int64) % self.largest
        ends = np.cumsum(self.weights)
        return np.minimum(np.searchsorted(ends / ends[-1], uniform, side="right"), self.largest - 1)

    def _expected(self, classes: Array, draws: int) -> Any:
        if self.distribution == "uniform":
            p = np.full(classes.shape, 1.0 / self.largest)
        elif self.distribution == "log_uniform":
            p = np.log((classes + 2.0) / (classes + 1.0)) / np.log1p(self.largest)
        else:
            known = (classes >= 0) & (classes < self.largest)
            p = np.where(known, np.take(self.weights, np.where(known, classes, 0)) / np.sum(self.weights), 0.0)
        often = p * draws if draws == self.count else -np.expm1(draws * np.log1p(-p))
        return often.astype(np.float32)


def _sampled(
    distribution: str, true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int,
    seed: int | None, name: str, weights: Any = (),
) -> Candidates:
    if int(num_sampled) < 1 or int(range_max) < 1 or (unique and num_sampled > range_max):
        raise ArgumentError(
            f"{name}: {num_sampled} of {range_max} classes", rule="at least one, and unique ones at most as many as there are",
            hint="num_sampled below range_max, or unique=False",
        )
    op = CandidateSampler(
        distribution=distribution, count=int(num_sampled), unique=bool(unique), largest=int(range_max), seed=seed,
        weights=tuple(float(w) for w in weights),
    )
    return Candidates(*apply(op, true_classes, name=name))


def uniform_candidate_sampler(
    true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """num_sampled classes below range_max, all equally likely.

    true_classes: (batch, num_true), int64; result: sampled candidates (num_sampled,), int64, and how often each true class
    (batch, num_true) and each sampled one (num_sampled,) is to be expected. ArgumentError: more unique classes than there are.
    """
    return _sampled(
        "uniform", true_classes, num_true, num_sampled, unique, range_max, seed, name or "UniformCandidateSampler"
    )


def log_uniform_candidate_sampler(
    true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """num_sampled classes below range_max, small numbers more often: for words numbered by falling frequency.

    true_classes: (batch, num_true), int64; result: sampled candidates (num_sampled,), int64, and how often each true class
    (batch, num_true) and each sampled one (num_sampled,) is to be expected. ArgumentError: more unique classes than there are.
    """
    return _sampled(
        "log_uniform",
        true_classes,
        num_true,
        num_sampled,
        unique,
        range_max,
        seed,
        name or "LogUniformCandidateSampler",
    )


def fixed_unigram_candidate_sampler(
    true_classes: TensorLike, num_true: int, num_sampled: int, unique: bool, range_max: int, vocab_file: str = "",
    distortion: float = 1.0, num_reserved_ids: int = 0, num_shards: int = 1, shard: int = 0,
    unigrams: Sequence[float] = (), seed: int | None = None, name: str | None = None,
) -> Candidates:
    """num_sampled classes below range_max, in proportion to unigrams ** distortion; the reserved ids are never drawn.

    true_classes: (batch, num_true), int64; result: sampled candidates (num_sampled,), int64, and how often each true class
    (batch, num_true) and each sampled one (num_sampled,) is to be expected. ArgumentError: more unique classes than there are.
    """
    weights = [0.0] * int(num_reserved_ids) + [float(u) ** distortion for u in unigrams]
    if vocab_file or num_shards != 1 or len(weights) != range_max:
        raise ArgumentError(
            f"fixed_unigram_candidate_sampler: {len(weights)} unigrams for {range_max} classes",
            rule="one count for each class, given as unigrams", hint="unigrams=[count of class 0, count of class 1, ...]",
        )
    return _sampled(
        "unigrams", true_classes, num_true, num_sampled, unique, range_max, seed, name or "FixedUnigramCandidateSampler",
        weights,
    )


def _logits(
    weights: TensorLike, biases: TensorLike, labels: TensorLike, inputs: AnyTensor, num_sampled: int, num_classes: int,
    num_true: int, sampled_values: Sequence[TensorLike] | None, remove_accidental_hits: bool, partition_strategy: str,
    seed: int | None,
) -> tuple[Any, Any]:
    """Logits (batch, num_true + num_sampled) of the true and of the sampled classes, and their labels.

    From each logit the log of the class's expected count is taken away, so that it estimates the full model's.
    """
    labels = ops.cast(labels if is_tensor(labels) else convert(labels, beside=inputs), "int64")
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(labels, num_true, num_sampled, True, num_classes, seed)
    sampled, true_count, sampled_count = (ops.stop_gradient(x) for x in sampled_values)
    sampled = ops.cast(sampled, "int64")
    flat = ops.reshape(labels, [-1])
    ids = ops.concat([flat, sampled], 0)
    rows = ops.embedding_lookup(weights, ids, partition_strategy)
    offsets = ops.embedding_lookup(biases, ids, partition_strategy)
    split = ops.shape(flat)[0]
    size = inputs.shape.lengths[-1] if inputs.shape.lengths and inputs.shape.lengths[-1] is not None else ops.shape(inputs)[1]
    own = ops.reshape(rows[:split], [-1, num_true, size])
    true = ops.reduce_sum(ops.expand_dims(inputs, 1) * own, -1) + ops.reshape(offsets[:split], [-1, num_true])
    others = ops.matmul(inputs, rows[split:], transpose_b=True) + offsets[split:]
    if remove_accidental_hits:
        if hasattr(inputs, "graph"):
            inputs.graph.op_seeds(None)  # TensorFlow's op for this takes seeds, although it draws nothing
        hits = ops.equal(ops.expand_dims(labels, -1), ops.reshape(sampled, [1, 1, -1]))
        others = others + ops.cast(ops.reduce_any(hits, 1), others.dtype) * float(np.finfo(np.float32).min)
    true, others = true - ops.log(true_count), others - ops.log(sampled_count)
    right = ops.ones_like(true) / float(num_true)
    return ops.concat([true, others], 1), ops.concat([right, ops.zeros_like(others)], 1)


def nce_loss(
    weights: TensorLike, biases: TensorLike, labels: TensorLike, inputs: TensorLike, num_sampled: int, num_classes: int,
    num_true: int = 1, sampled_values: Sequence[TensorLike] | None = None, remove_accidental_hits: bool = False,
    partition_strategy: str = "mod", name: str = "nce_loss",
) -> AnyTensor:
    """The loss of telling the true classes from sampled ones, by logistic regression: (batch,).

    weights (classes, size), biases (classes,), labels (batch, num_true), inputs (batch, size). Unless sampled_values are
    given, the log-uniform sampler draws num_sampled classes. Source: M. Gutmann, A. Hyvarinen, AISTATS 2010.
    ArgumentError: more sampled classes than there are. ShapeError: sizes that do not fit.
    """
    inputs = convert(inputs, beside=weights)
    with scope(name, "nce_loss", weights, biases, inputs, labels):
        logits, right = _logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits,
            partition_strategy, None,
        )
        return ops.reduce_sum(ops.sigmoid_cross_entropy_with_logits(labels=right, logits=logits), 1)


def sampled_softmax_loss(
    weights: TensorLike, biases: TensorLike, labels: TensorLike, inputs: TensorLike, num_sampled: int, num_classes: int,
    num_true: int = 1, sampled_values: Sequence[TensorLike] | None = None, remove_accidental_hits: bool = True,
    partition_strategy: str = "mod", name: str = "sampled_softmax_loss", seed: int | None = None,
) -> AnyTensor:
    """The cross-entropy of a softmax over the true and num_sampled other classes: (batch,). For training only.

    Arguments as for `nce_loss`. Source: S. Jean et al., ACL 2015.
    ArgumentError: more sampled classes than there are. ShapeError: sizes that do not fit.
    """
    inputs = convert(inputs, beside=weights)
    with scope(name, "sampled_softmax_loss", weights, biases, inputs, labels):
        logits, right = _logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values, remove_accidental_hits,
            partition_strategy, seed,
        )
        return ops.softmax_cross_entropy_with_logits_v2(labels=ops.stop_gradient(right), logits=logits)
