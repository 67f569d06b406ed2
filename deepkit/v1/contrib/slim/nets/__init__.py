"""`slim.nets`: well-known networks for images, made of slim's layers."""

from deepkit.v1.contrib.slim.nets import alexnet, inception, inception_v1, inception_v3, vgg

__all__ = ["alexnet", "inception", "inception_v1", "inception_v3", "vgg"]
