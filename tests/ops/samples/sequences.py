"""Samples of beam search's way back and of connectionist temporal classification."""

from __future__ import annotations

import itertools

import numpy as np

from samples import RNG, Sample

LOGITS = RNG.normal(size=(4, 3, 3))  # (time, batch, classes), the last class being the blank
PLACES = np.array([[0, 0], [0, 1], [1, 0], [2, 0]], np.int64)
VALUES = np.array([0, 0, 1, 1], np.int32)
STEPS = np.array([4, 2, 3], np.int32)
IDS = RNG.integers(0, 4, (4, 2, 3)).astype(np.int32)
IDS[1, 0] = 3  # the end, in the midst of a sequence
PARENTS = RNG.integers(0, 3, (4, 2, 3)).astype(np.int32)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def spelled(path, blank):
    return [c for i, c in enumerate(path) if c != blank and (i == 0 or c != path[i - 1])]


def ctc(logits, places, values, lengths):
    """The loss by its definition, over all paths; the slope by differences of it."""
    blank = logits.shape[2] - 1

    def losses(x):
        found = []
        for b, n in enumerate(lengths):
            wanted = [int(v) for (row, _), v in zip(places, values, strict=True) if row == b]
            paths = [p for p in itertools.product(range(blank + 1), repeat=int(n)) if spelled(p, blank) == wanted]
            log_p = log_softmax(x[:, b])
            found.append(-np.log(sum(np.exp(sum(log_p[t, c] for t, c in enumerate(p))) for p in paths)))
        return np.array(found)

    slope = np.zeros_like(logits)
    for index in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[index] = 1e-6
        slope[index] = (losses(logits + step) - losses(logits - step))[index[1]] / 2e-6
    return [losses(logits), slope]


def gather_tree(ids, parents, lengths, end):
    y = np.full_like(ids, end)
    for b, k in np.ndindex(ids.shape[1:]):
        beam = k
        for t in reversed(range(min(int(lengths[b]), len(ids)))):
            y[t, b, k], beam = ids[t, b, beam], parents[t, b, beam]
        ended = False
        for t in range(len(ids)):
            y[t, b, k], ended = (end if ended else y[t, b, k]), ended or y[t, b, k] == end
    return y


def greedy(logits, lengths):
    blank = logits.shape[2] - 1
    rows = [spelled(logits[:n, b].argmax(-1), blank) for b, n in enumerate(lengths)]
    places = [(b, i) for b, row in enumerate(rows) for i in range(len(row))]
    scores = [[-logits[:n, b].max(-1).sum()] for b, n in enumerate(lengths)]
    dense = [len(rows), max(map(len, rows))]
    return [np.array(places).reshape(-1, 2), np.concatenate(rows), np.array(dense), np.array(scores)]


def beam_search(logits, lengths):
    """All label sequences by their probability: with beams enough the search forgets none."""
    blank, rows, scores = logits.shape[2] - 1, [], []
    for b, n in enumerate(lengths):
        total: dict[tuple[int, ...], float] = {}
        log_p = log_softmax(logits[:, b])
        for path in itertools.product(range(blank + 1), repeat=int(n)):
            key = tuple(spelled(path, blank))
            total[key] = total.get(key, 0.0) + np.exp(sum(log_p[t, c] for t, c in enumerate(path)))
        best = max(total, key=lambda key: total[key])
        rows.append(list(best))
        scores.append([np.log(total[best])])
    places = [(b, i) for b, row in enumerate(rows) for i in range(len(row))]
    dense = [len(rows), max(map(len, rows))]
    values = [c for row in rows for c in row]
    return [np.array(places).reshape(-1, 2), np.array(values), np.array(dense), np.array(scores)]


ONCE = {"batch": False, "wrt": []}
SAMPLES = [
    Sample("GatherTree", {}, (IDS, PARENTS, np.array([4, 2], np.int32), np.array(3, np.int32)), gather_tree, ONCE),
    Sample("CTCLoss", {}, (LOGITS, PLACES, VALUES, STEPS), ctc, ONCE),
    Sample("CTCGreedyDecoder", {}, (LOGITS, STEPS), greedy, ONCE),
    Sample("CTCBeamSearchDecoder", {"merge": False}, (LOGITS, STEPS), beam_search, ONCE),
]

WITHOUT_SAMPLE = {"CustomGradient": "its derivative is what it is given; tests/v1/framework/test_own_gradients.py"}
