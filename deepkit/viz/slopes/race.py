"""A race: several runners walk down one surface from one start, each with a rate of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from deepkit.errors import ArgumentError, ShapeError
from deepkit.viz.slopes.height import SURFACES, Height, Surface

Runner = Callable[[Height, tuple[float, float], float, int], np.ndarray]
"""(height, start, rate, steps) -> (steps + 1, 2) places, the start first."""

RATES = tuple(float(f"{rate:.2g}") for rate in np.logspace(-3, 1, 21))
"""The rates that `best_rates` tries: five to a factor of ten."""

LOST = 1e6  # a runner that has come so high will not come back

_LAST = 5  # a runner is judged by the highest of its last places: one that swings past the bottom has not arrived


class Race:
    """Walks of named runners.

    Args:
        runners: by name, how one walks; see `Runner`.
        surface: a name of SURFACES, or a Surface.
        rates: by name; a single number is everybody's.
        steps: of each.

    Attributes:
        paths: by name (steps + 1, 2) places.
        losses: by name (steps + 1,) heights; they need not be finite.

    Raises:
        ArgumentError: no runner, an unknown surface, a runner without a rate, or no step.
        ShapeError: a runner that does not say where it was at every step.
    """

    def __init__(self, runners: Mapping[str, Runner], surface: str | Surface = "valley",
                 rates: Mapping[str, float] | float = 0.03, steps: int = 100):
        if not runners or steps < 1:
            raise ArgumentError(f"{len(runners)} runners and {steps} steps", rule="one of each, or more")
        self.name, self.surface = named(surface)
        self.rates = {name: rate_of(rates, name) for name in runners}
        self.steps = steps
        self.paths = {name: _walk(run, name, self.surface, self.rates[name], steps) for name, run in runners.items()}
        self.losses = {name: self.surface.heights(path) for name, path in self.paths.items()}

    def standing(self) -> list[tuple[str, float]]:
        """(name, height at the end), the lowest first; whoever is lost comes last, with infinity."""
        ends = {name: max(0.0, float(loss[-1])) if loss[-1] < LOST else np.inf for name, loss in self.losses.items()}
        return sorted(ends.items(), key=lambda end: end[1])

    def sentence(self) -> str:
        """Surface, steps, and how high each runner still is."""
        said = (f"{name} {'is lost' if np.isinf(end) else f'{end:.2g}'}" for name, end in self.standing())
        return f"{self.name}, {self.steps} steps: {', '.join(said)}"


def best_rates(runners: Mapping[str, Runner], surface: str | Surface, steps: int = 100,
               rates: Iterable[float] = RATES) -> dict[str, float]:
    """For each runner that rate of `rates` with which it ends lowest (by the highest of its last five places).

    >>> best_rates(RUNNERS, "valley", steps=60)["gradient descent"]
    0.063
    """
    _, ground = named(surface)

    def end(name: str, run: Runner, rate: float) -> float:
        last = ground.heights(_walk(run, name, ground, rate, steps)[-_LAST:])
        return float(last.max()) if np.isfinite(last).all() else np.inf

    tried = list(rates)
    return {name: min(tried, key=lambda rate: end(name, run, rate)) for name, run in runners.items()}


def named(surface: str | Surface) -> tuple[str, Surface]:
    """Name and surface; one of your own has the name of its height."""
    if isinstance(surface, Surface):
        return getattr(surface.height, "__name__", "a surface"), surface
    if surface not in SURFACES:
        raise ArgumentError(f"surface={surface!r}", rule=f"one of {', '.join(SURFACES)}, or a Surface")
    return surface, SURFACES[surface]


def rate_of(rates: Mapping[str, float] | float, name: str) -> float:
    """The rate of one runner."""
    if not isinstance(rates, Mapping):
        return float(rates)
    if name not in rates:
        raise ArgumentError(f"no rate for {name!r}", rule="a rate for each runner, or one number for all",
                            hint=f"rates={{{name!r}: 0.03, ...}}")
    return float(rates[name])


def _walk(run: Runner, name: str, ground: Surface, rate: float, steps: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        path = np.asarray(run(ground.height, ground.start, rate, steps), np.float64)
    if path.shape != (steps + 1, 2):
        raise ShapeError(f"{name!r} gave places of shape {path.shape}", rule=f"({steps + 1}, 2): the start and every step")
    return path
