"""Callbacks for Keras' fit on several ranks, with Horovod's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.distribute import collectives, ranks
from deepkit.errors import RankError
from deepkit.keras.backend.session import get_value, set_value
from deepkit.keras.callbacks import Callback

__all__ = ["BroadcastGlobalVariablesCallback", "MetricAverageCallback"]


class BroadcastGlobalVariablesCallback(Callback):
    """Before training all ranks take the weights of rank `root_rank`, and what its optimizer remembers.

    So they begin with the same numbers, whether these are random or were loaded from a file by one rank alone.
    """

    def __init__(self, root_rank: int = 0):
        super().__init__()
        self.root_rank = root_rank

    def on_train_begin(self, logs: Any = None) -> None:
        self._hand_out(self.model.weights, "weights")
        optimizer, root = self.model.optimizer, self.root_rank
        wanted = int(collectives.handed_out(np.array(len(optimizer.weights)), root, "number of the optimizer's weights"))
        if wanted and not optimizer.weights:
            optimizer.create_all_weights(self.model.trainable_weights)
        if len(optimizer.weights) > wanted:  # the root has not trained yet: its slots will begin at their first values
            raise RankError(
                f"the optimizer of rank {ranks.here().rank} has taken steps, that of rank {root} has not",
                rule="all ranks begin to train together", hint="compile the model anew on every rank",
            )
        self._hand_out(optimizer.weights, "optimizer")

    def _hand_out(self, weights: list[Any], what: str) -> None:
        for number, weight in enumerate(weights):
            set_value(weight, collectives.handed_out(get_value(weight), self.root_rank, f"{what}/{number}"))


class MetricAverageCallback(Callback):
    """The loss and metrics of an epoch become their averages over all ranks, before the callbacks after this one see them."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs:
            for name in sorted(logs):
                if np.ndim(logs[name]) == 0:
                    logs[name] = float(collectives.averaged(np.float64(logs[name]), f"metric {name}"))
