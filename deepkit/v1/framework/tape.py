"""Tapes: derivatives through what was computed while they ran."""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections.abc import Iterator
from typing import Any, Self

from deepkit.core.autodiff import Recording, UnconnectedGradients, behind, gradients
from deepkit.core.nest import flatten, leaves, pack
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Parameter, Trace, now
from deepkit.core.variable import Variable, leaf_of
from deepkit.errors import GraphWarning
from deepkit.ops.arrays.creation import zeros_like

_tapes: weakref.WeakSet[GradientTape] = weakref.WeakSet()
"""All that can still be asked."""


class GradientTape:
    """`with tf.GradientTape() as tape: y = f(x)`, then tape.gradient(y, x): the chain rule through what was computed inside.

    What was computed before is a constant, as is what comes from nothing that is watched: the state of a recurrent network
    leads back to the begin of this batch, not into the one before. Watched are the trainable variables, unless
    watch_accessed_variables is False, and what `watch` names. A tape may be asked again, persistent or not.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        self.persistent, self._by_itself = persistent, watch_accessed_variables
        self._recording, self._watched, self._since = Recording(), dict[Any, Any](), now()
        _tapes.add(self)

    def __enter__(self) -> Self:
        self._recording.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._recording.__exit__()

    def watch(self, tensor: Any) -> None:
        """Makes the derivatives by a tensor, or by those in a list, known."""
        self._watched.update({x.key: x for x in map(leaf_of, leaves(tensor))})

    def reset(self) -> None:
        """Forgets what was computed and what is watched."""
        self._watched.clear()
        if self._recording.is_open:
            self._recording.__exit__()
            self._recording = Recording().__enter__()
        else:
            self._recording = Recording()

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """What is computed in this context is a constant."""
        self._recording.__exit__()
        try:
            yield
        finally:
            self._recording.__enter__()

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none"
    ) -> Any:
        """The derivative of sum(target) by each of `sources`, in their form: a tensor, a list or a dict of them.

        None, or zeros with unconnected_gradients "zero", by a source that is not watched or that target does not depend on.
        """
        known = not any(isinstance(y, Symbol) for y in leaves(target))
        wanted = [leaf_of(x) if known else x for x in flatten(sources)]
        found = self._derivatives(target, wanted, output_gradients)
        if known:
            self._let_go(target)
        if UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO:
            found = {x.key: zeros_like(x) for x in wanted} | found
        return pack(sources, [found.get(x.key) for x in wanted])

    def _derivatives(self, target: Any, wanted: list[Any], weights: Any) -> dict[Any, Any]:
        """Those that there are, by the keys of their tensors."""
        seen = [x for x in wanted if self._sees(x)]
        _tell([x for x in wanted if all(x is not y for y in seen)])
        made = gradients(target, seen, weights, warn=False, recording=self._recording)
        return {x.key: dx for x, dx in zip(seen, made, strict=True) if dx is not None}

    def _sees(self, x: Any) -> bool:
        """Whether a tensor is watched, or was computed here from one that is."""
        return self._watches(x) or any(map(self._watches, (t for node in behind(x, self._recording) for t in node.inputs)))

    def _watches(self, x: Any) -> bool:
        trained = isinstance(x, (Parameter, Variable)) and x.trainable
        return x.key in self._watched or (trained and self._by_itself)

    def _let_go(self, target: Any) -> None:
        """Forgets how the tensors came about from which all tapes start: they would be kept as long as what comes of them."""
        since = min(tape._since for tape in _tapes)
        for node in behind(target, self._recording):
            for x in node.inputs:
                if isinstance(x.node, Trace) and x.node.born < since:
                    x.node.inputs = ()


def _tell(unseen: list[Any]) -> None:
    """A warning of the first tensor that is no variable: it was meant to be watched."""
    tensors = [x for x in unseen if not isinstance(x, (Parameter, Variable))]
    if tensors:
        warnings.warn(
            f"gradient by {tensors[0]!r} is None: the tape does not watch it; tape.watch(x) before x is used makes it known",
            GraphWarning, stacklevel=4,
        )
