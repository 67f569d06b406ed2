"""Label sequences without a place in time: connectionist temporal classification as the Keras backend has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit import ops
from deepkit.core.apply import convert
from deepkit.keras.backend.config import epsilon

filled_to_all_steps = True
"""Whether decoded labels have as many columns as there are time steps, or as the longest sequence has (dialects.py)."""

__all__ = ["ctc_batch_cost", "ctc_decode", "ctc_label_dense_to_sparse"]


def ctc_label_dense_to_sparse(labels: Any, label_lengths: Any) -> ops.SparseTensor:
    """Labels (batch, length) as a SparseTensor of the first label_lengths (batch,) of each row."""
    labels = convert(labels, beside=label_lengths)
    lengths = ops.cast(convert(label_lengths, beside=labels), "int32")
    size = ops.shape(labels)
    inside = ops.range(size[1]) < ops.expand_dims(lengths, 1)
    places = ops.where(inside)
    return ops.SparseTensor(places, ops.gather_nd(labels, places), ops.cast(size, "int64"))


def _scores(y_pred: Any) -> Any:
    """Probabilities (batch, time, classes) as logarithms (time, batch, classes)."""
    return ops.log(ops.transpose(convert(y_pred), [1, 0, 2]) + epsilon())


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """-log p(labels | probabilities) of each sequence: (batch, 1).

    y_true: labels (batch, length); y_pred: probabilities (batch, time, classes), the last class being the blank;
    input_length, label_length: (batch, 1), how many steps and labels count. Source: A. Graves et al., ICML 2006.
    """
    scores = _scores(y_pred)
    steps, counts = (ops.cast(ops.squeeze(convert(n, beside=scores), -1), "int32") for n in (input_length, label_length))
    labels = ctc_label_dense_to_sparse(ops.cast(convert(y_true, beside=scores), "int32"), counts)
    return ops.expand_dims(ops.ctc_loss(labels, scores, steps), 1)


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1,
    merge_repeated: bool = False,
) -> tuple[list[Any], Any]:
    """([labels, ...], scores): the likeliest label sequences, (batch, time) filled up with -1, and their scores.

    y_pred: probabilities (batch, time, classes), the last class being the blank; input_length: (batch,). greedy: the best
    class of each step; the scores (batch, 1) are then the negative sums of their logarithms. Else the top_paths best of
    beam_width sequences, and their log-probabilities (batch, top_paths); merge_repeated merges equal neighbours in them.
    """
    scores = _scores(y_pred)
    lengths = ops.cast(convert(input_length, beside=scores), "int32")
    if greedy:
        found, values = ops.ctc_greedy_decoder(scores, lengths)
    else:
        found, values = ops.ctc_beam_search_decoder(scores, lengths, beam_width, top_paths, merge_repeated)
    size = ops.shape(scores)
    whole = ops.cast(ops.stack([size[1], size[0]]), "int64")
    return [_filled(path, whole if filled_to_all_steps else path.dense_shape) for path in found], values


def _filled(path: ops.SparseTensor, size: Any) -> Any:
    return ops.sparse_to_dense(path.indices, size, path.values, np.int64(-1))
