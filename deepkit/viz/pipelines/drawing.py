"""A pipeline drawn over time: the queue's level above, below it a lane for each thread, who works and who waits."""

from __future__ import annotations

from collections.abc import Sequence

from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.picture import Drawing
from deepkit.viz.pipelines.simulation import Pipeline, Played, Span
from deepkit.viz.style import GREY, PALETTE

_WIDE, _LEFT, _RIGHT, _TOP, _TALL = 680.0, 96.0, 20.0, 34.0, 130.0
_LANE, _BAR = 22.0, 13.0  # height of a lane, and of what is drawn in it
_STUCK = 0.13  # of the time is added where the consumer waits for ever
PINK = PALETTE["pink"]


def show_pipeline(pipeline: Pipeline) -> Drawing:
    """Draw what a pipeline does: the queue's level, the threads at work (filled) and waiting (a thin line)."""
    played = pipeline.play()
    said = sentence(played)
    return Drawing(draw(played, said), said)


def sentence(played: Played) -> str:
    """What happened, in words."""
    end = f"then the consumer waits for ever, {played.left} inside" if played.stuck else f"{played.elapsed:g} ms"
    highest = max(level for _, level in played.levels)
    return (f"{played.taken} of {played.pipeline.elements} elements taken: {end}; the queue held {highest} at most; "
            f"the consumer waited {played.waiting:.0%} of its time")


def draw(played: Played, about: str) -> str:
    """The SVG."""
    asked, until = played.pipeline, played.elapsed * (1 + _STUCK * played.stuck)
    scale = (_WIDE - _LEFT - _RIGHT) / until
    parts = [*_level(played, scale), *_limits(asked)]
    y = _TOP + _TALL + 18
    for number, spans in enumerate(played.producing):
        name = "producer" if asked.producers == 1 else f"producer {number + 1}"
        parts += _lane(name, spans, y, scale, BLUE)
        y += _LANE
    parts += _lane("consumer", played.consuming, y, scale, ORANGE)
    if played.stuck:
        parts += _for_ever(played, y, scale)
    y += _LANE + 4
    return document([*parts, *_axis(until, y, scale)], _WIDE, y + 40, about)


def _height(level: float, capacity: int) -> float:
    return _TOP + _TALL * (1 - level / capacity)


def _level(played: Played, scale: float) -> list[str]:
    """The staircase of the level, filled below."""
    capacity, bottom = played.pipeline.capacity, _TOP + _TALL
    path = f"M{_LEFT:g} {bottom:g}"
    for when, level in played.levels:
        path += f"H{_LEFT + scale * when:.1f}V{_height(level, capacity):.1f}"
    path += f"H{_WIDE - _RIGHT if played.stuck else _LEFT + scale * played.elapsed:.1f}"
    return [f'<path d="{path}V{bottom:g}Z" fill="{BLUE}" fill-opacity="0.22"/>',
            f'<path d="{path}" fill="none" stroke="{BLUE}" stroke-width="1.6"/>',
            label("elements in the queue", _LEFT, _TOP - 14)]


def _limits(asked: Pipeline) -> list[str]:
    """The frame, and dashes at the capacity and at what stays inside."""
    parts = [f'<path d="M{_LEFT} {_TOP + _TALL}H{_WIDE - _RIGHT}" stroke="{GREY}"/>']
    marks = {0: "0", asked.capacity: f"full {asked.capacity}"}
    if asked.spare:
        marks[asked.spare] = f"stay {asked.spare}"
    for level, text in marks.items():
        y = _height(level, asked.capacity)
        parts.append(label(text, _LEFT - 8, y + 4, anchor="end"))
        if level:
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDE - _RIGHT}" stroke="{GREY}" stroke-dasharray="5 4"/>')
    return parts


def _lane(name: str, spans: Sequence[Span], y: float, scale: float, colour: str) -> list[str]:
    """Work as boxes, waiting as a line in the middle."""
    parts, middle = [label(name, _LEFT - 8, y + _BAR - 2, anchor="end")], y + _BAR / 2
    waits = "".join(f"M{_LEFT + scale * s.begin:.1f} {middle:.1f}H{_LEFT + scale * s.end:.1f}" for s in spans if not s.works)
    if waits:
        parts.append(f'<path d="{waits}" stroke="{GREY}" stroke-width="2" stroke-dasharray="2 2"/>')
    boxes = "".join(f"M{_LEFT + scale * s.begin:.1f} {y:.1f}h{max(scale * (s.end - s.begin) - 1, 0.8):.1f}v{_BAR}"
                    f"h{-max(scale * (s.end - s.begin) - 1, 0.8):.1f}z" for s in spans if s.works)
    return [*parts, f'<path d="{boxes}" fill="{colour}"/>']


def _for_ever(played: Played, y: float, scale: float) -> list[str]:
    """Where the consumer waits for what never comes."""
    x = _LEFT + scale * (played.consuming[-1].end if played.consuming else 0.0)
    wide = _WIDE - _RIGHT - x
    return [frame(x, y, wide, _BAR, stroke=PINK, wide=1.6, dash="4 3"),
            label("waits for ever", x + wide - 4, y - 6, anchor="end", fill=PINK, bold=True)]


def _axis(until: float, y: float, scale: float) -> list[str]:
    every = next(size * 10**power for power in range(12) for size in (1, 2, 5) if until / (size * 10**power) <= 10)
    ticks = [f'<path d="M{_LEFT} {y}H{_WIDE - _RIGHT}" stroke="{GREY}"/>']
    for when in range(0, int(until) + 1, every):
        x = _LEFT + scale * when
        ticks += [f'<path d="M{x:.1f} {y:.1f}v5" stroke="{GREY}"/>', label(str(when), x, y + 18, anchor="middle")]
    return [*ticks, label("milliseconds", _WIDE - _RIGHT, y + 34, anchor="end")]
