"""`tf.contrib.tensorboard.plugins`: the page that shows embeddings."""

from deepkit.v1.contrib.tensorboard.plugins import projector

__all__ = ["projector"]
