"""`slim.nets`: well-known networks for images, made of slim's layers."""

from deepkit.v1.contrib.slim.nets import alexnet, inception, vgg

__all__ = ["alexnet", "inception", "vgg"]
