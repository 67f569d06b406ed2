"""Buckets of gradients under way while others are still computed, from measured times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepkit.errors import ArgumentError
from deepkit.viz.grids import document, label
from deepkit.viz.machines.lanes import Time
from deepkit.viz.picture import Drawing
from deepkit.viz.style import PALETTE

_WIDE, _LEFT, _RIGHT, _TOP, _LANE, _BAR = 680.0, 110.0, 20.0, 14.0, 22.0, 15.0


def show_overlap(events: Sequence[Sequence[Any]]) -> Drawing:
    """Draw what `deepkit.distribute.recorded` collected in one step: (bucket, "gradient" | "begin" | "end", seconds, bytes).

    The first lane is the backward pass, from the first gradient to the last, with a mark for each gradient; a lane for each
    bucket shows when its message was under way. ArgumentError: no bucket was sent off and came to its end.
    """
    gradients = [1e3 * event[2] for event in events if event[1] == "gradient"]
    spans = _under_way(events)
    if not gradients or not spans:
        raise ArgumentError("show_overlap: nothing was sent", hint="with distribute.recorded() as events: sess.run(train, ...)")
    first = gradients[0]
    backward, spans = gradients[-1] - first, [(a - first, b - first) for a, b in spans]
    said = sentence(backward, spans)
    return Drawing(_draw([g - first for g in gradients], spans, said), said)


def _under_way(events: Sequence[Sequence[Any]]) -> list[tuple[float, float]]:
    """When each bucket was sent off and when its sum was there, in milliseconds."""
    moments: dict[str, dict[str, float]] = {}
    for bucket, kind, when, _ in events:
        if kind != "gradient":
            moments.setdefault(bucket, {}).setdefault(kind, 1e3 * when)
    return [(m["begin"], m["end"]) for m in moments.values() if len(m) == 2]


def sentence(backward: float, spans: Sequence[tuple[float, float]]) -> str:
    """What the picture shows, in words; times in milliseconds from the first gradient on."""
    early = sum(begin < backward for begin, _ in spans)
    after = max(end for _, end in spans) - backward
    return (f"{len(spans)} buckets, {early} of them sent off before the last gradient was computed; the backward pass took "
            f"{backward:.1f} ms after its first gradient, the last sum was there {max(after, 0):.1f} ms later")


def _draw(gradients: Sequence[float], spans: Sequence[tuple[float, float]], about: str) -> str:
    until = max(gradients[-1], *(end for _, end in spans), 1e-3) * 1.02
    time, y = Time(until, _LEFT, _WIDE - _RIGHT), _TOP
    parts = [label("backward", _LEFT - 8, y + _BAR - 3, anchor="end")]
    parts.append(f'<path d="{time.boxes([(0.0, gradients[-1])], y, _BAR, 0.0)}" fill="{PALETTE["blue"]}"/>')
    marks = "".join(f"M{time.x(when):.1f} {y:g}v{_BAR:g}" for when in gradients)
    parts.append(f'<path d="{marks}" stroke="{PALETTE["pink"]}" stroke-width="1.5"/>')
    for number, span in enumerate(spans):
        y += _LANE
        parts.append(label(f"bucket {number + 1}", _LEFT - 8, y + _BAR - 3, anchor="end"))
        parts.append(f'<path d="{time.boxes([span], y, _BAR, 0.0)}" fill="{PALETTE["orange"]}"/>')
    return document([*parts, *time.axis(y + _LANE + 4, 12)], _WIDE, y + _LANE + 46, about)
