"""`tf.contrib`: what programs of TensorFlow 1 use of it."""

import sys

from deepkit.v1.contrib import (
    crf,
    data,
    distributions,
    eager,
    factorization,
    framework,
    layers,
    learn,
    legacy_seq2seq,
    lookup,
    losses,
    metrics,
    opt,
    rnn,
    seq2seq,
    slim,
    tensorboard,
    training,
    util,
)
from deepkit.v1.framework import unknown_names as _unknown_names

__all__ = [
    "crf", "data", "distributions", "eager", "factorization", "framework", "layers", "learn", "legacy_seq2seq", "lookup",
    "losses", "metrics", "opt", "rnn", "seq2seq", "slim", "tensorboard", "training", "util",
]

_unknown_names.install("tf.contrib", sys.modules[__name__])
