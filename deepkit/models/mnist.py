"""The documents' networks for MNIST, and their training with the documents' settings: `python -m deepkit.models.mnist`."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from deepkit import keras
from deepkit.keras.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from deepkit.keras.models import Sequential
from deepkit.models.averaged import RECIPES as AVERAGED_RECIPES
from deepkit.models.averaged import Recipe as AveragedRecipe
from deepkit.models.convolutional import RECIPES as CONVOLUTIONAL_RECIPES
from deepkit.models.convolutional import Recipe as ConvolutionalRecipe
from deepkit.models.mlp import RECIPES as SESSION_RECIPES
from deepkit.models.mlp import Recipe as SessionRecipe
from deepkit.models.recipe import Recipe, asking, train_all
from deepkit.models.sequences.gated import RECIPES as GATED_RECIPES
from deepkit.models.sequences.gated import Recipe as GatedRecipe
from deepkit.models.sequences.recurrent import RECIPES as RECURRENT_RECIPES
from deepkit.models.sequences.recurrent import SessionRecipe as RecurrentSessionRecipe
from deepkit.models.settings import RECIPES as SETTING_RECIPES


def softmax_regression() -> Any:
    """784-10, all weights 0 at first: 7,850 weights."""
    return Sequential([Dense(10, activation="softmax", kernel_initializer="zeros", input_shape=(784,))])


def sigmoid_mlp() -> Any:
    """784-128-128-10 with sigmoid units and dropout 0.1: 118,282 weights."""
    return Sequential([
        Dense(128, activation="sigmoid", input_shape=(784,)), Dropout(0.1), Dense(128, activation="sigmoid"),
        Dropout(0.1), Dense(10, activation="softmax"),
    ])


def relu_mlp() -> Any:
    """784-256-256-10 with relu: 269,322 weights."""
    return Sequential([
        Dense(256, activation="relu", input_shape=(784,)), Dense(256, activation="relu"), Dense(10, activation="softmax"),
    ])


def dropout_mlp() -> Any:
    """784-256-256-10 with relu and dropout 0.45: 269,322 weights."""
    return Sequential([
        Dense(256, input_dim=784), Activation("relu"), Dropout(0.45), Dense(256), Activation("relu"), Dropout(0.45),
        Dense(10), Activation("softmax"),
    ])


def cnn(dropout: float = 0.2) -> Any:
    """Three 3x3 convolutions of 64 maps, two poolings, dropout: 80,266 weights."""
    return Sequential([
        Conv2D(64, 3, activation="relu", input_shape=(28, 28, 1)), MaxPooling2D(2), Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2), Conv2D(64, 3, activation="relu"), Flatten(), Dropout(dropout), Dense(10), Activation("softmax"),
    ])


RECIPES: dict[
    str, Recipe | SessionRecipe | AveragedRecipe | ConvolutionalRecipe | RecurrentSessionRecipe | GatedRecipe
] = {
    "softmax-regression": Recipe("D1-3-39", "784-10, softmax, from zeros, SGD 0.001", softmax_regression, (784,),
                                 lambda: keras.optimizers.SGD(lr=0.001), 1, 100, None, 76.14),
    "sigmoid-mlp": Recipe("D1-2-28", "784-128-128-10, sigmoid, dropout 0.1, SGD", sigmoid_mlp, (784,),
                          keras.optimizers.SGD, 10, 100, 72.25, 78.88),
    "relu-mlp": Recipe("D1-4-15", "784-256-256-10, relu, SGD 0.01", relu_mlp, (784,),
                       lambda: keras.optimizers.SGD(lr=0.01), 50, 100, None, 97.26),
    "dropout-mlp": Recipe("D4-4-27", "784-256-256-10, relu, dropout 0.45, Adam", dropout_mlp, (784,),
                          lambda: "adam", 20, 128, 99.39, 98.5),
    "cnn": Recipe("D4-5-07", "CNN 64-64-64, dropout 0.2, Adam", cnn, (28, 28, 1), lambda: "adam", 10, 128, 99.75, 99.4),
    "cnn-sgd": Recipe("D4-5-07", "CNN 64-64-64, dropout 0.2, SGD", cnn, (28, 28, 1), lambda: "sgd", 10, 128, 97.76, 98.5),
    "cnn-rmsprop": Recipe("D4-5-07", "CNN 64-64-64, dropout 0.2, RMSprop", cnn, (28, 28, 1), lambda: "rmsprop", 10, 128, 99.11,
                          99.0),
    "cnn-dropout": Recipe("D4-5-07", "CNN 64-64-64, dropout 0.4, Adam", lambda: cnn(0.4), (28, 28, 1), lambda: "adam", 10, 128,
                          99.64, 99.3),
    **RECURRENT_RECIPES,
    **SESSION_RECIPES,
    **AVERAGED_RECIPES,
    **CONVOLUTIONAL_RECIPES,
    **GATED_RECIPES,
    **SETTING_RECIPES,
}
"""By name: the runs whose accuracy a document prints."""


def main(arguments: list[str] | None = None) -> int:
    """Trains the named networks, one after the other, and prints a line for each."""
    parser = asking("deepkit.models.mnist", __doc__, RECIPES)
    parser.add_argument("--epochs", type=int, help="rounds over the samples (default: the document's)")
    parser.add_argument("--verbose", type=int, default=2, choices=(0, 1, 2), help="0 silent, 1 bar, 2 a line an epoch")
    data = cache(keras.datasets.mnist.load_data)
    return train_all(parser, RECIPES, arguments, lambda name, chosen: RECIPES[name].run(
        data(), chosen.epochs, chosen.verbose, chosen.seed))


if __name__ == "__main__":
    sys.exit(main())
