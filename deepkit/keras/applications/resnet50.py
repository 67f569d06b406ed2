"""ResNet50 under the module's name of Keras 2."""

from deepkit.keras.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
