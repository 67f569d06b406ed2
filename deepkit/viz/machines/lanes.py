"""What happens side by side, drawn over time: boxes for work, dashes for waiting, and an axis in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deepkit.viz.grids import label
from deepkit.viz.style import GREY


@dataclass(frozen=True)
class Time:
    """Milliseconds from 0 to `until`, drawn between the pixels left and right.

    >>> Time(50.0, left=100.0, right=200.0).x(25.0)
    150.0
    """

    until: float
    left: float
    right: float

    @property
    def scale(self) -> float:
        """Pixels of a millisecond."""
        return (self.right - self.left) / self.until

    def x(self, when: float) -> float:
        """Where a time is."""
        return self.left + self.scale * when

    def boxes(self, spans: Iterable[tuple[float, float]], y: float, height: float, gap: float) -> str:
        """An SVG path of boxes from (begin, end) of each, with `gap` pixels between neighbours, 0.8 wide at least."""
        sized = ((self.x(begin), max(self.scale * (end - begin) - gap, 0.8)) for begin, end in spans)
        return "".join(f"M{x:.1f} {y:g}h{wide:.1f}v{height:g}h{-wide:.1f}z" for x, wide in sized)

    def waits(self, spans: Iterable[tuple[float, float]], y: float) -> list[str]:
        """A dashed line at height y from (begin, end) of each; nothing for no spans."""
        path = "".join(f"M{self.x(begin):.1f} {y:g}H{self.x(end):.1f}" for begin, end in spans)
        return [f'<path d="{path}" stroke="{GREY}" stroke-width="2" stroke-dasharray="2 2"/>'] if path else []

    def axis(self, y: float, most: int) -> list[str]:
        """The axis at height y with round numbers, `most` steps between them at most."""
        every = next(size * 10**power for power in range(12) for size in (1, 2, 5) if self.until / (size * 10**power) <= most)
        ticks = [f'<path d="M{self.left:g} {y:g}H{self.right:g}" stroke="{GREY}"/>']
        for when in range(0, int(self.until) + 1, every):
            x = self.x(when)
            ticks += [f'<path d="M{x:.1f} {y:.1f}v5" stroke="{GREY}"/>', label(str(when), x, y + 18, anchor="middle")]
        return [*ticks, label("milliseconds", self.right, y + 34, anchor="end")]
