"""A pipeline drawn over time: the queue's level above, below it a lane for each thread, who works and who waits."""

from __future__ import annotations

from collections.abc import Sequence

from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.machines.lanes import Time
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
    asked, time = played.pipeline, Time(played.elapsed * (1 + _STUCK * played.stuck), _LEFT, _WIDE - _RIGHT)
    parts = [*_level(played, time), *_limits(asked)]
    y = _TOP + _TALL + 18
    for number, spans in enumerate(played.producing):
        name = "producer" if asked.producers == 1 else f"producer {number + 1}"
        parts += _lane(name, spans, y, time, BLUE)
        y += _LANE
    parts += _lane("consumer", played.consuming, y, time, ORANGE)
    if played.stuck:
        parts += _for_ever(played, y, time)
    y += _LANE + 4
    return document([*parts, *time.axis(y, most=10)], _WIDE, y + 40, about)


def _height(level: float, capacity: int) -> float:
    return _TOP + _TALL * (1 - level / capacity)


def _level(played: Played, time: Time) -> list[str]:
    """The staircase of the level, filled below."""
    capacity, bottom = played.pipeline.capacity, _TOP + _TALL
    path = f"M{_LEFT:g} {bottom:g}"
    for when, level in played.levels:
        path += f"H{time.x(when):.1f}V{_height(level, capacity):.1f}"
    path += f"H{_WIDE - _RIGHT if played.stuck else time.x(played.elapsed):.1f}"
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


def _lane(name: str, spans: Sequence[Span], y: float, time: Time, colour: str) -> list[str]:
    """Work as boxes, waiting as a line in the middle."""
    waits = time.waits(((s.begin, s.end) for s in spans if not s.works), y + _BAR / 2)
    boxes = time.boxes(((s.begin, s.end) for s in spans if s.works), y, _BAR, gap=1)
    return [label(name, _LEFT - 8, y + _BAR - 2, anchor="end"), *waits, f'<path d="{boxes}" fill="{colour}"/>']


def _for_ever(played: Played, y: float, time: Time) -> list[str]:
    """Where the consumer waits for what never comes."""
    x = time.x(played.consuming[-1].end if played.consuming else 0.0)
    wide = _WIDE - _RIGHT - x
    return [frame(x, y, wide, _BAR, stroke=PINK, wide=1.6, dash="4 3"),
            label("waits for ever", x + wide - 4, y - 6, anchor="end", fill=PINK, bold=True)]
