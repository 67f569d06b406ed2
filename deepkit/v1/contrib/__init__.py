"""`tf.contrib`: what programs of TensorFlow 1 use of it."""

from deepkit.v1.contrib import framework, layers, learn, losses, metrics, rnn, slim

__all__ = ["framework", "layers", "learn", "losses", "metrics", "rnn", "slim"]
