"""`tf.contrib`: what programs of TensorFlow 1 use of it."""


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

__all__ = [
    "crf", "data", "distributions", "eager", "factorization", "framework", "layers", "learn", "legacy_seq2seq", "lookup",
    "losses", "metrics", "opt", "rnn", "seq2seq", "slim", "tensorboard", "training", "util",
]
