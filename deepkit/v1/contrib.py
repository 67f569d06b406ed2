"""`tf.contrib`: what the documents use of it, as aliases of the names it later got."""

from __future__ import annotations

from types import SimpleNamespace

from deepkit.v1 import losses as _losses


def _mean_squared_error(predictions, labels=None, weights=1.0, scope=None):  # type: ignore[no-untyped-def]
    """As `tf.losses.mean_squared_error`, with the two arguments in the older order."""
    return _losses.mean_squared_error(labels, predictions, weights, scope)


losses = SimpleNamespace(mean_squared_error=_mean_squared_error)
