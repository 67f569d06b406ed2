"""Connectionist temporal classification: the loss of label sequences without a place in time, and its decoders.

Source: A. Graves et al., ICML 2006. The blank is the last class; time is the first axis.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepkit.core.apply import apply, convert, scope
from deepkit.core.op import Op, register
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, ArrayModule, TensorLike
from deepkit.device.dtypes import DType, int64
from deepkit.errors import ArgumentError, GradientError, ShapeError
from deepkit.ops.arrays.sparse import SparseTensor
from deepkit.ops.functions import ops

__all__ = ["ctc_beam_search_decoder", "ctc_greedy_decoder", "ctc_loss"]


@register
class CTCLoss(Op):
    """-log p(labels | logits) for each sequence (batch,), and its derivative by the logits (time, batch, classes).

    labels come as a sparse tensor (batch, length): `places` and `values`; lengths (batch,) are numbers of steps.
    """

    collapse: bool = False
    merge: bool = True
    ignore: bool = False
    takes_none = (1,)
    types = ("T", "int64", "int32", "int32")
    kinds = "f"
    half = False

    def shape(self, logits: Shape, places: Shape, values: Shape, lengths: Shape) -> Any:
        if logits.rank not in (3, None):
            raise ShapeError(
                f"ctc_loss: inputs of shape {logits}", rule="(time, batch, classes), scores before softmax"
            )
        batch = None if logits.lengths is None else logits.lengths[1]
        return Shape((batch,)).merge(lengths), logits

    def dtype(self, logits: DType, *_: DType) -> Any:
        return logits, logits

    def forward(self, xp: ArrayModule, logits: Array, places: Array, values: Array, lengths: Array) -> Any:
        steps, batch, classes = logits.shape
        blank = classes - 1
        labels = self._labels(places, values, batch, classes)
        self._check(labels, lengths, steps)
        # every label between blanks: the states s of the chain
        count = xp.asarray([len(row) for row in labels], xp.int64)
        states = xp.full((batch, 2 * max(map(len, labels), default=0) + 1), blank)
        for b, row in enumerate(labels):
            states[b, 1 : 2 * len(row) : 2] = xp.asarray(row, states.dtype)
        log_p = logits - logits.max(-1, keepdims=True)
        log_p = log_p - xp.log(xp.exp(log_p).sum(-1, keepdims=True))
        emitted = xp.take_along_axis(log_p, xp.broadcast_to(states, (steps, *states.shape)), 2)
        chain = _Chain(xp, states, blank, self.merge)
        alpha = chain.forwards(emitted)
        beta = chain.backwards(emitted, lengths, 2 * count)
        live = xp.arange(steps)[:, None] < lengths
        # alpha beta summed over the states is p(labels) at every step: the first one always counts
        total = _sum_exp(xp, alpha[0] + beta[0], -1) if steps else xp.zeros(batch, logits.dtype)
        fits = xp.isfinite(total) & (lengths > 0)
        joint = xp.exp(alpha + beta - xp.where(fits, total, 0)[:, None])
        expected = xp.zeros_like(logits)
        for s in range(states.shape[1]):
            expected[:, xp.arange(batch), states[:, s]] += joint[:, :, s]
        skipped = (self.ignore & (count > lengths)) | (lengths == 0)
        # without any path to the labels the loss is infinite, and the slope that of making every class rarer
        slope = xp.where((live & ~skipped)[:, :, None], xp.exp(log_p) - expected, 0)
        loss = xp.where(skipped, 0, -total)
        return loss.astype(logits.dtype), slope.astype(logits.dtype)

    def _labels(self, places: Array, values: Array, batch: int, classes: int) -> list[list[int]]:
        rows: list[list[int]] = [[] for _ in range(batch)]
        for b, value in zip(places[:, 0].tolist(), values.tolist(), strict=True):
            if not 0 <= value < classes - 1 or not 0 <= b < batch:
                raise ArgumentError(
                    f"ctc_loss: label {value} of sequence {b}",
                    rule=f"0 <= label < {classes - 1} for {classes} classes, the last of which is the blank",
                    hint="logits need one class more than there are labels",
                )
            if not (self.collapse and rows[b] and rows[b][-1] == value):
                rows[b].append(value)
        return rows

    def _needs(self, row: list[int]) -> int:
        """The least number of steps for these labels: equal neighbours need a blank between them."""
        return len(row) + (sum(a == b for a, b in itertools.pairwise(row)) if self.merge else 0)

    def _check(self, labels: list[list[int]], lengths: Array, steps: int) -> None:
        for b, (row, n) in enumerate(zip(labels, lengths.tolist(), strict=True)):
            if n > steps:
                raise ArgumentError(f"ctc_loss: sequence_length[{b}] = {n}", rule=f"at most {steps}, the time axis")
            if self._needs(row) > n and not self.ignore:
                raise ArgumentError(
                    f"ctc_loss: sequence {b} has {n} steps for {len(row)} labels",
                    rule="one step for each label, and one more between equal neighbours",
                    hint="ignore_longer_outputs_than_inputs=True leaves such sequences out",
                )

    def gradient(
        self, dys: Sequence[AnyTensor], ys: Sequence[AnyTensor], logits: AnyTensor, places: AnyTensor,
        values: AnyTensor, lengths: AnyTensor,
    ) -> Any:
        dloss, dslope = dys
        if dslope is not None:
            raise GradientError("ctc_loss has no second derivative", hint="differentiate it once")
        return ops.expand_dims(ops.expand_dims(dloss, 0), 2) * ys[1], None, None, None


class _Chain:
    """Walks through the states of the label sequences of a batch: stay, go one on, or leap over a blank."""

    def __init__(self, xp: ArrayModule, states: Array, blank: int, merge: bool):
        self.xp = xp
        before = xp.concatenate([xp.full_like(states[:, :2], blank), states[:, :-2]], 1)[:, : states.shape[1]]
        self.stays = merge | (states == blank)
        self.leaps = (states != blank) & ((states != before) | (not merge))

    def forwards(self, emitted: Array) -> Any:
        """log of the probability to have written the first steps and be in each state."""
        xp, alpha = self.xp, self.xp.full_like(emitted, -np.inf)
        alpha[:1, :, :2] = emitted[:1, :, :2]
        for t in range(1, len(emitted)):
            a = alpha[t - 1]
            ways = [xp.where(self.stays, a, -np.inf), _moved(xp, a, 1)]
            ways.append(xp.where(self.leaps, _moved(xp, a, 2), -np.inf))
            alpha[t] = _sum_exp(xp, xp.stack(ways), 0) + emitted[t]
        return alpha

    def backwards(self, emitted: Array, lengths: Array, last: Array) -> Any:
        """log of the probability to write all further steps from each state."""
        xp, beta = self.xp, self.xp.full_like(emitted, -np.inf)
        places = xp.arange(emitted.shape[2])
        ends = xp.where((places == last[:, None]) | (places == last[:, None] - 1), 0.0, -np.inf)
        for t in reversed(range(len(emitted))):
            if t + 1 < len(emitted):
                b = beta[t + 1] + emitted[t + 1]
                ways = [xp.where(self.stays, b, -np.inf), _moved(xp, b, -1)]
                ways.append(_moved(xp, xp.where(self.leaps, b, -np.inf), -2))
                beta[t] = _sum_exp(xp, xp.stack(ways), 0)
            beta[t] = xp.where((lengths - 1 == t)[:, None], ends, beta[t])
        return beta


def _moved(xp: ArrayModule, x: Array, by: int) -> Any:
    """x (batch, states) moved along the states; what comes in is impossible."""
    y, n = xp.full_like(x, -np.inf), x.shape[1]
    if by > 0:
        y[:, by:] = x[:, : max(n - by, 0)]
    else:
        y[:, : max(n + by, 0)] = x[:, -by:]
    return y


def _sum_exp(xp: ArrayModule, x: Array, axis: int) -> Any:
    """log(sum(exp(x))), -inf where all are."""
    top = xp.where(xp.isfinite(top := x.max(axis, keepdims=True)), top, 0)
    return xp.log(xp.exp(x - top).sum(axis)) + xp.squeeze(top, axis)


def ctc_loss(
    labels: SparseTensor, inputs: TensorLike | None = None, sequence_length: TensorLike | None = None,
    preprocess_collapse_repeated: bool = False, ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False, time_major: bool = True, name: str | None = None,
) -> AnyTensor:
    """-log p(labels | inputs) for each sequence, (batch,), whatever the places of the labels in time.

    labels: a SparseTensor of int32 (batch, length); inputs: scores before softmax, (time, batch, classes), or (batch,
    time, classes) with time_major=False, the last class being the blank; sequence_length: int32 (batch,).
    ctc_merge_repeated=False counts equal classes in succession one by one; preprocess_collapse_repeated merges equal
    labels first. Source: A. Graves et al., ICML 2006.
    ArgumentError: a sequence too short for its labels. ShapeError: another number of axes.
    """
    with scope(name, "CTCLoss", labels.values, inputs) as full:
        inputs = convert(inputs, beside=labels.values)
        inputs = inputs if time_major else ops.transpose(inputs, [1, 0, 2])
        op = CTCLoss(
            collapse=preprocess_collapse_repeated, merge=ctc_merge_repeated, ignore=ignore_longer_outputs_than_inputs
        )
        return apply(op, inputs, labels.indices, labels.values, sequence_length, name=full)[0]


class CTCDecoder(Op):
    """Base of the decoders: outputs places, values and dense shape of each found path, then the scores (batch, paths)."""

    merge: bool = True
    paths: int = 1
    cpu_only = True
    types = ("T", "int32")
    kinds = "f"
    half = False
    gradient = None

    def shape(self, logits: Shape, lengths: Shape) -> Any:
        if logits.rank not in (3, None):
            raise ShapeError(f"a CTC decoder of inputs {logits}", rule="(time, batch, classes)")
        batch = None if logits.lengths is None else logits.lengths[1]
        path = (Shape((None, 2)), Shape((None,)), Shape((2,)))
        return (*path * self.paths, Shape((batch, self.paths)))

    def dtype(self, logits: DType, *_: DType) -> Any:
        return (*(int64,) * (3 * self.paths), logits)

    def forward(self, xp: ArrayModule, logits: Array, lengths: Array) -> Any:
        found = [self.search(logits[:n, b], int(n)) for b, n in enumerate(lengths.tolist())]
        outputs: list[Any] = []
        for k in range(self.paths):
            rows = [paths[k] if k < len(paths) else [] for paths, _ in found]
            places = [(b, i) for b, row in enumerate(rows) for i in range(len(row))]
            outputs.append(np.array(places, np.int64).reshape(-1, 2))
            outputs.append(np.array([value for row in rows for value in row], np.int64))
            outputs.append(np.array([len(rows), max(map(len, rows), default=0)], np.int64))
        scores = np.array([s for _, s in found], logits.dtype).reshape(len(found), self.paths)
        return (*outputs, scores)

    def search(self, logits: Array, steps: int) -> tuple[list[list[int]], list[float]]:
        """The paths found for one sequence (time, classes), and their scores."""
        raise TypeError(f"{self.type} does not define search")


def _without_repeats(path: list[int]) -> list[int]:
    return [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]


@register
class CTCGreedyDecoder(CTCDecoder):
    """The likeliest class of every step, equal ones merged, without blanks; the score is the negative sum of their logits."""

    gradient = None

    def search(self, logits: Array, steps: int) -> tuple[list[list[int]], list[float]]:
        best, blank = logits.argmax(-1), logits.shape[1] - 1
        kept = [int(c) for t, c in enumerate(best) if c != blank and not (self.merge and t and c == best[t - 1])]
        return [kept], [-float(logits.max(-1).sum())]


@register
class CTCBeamSearchDecoder(CTCDecoder):
    """The likeliest label sequences, found among the `beams` best beginnings after every step; scores are log p."""

    beams: int = 100
    gradient = None

    def search(self, logits: Array, steps: int) -> tuple[list[list[int]], list[float]]:
        blank = logits.shape[1] - 1
        top = logits.max(-1, keepdims=True).astype(np.float64)
        log_p = logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
        # each beginning: log p of ending in a blank, and of ending in its last label
        alive: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
        for row in log_p:
            ways = _one_step(alive, row, blank)
            order = sorted(ways, key=lambda p: -np.logaddexp(ways[p][0], ways[p][1]))[: self.beams]
            alive = {path: (ways[path][0], ways[path][1]) for path in order}
        best = sorted(alive, key=lambda p: -np.logaddexp(*alive[p]))[: self.paths]
        if len(best) < self.paths:
            raise ArgumentError(
                f"ctc_beam_search_decoder: {len(best)} paths found, top_paths={self.paths}",
                rule="no more paths than beams, and than there are sequences of labels", hint="a smaller top_paths",
            )
        paths = [_without_repeats(list(p)) if self.merge else list(p) for p in best]
        return paths, [float(np.logaddexp(*alive[p])) for p in best]


def _decoded(
    op: CTCDecoder, inputs: TensorLike, lengths: TensorLike, name: str | None
) -> tuple[list[SparseTensor], Any]:
    outputs = apply(op, inputs, lengths, name=name)
    return [SparseTensor(*outputs[i : i + 3]) for i in range(0, 3 * op.paths, 3)], outputs[-1]


def ctc_greedy_decoder(
    inputs: TensorLike, sequence_length: TensorLike, merge_repeated: bool = True, name: str | None = None
) -> tuple[list[SparseTensor], AnyTensor]:
    """([labels], scores): the labels, a SparseTensor of int64 (batch, length), that the best class of every step spells.

    inputs (time, batch, classes), the last class being the blank; scores (batch, 1): the negative sum of the best logits.
    ShapeError: another number of axes.
    """
    return _decoded(CTCGreedyDecoder(merge=merge_repeated), inputs, sequence_length, name)


def ctc_beam_search_decoder(
    inputs: TensorLike, sequence_length: TensorLike, beam_width: int = 100, top_paths: int = 1,
    merge_repeated: bool = True, name: str | None = None,
) -> tuple[list[SparseTensor], AnyTensor]:
    """([labels, ...], log p): the `top_paths` likeliest label sequences and their log-probabilities (batch, top_paths).

    Beside the beam_width best beginnings all others are forgotten after every step. merge_repeated, as in TensorFlow 1,
    merges equal neighbours of a found sequence once more: "aab" becomes "ab" even where a blank stood between.
    inputs (time, batch, classes), float, the last class being the blank; sequence_length (batch,). ShapeError: another number
    of axes. ArgumentError: more paths than beams.
    """
    op = CTCBeamSearchDecoder(beams=beam_width, paths=top_paths, merge=merge_repeated)
    return _decoded(op, inputs, sequence_length, name)


def _one_step(
    alive: Mapping[tuple[int, ...], tuple[float, float]], row: Array, blank: int
) -> dict[tuple[int, ...], list[float]]:
    """The beginnings one step later: log p of ending in a blank, and of ending in the last label, of each.

    A blank, or the last label again, leaves a beginning as it is; any label makes it longer, the last one only behind
    a blank.
    """
    ways: dict[tuple[int, ...], list[float]] = {}
    for path, (by_blank, by_label) in alive.items():
        both = np.logaddexp(by_blank, by_label)
        own = ways.setdefault(path, [-np.inf, -np.inf])
        own[0] = np.logaddexp(own[0], both + row[blank])
        if path:
            own[1] = np.logaddexp(own[1], by_label + row[path[-1]])
        for c in range(blank):
            way = ways.setdefault((*path, c), [-np.inf, -np.inf])
            way[1] = np.logaddexp(way[1], (by_blank if path and path[-1] == c else both) + row[c])
    return ways
