"""The spread of activations through many layers, drawn: a histogram for each layer, spread and slope below it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.viz.depth.signal import REACHES, Signal, short
from deepkit.viz.grids import BLUE, ORANGE, document, label
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY

_WIDE, _LEFT, _TOP, _TALL, _BAND = 680.0, 74.0, 40.0, 76.0, 164.0
_BINS = 25


def show_spread(scales: Mapping[str, float], activation: str = "tanh", *, layers: int = 10, units: int = 128,
                seed: int = 1) -> Drawing:
    """Draw what random weights of different size make of noise, layer by layer.

    Args:
        scales: by name the standard deviation of the weights; a band of histograms for each.
        activation, layers, units, seed: as for `Signal`.

    >>> show_spread({"Xavier": 0.088}, layers=10)
    tanh, stddev 0.088: 0.63 (slopes 0.29) in layer 1, 0.25 (slopes 1) in layer 10
    """
    if not scales:
        raise ArgumentError("no scale to show", hint='show_spread({"small": 0.01})')
    signals = {name: Signal(stddev, activation, layers, units, seed=seed) for name, stddev in scales.items()}
    return Drawing(draw(signals), "; ".join(signal.sentence() for signal in signals.values()))


def draw(signals: Mapping[str, Signal]) -> str:
    """The SVG: a band for each signal."""
    parts = []
    for number, (name, signal) in enumerate(signals.items()):
        parts += _band(name, signal, _TOP + number * _BAND)
    said = "; ".join(signal.sentence() for signal in signals.values())
    return document(parts, _WIDE, _TOP + len(signals) * _BAND - 40, said)


def _band(name: str, signal: Signal, y: float) -> list[str]:
    """One signal: its name above, the layers from left to right."""
    low, high = REACHES[signal.activation]
    step = (_WIDE - _LEFT - 8) / len(signal.values)
    zero = y + _TALL * (1 - (0 - low) / (high - low))
    parts = [label(name, 4, y - 24, size=13, bold=True)]
    parts += [label(f"{value:g}", _LEFT - 8, y + _TALL * (1 - share) + 4, size=10, anchor="end")
              for share, value in ((0, low), (1, high))]
    parts.append(f'<path d="M{_LEFT} {zero:.1f}H{_WIDE - 8}" stroke="{GREY}" stroke-width="0.6"/>')
    parts.append(label("spread", _LEFT - 8, y + _TALL + 18, size=11, anchor="end", fill=BLUE))
    parts.append(label("slopes", _LEFT - 8, y + _TALL + 34, size=11, anchor="end", fill=ORANGE))
    for i, values in enumerate(signal.values):
        middle = _LEFT + (i + 0.5) * step
        parts.append(_histogram(values, low, high, middle, y, step - 6))
        parts.append(label(str(i + 1), middle, y - 9, size=10, anchor="middle"))
        parts.append(label(short(signal.spreads[i]), middle, y + _TALL + 18, size=11, anchor="middle", fill=BLUE))
        parts.append(label(short(signal.slopes[i]), middle, y + _TALL + 34, size=11, anchor="middle", fill=ORANGE))
    return parts


def _histogram(values: np.ndarray, low: float, high: float, middle: float, y: float, width: float) -> str:
    """How many of the values lie at each height, as bars on both sides of a line that stands upright."""
    counts, _ = np.histogram(np.clip(values, low, high), np.linspace(low, high, _BINS + 1))
    tall = _TALL / _BINS
    bars = []
    for k, share in enumerate(counts / counts.max()):
        if share > 0:
            half = max(share * width / 2, 0.4)
            bars.append(f"M{middle - half:.1f} {y + _TALL - k * tall:.1f}v{-tall:.2f}h{2 * half:.1f}v{tall:.2f}z")
    return f'<path d="{"".join(bars)}" fill="{BLUE}" fill-opacity="0.8"/>'
