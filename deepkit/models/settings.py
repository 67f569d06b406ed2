"""The eighteen perceptrons of a document's table: widths, regularizer, optimizer, and the accuracies printed beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from deepkit.keras.layers import Activation, Dense, Dropout
from deepkit.keras.models import Sequential
from deepkit.keras.optimizers import SGD
from deepkit.keras.regularizers import l2
from deepkit.models.recipe import Recipe


@dataclass(frozen=True)
class Setting:
    """One row of the table: three hidden layers, what holds them back, who moves the weights, what was printed.

    widths: units of each hidden layer; penalty: factor of the squared weights in the loss; dropout: share of the units
    that is left out in each step of training; optimizer: its name, with the defaults; train, test: percent,
    None where nothing was printed.
    """

    widths: tuple[int, ...]
    optimizer: str = "adam"
    train: float | None = None
    test: float | None = None
    penalty: float = 0.0
    dropout: float = 0.0
    relu: bool = True

    @property
    def what(self) -> str:
        """The row in words: `256-256-256 dropout 0.45 adam`."""
        held = f"L2 {self.penalty}" if self.penalty else f"dropout {self.dropout}" if self.dropout else "no regularizer"
        return f"{'-'.join(map(str, self.widths))} {held} {self.optimizer}{'' if self.relu else ', no relu'}"

    def build(self, pixels: int = 784) -> Any:
        """The network, from the pixels to ten probabilities, not compiled."""
        model = Sequential()
        for i, units in enumerate(self.widths):
            penalty = l2(self.penalty) if self.penalty else None
            first: dict[str, Any] = {"input_shape": (pixels,)} if i == 0 else {}
            model.add(Dense(units, kernel_regularizer=penalty, **first))
            if self.relu:
                model.add(Activation("relu"))
            if self.dropout:
                model.add(Dropout(self.dropout))
        model.add(Dense(10, activation="softmax"))
        return model

    def recipe(self) -> Recipe:
        """How the row is trained: 20 epochs in batches of 128, the optimizer as it comes."""
        return Recipe("D4-4-27", self.what, self.build, (784,), lambda: self.optimizer, 20, 128, self.train, self.test)


_NARROW, _WIDE, _WIDEST = (256, 256, 256), (512, 512, 512), (1024, 1024, 1024)

SETTINGS = (
    Setting(_NARROW, "sgd", 93.65, 92.5, relu=False),
    Setting(_NARROW, "sgd", 93.35, 98.0, penalty=0.001),
    Setting(_NARROW, "sgd", 96.90, 96.7, penalty=0.01),
    Setting(_NARROW, "sgd", 99.93, 98.0),
    Setting(_NARROW, "sgd", 98.23, 98.1, dropout=0.4),
    Setting(_NARROW, "sgd", 98.07, 98.1, dropout=0.45),
    Setting(_NARROW, "sgd", 97.68, 98.1, dropout=0.5),
    Setting(_NARROW, "sgd", 97.11, 97.9, dropout=0.6),
    Setting((256, 512, 256), "sgd", 98.21, 98.2, dropout=0.45),
    Setting(_WIDE, "sgd", 99.45, 98.3, dropout=0.2),
    Setting(_WIDE, "sgd", 98.95, 98.3, dropout=0.4),
    Setting((512, 1024, 512), "sgd", 98.9, 98.2, dropout=0.45),
    Setting(_WIDEST, "sgd", 99.37, 98.3, dropout=0.4),
    Setting(_NARROW, "adam", 98.64, 98.2, dropout=0.6),
    Setting(_NARROW, "adam", 99.01, 98.3, dropout=0.55),
    Setting(_NARROW, "adam", 99.39, 98.5, dropout=0.45),
    Setting(_NARROW, "rmsprop", 98.75, 98.1, dropout=0.45),
    Setting((128, 128, 128), "adam", 98.70, 97.7, dropout=0.45),
)
"""The rows of the table, in its order."""

RECIPES = {f"setting-{i:02d}": setting.recipe() for i, setting in enumerate(SETTINGS, 1)}
"""By name: `python -m deepkit.models.mnist setting-16` trains the one that did best."""

# What the rows of plain descent leave open: steps ten times as long, by momentum, where the document names the defaults.
for _name, _setting in (("momentum", SETTINGS[3]), ("momentum-dropout", SETTINGS[5])):
    RECIPES[_name] = replace(
        _setting.recipe(), what=f"{_setting.what} momentum 0.9", optimizer=lambda: SGD(momentum=0.9)
    )
