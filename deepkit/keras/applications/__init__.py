"""Well-known image classifiers: their architectures, and what their inputs and outputs mean. No weights travel with them.

>>> from deepkit import keras
>>> keras.applications.MobileNet(weights=None, input_shape=(128, 128, 3)).count_params()
4253864
"""

from deepkit.keras.applications import (
    densenet,
    imagenet_utils,
    inception_resnet_v2,
    inception_v3,
    mobilenet,
    mobilenet_v2,
    nasnet,
    resnet,
    resnet50,
    resnet_v2,
    vgg16,
    vgg19,
    xception,
)
from deepkit.keras.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from deepkit.keras.applications.inception_resnet_v2 import InceptionResNetV2
from deepkit.keras.applications.inception_v3 import InceptionV3
from deepkit.keras.applications.mobilenet import MobileNet
from deepkit.keras.applications.mobilenet_v2 import MobileNetV2
from deepkit.keras.applications.nasnet import NASNetLarge, NASNetMobile
from deepkit.keras.applications.resnet import ResNet50, ResNet101, ResNet152
from deepkit.keras.applications.resnet_v2 import ResNet50V2, ResNet101V2, ResNet152V2
from deepkit.keras.applications.vgg16 import VGG16
from deepkit.keras.applications.vgg19 import VGG19
from deepkit.keras.applications.xception import Xception
from deepkit.loading import listing

__all__ = [
    "VGG16", "VGG19", "DenseNet121", "DenseNet169", "DenseNet201", "InceptionResNetV2", "InceptionV3", "MobileNet",
    "MobileNetV2", "NASNetLarge", "NASNetMobile", "ResNet50", "ResNet50V2", "ResNet101", "ResNet101V2", "ResNet152",
    "ResNet152V2", "Xception", "densenet", "imagenet_utils", "inception_resnet_v2", "inception_v3", "mobilenet",
    "mobilenet_v2", "nasnet", "resnet", "resnet50", "resnet_v2", "vgg16", "vgg19", "xception",
]
__dir__ = listing(__all__, __name__)
