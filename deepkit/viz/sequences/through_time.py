"""The slopes of a loss on their way back through the steps of a recurrent network, and their drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from deepkit.errors import ArgumentError, check_choice
from deepkit.viz.depth.signal import short
from deepkit.viz.grids import BLUE, ORANGE, document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

_BENDS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "tanh": (np.tanh, lambda h: 1 - h * h),
    "relu": (lambda z: np.maximum(z, 0), lambda h: (h > 0) * 1.0),
    "none": (lambda z: z, np.ones_like),
}
ACTIVATIONS = tuple(_BENDS)
_WIDE, _TALL, _LEFT, _TOP = 640.0, 250.0, 58.0, 30.0
_COLOURS = (BLUE, ORANGE, *(PALETTE[name] for name in ("green", "pink", "violet", "brown")))
_MOST = 12  # powers of ten either side of 1


class ThroughTime:
    """A recurrent network h_t = f(x_t + h_(t-1) W) that reads noise, and a random loss by its last state alone.

    W is `radius` times an orthogonal matrix: all its eigenvalues have this absolute value, the spectral radius.

    Args:
        radius: 0 or more.
        activation: f: "tanh", "relu" or "none".
        steps: length of the sequence.
        units: size of the state.
        noise: standard deviation of the inputs, which are normal.
        seed: of everything random.

    Attributes:
        states: (steps, units), h_1 to h_T.
        slopes: of each step the root of the mean square of the loss's derivatives by h_t, from the first step to the last.
            The loss is the sum of the last state, each part times a number of its own, normal with variance 1.

    Raises:
        ArgumentError: for a radius below 0 or not finite, another activation, no steps or units, or noise below 0.
    """

    def __init__(self, radius: float, activation: str = "tanh", steps: int = 28, units: int = 64, noise: float = 0.1,
                 seed: int = 1):
        check_choice("activation", activation, ACTIVATIONS)
        if not 0 <= radius < np.inf or min(steps, units) < 1 or not 0 <= noise < np.inf:
            raise ArgumentError(f"radius={radius}, steps={steps}, units={units}, noise={noise}",
                                rule="radius and noise of 0 or more; at least one step and unit")
        self.radius, self.activation, self.steps = float(radius), activation, steps
        bend, slope = _BENDS[activation]
        random = np.random.default_rng(seed)
        self.kernel = self.radius * np.linalg.qr(random.normal(size=(units, units)))[0]
        self._asked = random.normal(size=units)
        self.inputs = noise * random.normal(size=(steps, units))
        h, states = np.zeros(units), []
        for x in self.inputs:
            h = bend(x + h @ self.kernel)
            states.append(h)
        self.states = np.array(states)
        back, found = self._asked, []
        for h in self.states[::-1]:
            found.append(float(np.sqrt(np.mean(back**2))))
            back = (back * slope(h)) @ self.kernel.T
        self.slopes = found[::-1]

    @property
    def asked(self) -> np.ndarray:
        """(units,): by what the loss multiplies the last state."""
        return self._asked

    def sentence(self) -> str:
        """How large the slope is at the first and at the last step."""
        return (f"{self.activation}, spectral radius {self.radius:g}: slope {short(self.slopes[0])} at step 1, "
                f"{short(self.slopes[-1])} at step {self.steps}")


def show_through_time(slopes: Mapping[str, Sequence[float]], decades: tuple[int, int] | None = None) -> Drawing:
    """Draw slopes over the steps of a sequence, upwards by powers of ten: what comes back to each step.

    Args:
        slopes: by name, of each step one number of 0 or more.
        decades: lowest and highest power of ten that is shown; by default what the slopes need, from -12 to 12 at most.
            What lies beyond is drawn at the rim, and a 0 too.

    >>> show_through_time({"radius 0.8": ThroughTime(0.8).slopes})
    radius 0.8: 0.0012 at step 1, 1 at step 28
    """
    known = _checked(slopes)
    steps, span = max(map(len, known.values())), decades or _needed(known)
    parts = _axes(steps, span)
    for i, (name, values) in enumerate(known.items()):
        colour = _COLOURS[i % len(_COLOURS)]
        parts += _curve([(_across(t, steps), _up(value, span)) for t, value in enumerate(values)], colour)
        parts.append(label(name, _WIDE + 8, _TOP + 14 + 18 * i, fill=colour))
    said = "; ".join(f"{name}: {short(values[0])} at step 1, {short(values[-1])} at step {len(values)}"
                     for name, values in known.items())
    width = _WIDE + 16 + 7.3 * max(map(len, known))
    return Drawing(document(parts, width, _TOP + _TALL + 40, said), said)


def _checked(slopes: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    known = {name: np.asarray(values, np.float64) for name, values in slopes.items()}
    if not known or any(values.ndim != 1 or not len(values) or (values < 0).any() for values in known.values()):
        raise ArgumentError("no slopes to draw", rule="a name, and one number of 0 or more for each step")
    return known


def _curve(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    """A line through points, and a dot on each."""
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in points)
    return [f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>', f'<g fill="{colour}">{dots}</g>']


def _across(step: int, steps: int) -> float:
    return _LEFT + 14 + (step / max(steps - 1, 1)) * (_WIDE - _LEFT - 24)


def _needed(slopes: Mapping[str, np.ndarray]) -> tuple[int, int]:
    """The powers of ten between which all slopes but 0 lie, at least one apart, from -12 to 12 at most."""
    found = np.concatenate(list(slopes.values()))
    found = np.clip(np.log10(found[(found > 0) & np.isfinite(found)]), -_MOST, _MOST)
    low, high = (int(np.floor(found.min(initial=_MOST))), int(np.ceil(found.max(initial=-_MOST)))) if found.size else (0, 0)
    return low, max(high, low + 1)


def _up(value: float, span: tuple[int, int]) -> float:
    low, high = span
    decade = np.clip(np.log10(max(value, 10.0**low)), low, high)
    return float(_TOP + _TALL * (1 - (decade - low) / (high - low)))


def _axes(steps: int, span: tuple[int, int]) -> list[str]:
    """Lines at some powers of ten, a strong one at 1, and the numbers of some steps."""
    parts, (low, high) = [], span
    for decade in range(low, high + 1):
        if decade % max(1, round((high - low) / 6)):
            continue
        y, wide = _up(10.0**decade, span), 1.4 if decade == 0 else 0.5
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDE}" stroke="{GREY}" stroke-width="{wide}"/>')
        parts.append(label("1" if decade == 0 else f"1e{decade}", _LEFT - 8, y + 4, size=11, anchor="end"))
    every = max(1, round(steps / 10))
    for t in range(steps):
        if t == 0 or t == steps - 1 or ((t + 1) % every == 0 and steps - 1 - t >= every):
            parts.append(label(str(t + 1), _across(t, steps), _TOP + _TALL + 18, size=11, anchor="middle"))
    return [*parts, label("slope by the state", 4, 10, size=11), label("time step", _WIDE, _TOP + _TALL + 36, anchor="end")]
