"""`tf.contrib.tensorboard`: what belongs to single pages of TensorBoard."""

from deepkit.v1.contrib.tensorboard import plugins

__all__ = ["plugins"]
