"""Training side by side, drawn over time: a lane for each worker, who computes and who waits, and the loss below."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from deepkit.viz.grids import document, label
from deepkit.viz.machines.lanes import Time
from deepkit.viz.machines.workers import Step, Trained, Workers
from deepkit.viz.picture import Drawing
from deepkit.viz.style import GREY, PALETTE

_WIDE, _LEFT, _RIGHT, _TOP, _TALL = 680.0, 96.0, 20.0, 30.0, 110.0
_LANE, _BAR = 22.0, 15.0  # height of a lane, and of what is drawn in it
_LOW, _HIGH = -6, 2  # powers of ten between which losses are drawn
BLUE, ORANGE, PINK = PALETTE["blue"], PALETTE["orange"], PALETTE["pink"]


def show_workers(workers: Workers) -> Drawing:
    """Draw what workers do: computing (filled, with the gradient's staleness), waiting (dots), and the loss over time."""
    played = workers.play()
    said = sentence(played)
    return Drawing(_draw(played, said), said)


def sentence(played: Trained) -> str:
    """What happened, in words."""
    asked, stale = played.workers, played.staleness
    way = "synchronous" if asked.together else "asynchronous"
    old = f", {max(stale)} updates old at most" if stale and not asked.together else ""
    last = played.losses[-1]
    end = "below 1e-09" if last < 1e-9 else f"{last:.1e}" if last < 1e6 else "more than a million"
    return (f"{len(asked.times)} workers, {way}: {len(stale)} gradients{old}, {played.updates} updates in {asked.until:g} ms; "
            f"loss {played.losses[0]:.1f} to {end}")


def _draw(played: Trained, about: str) -> str:
    asked = played.workers
    time = Time(asked.until, _LEFT, _WIDE - _RIGHT)
    parts, y = [label("who computes", _LEFT, _TOP - 12)], _TOP
    for number, steps in enumerate(played.steps):
        parts += _lane(f"worker {number + 1}", steps, y, time, asked.together)
        y += _LANE
    if asked.together:
        marks = "".join(f"M{time.x(when):.1f} {_TOP - 4:g}V{y:g}" for when in played.when[1:])
        parts.append(f'<path d="{marks}" stroke="{PINK}" stroke-width="1.5"/>')
        parts.append(label("pink: all are there, one update", _WIDE - _RIGHT, _TOP - 12, anchor="end"))
    else:
        parts.append(label("numbers: how many updates old", _WIDE - _RIGHT, _TOP - 12, anchor="end"))
    y += 34
    parts += _loss(played, y, time)
    return document([*parts, *time.axis(y + _TALL, most=12)], _WIDE, y + _TALL + 42, about)


def _lane(name: str, steps: Sequence[Step], y: float, time: Time, together: bool) -> list[str]:
    """Work as boxes; where a worker waits for the slowest, dots."""
    parts, colour = [label(name, _LEFT - 8, y + _BAR - 3, anchor="end")], BLUE if together else ORANGE
    boxes = time.boxes(((s.begin, s.end) for s in steps), y, _BAR, gap=1.5)
    parts.append(f'<path d="{boxes}" fill="{colour}"/>')
    if together:
        waiting = ((a.end, b.begin) for a, b in itertools.pairwise(steps) if b.begin > a.end)
        return [*parts, *time.waits(waiting, y + _BAR / 2)]
    middles = [(str(s.stale), time.x((s.begin + s.end) / 2)) for s in steps if time.scale * (s.end - s.begin) > 14]
    return [*parts, *(label(text, x, y + _BAR - 3.5, size=11, anchor="middle", fill="#000000") for text, x in middles)]


def _loss(played: Trained, y: float, time: Time) -> list[str]:
    """The loss as a staircase, on a logarithmic axis; what is higher than the picture stays at its edge."""
    def height(power: float) -> float:
        return y + _TALL * (_HIGH - min(max(power, _LOW), _HIGH)) / (_HIGH - _LOW)

    parts = [label("loss", _LEFT, y - 8)]
    for power in range(_LOW, _HIGH + 1, 2):
        parts.append(f'<path d="M{_LEFT} {height(power):.1f}H{_WIDE - _RIGHT}" stroke="{GREY}" stroke-opacity="0.4"/>')
        parts.append(label(f"{10.0**power:g}", _LEFT - 8, height(power) + 4, anchor="end"))
    path = ""
    for when, loss in zip(played.when, played.losses, strict=True):
        at = height(math.log10(max(loss, 1e-300)))
        path += f"H{time.x(when):.1f}V{at:.1f}" if path else f"M{_LEFT:g} {at:.1f}"
    colour = BLUE if played.workers.together else ORANGE
    return [*parts, f'<path d="{path}H{_WIDE - _RIGHT:g}" fill="none" stroke="{colour}" stroke-width="1.8"/>']
