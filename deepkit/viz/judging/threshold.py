"""Pictures lined up by their score with a threshold between them, the four counts, and both curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ShapeError
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.judging.verdicts import Verdicts
from deepkit.viz.picture import Drawing
from deepkit.viz.rows import image_tag
from deepkit.viz.style import GREY

_WIDE, _LEFT, _SLOTS, _PIXELS = 680.0, 64.0, 22, 26.0
_ROWS = {True: 30.0, False: 62.0}  # where the pictures of both kinds stand
_BARS, _TALL = 128.0, 34.0  # the line of the scores, and the tallest bar above and below it
_BOX, _TOP, _SIDE = 64.0, 214.0, 128.0  # a field of the matrix; the lower half; a curve's side


def show_threshold(scores: Any, truth: Any, threshold: float = 0.0, images: Any = None, name: str = "yes") -> Drawing:
    """Draw a threshold between scores, and what comes of it.

    Above: pictures by their score, those that truly are `name` in the first row, the others in the second, and how many
    there are of both; what stands on the wrong side of the threshold is framed. Below: the confusion matrix, and where the
    threshold lies on the precision-recall curve and on the ROC curve.

    Args:
        scores: (n,) numbers, the larger the more like yes.
        truth: (n,) of bool.
        threshold: from which score on the answer is yes.
        images: (n, height, width), or None for no pictures.
        name: what it means that truth is True.

    >>> show_threshold([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.5, name="a five")
    threshold 0.5: 1 found, 1 missed, 0 false alarms, 2 rightly no; precision 100.0%, recall 50.0%, right 75.0%
    """
    line = Lineup(Verdicts(scores, truth, threshold), images, name)
    return Drawing(draw(line), line.verdicts.sentence())


class Lineup:
    """Verdicts with what is drawn of them: which picture stands in which slot along the scores, and how many scores do."""

    def __init__(self, verdicts: Verdicts, images: Any, name: str):
        self.verdicts, self.name = verdicts, name
        self.images = None if images is None else np.asarray(images)
        if self.images is not None and (self.images.ndim != 3 or len(self.images) != verdicts.scores.size):
            raise ShapeError(f"{verdicts.scores.size} scores, but images of shape {self.images.shape}",
                             rule="(n, height, width), a picture for each score")
        self.low, self.high = np.quantile(verdicts.scores, [0.01, 1.0])  # a long tail of sure noes says little
        self.high += (self.high - self.low) / 1000 or 1.0

    def slot(self, score: Any) -> Any:
        """The slot of a score; what is lower than drawn counts in the first."""
        share = (np.asarray(score) - self.low) / (self.high - self.low)
        return np.clip((share * _SLOTS).astype(int), 0, _SLOTS - 1)

    def x(self, score: float) -> float:
        """Where a score lies, in pixels; beyond both ends, at them."""
        share = (score - self.low) / (self.high - self.low)
        return float(_LEFT + (_WIDE - _LEFT - 8) * min(max(share, 0.0), 1.0))

    def shown(self, kind: bool) -> dict[int, int]:
        """For each slot of one kind the example nearest to the slot's middle."""
        v = self.verdicts
        middles = self.low + (np.arange(_SLOTS) + 0.5) * (self.high - self.low) / _SLOTS
        slots, found = self.slot(v.scores), dict[int, int]()
        for k in np.unique(slots[v.truth == kind]):
            inside = np.flatnonzero((v.truth == kind) & (slots == k))
            found[int(k)] = int(inside[np.argmin(np.abs(v.scores[inside] - middles[k]))])
        return found


def draw(line: Lineup) -> str:
    """The SVG."""
    v = line.verdicts
    parts = [*_kinds(line), *_bars(line), *_cut(line), *_matrix(v, line.name)]
    parts += _curve(v, 330, "recall", "precision", (v.recall, v.precision))
    parts += _curve(v, 330 + _SIDE + 62, "false_alarms", "recall", (v.false_alarms, v.recall))
    return document(parts, _WIDE, _TOP + _SIDE + 56, v.sentence())


def _kinds(line: Lineup) -> list[str]:
    """The pictures of both kinds; orange frames say that the answer is wrong."""
    parts, step = [], (_WIDE - _LEFT - 8) / _SLOTS
    for kind, y in _ROWS.items():
        parts.append(label(line.name if kind else "others", 4, y + 17, size=12, fill=ORANGE if kind else BLUE))
        for k, i in line.shown(kind).items() if line.images is not None else ():
            x = _LEFT + (k + 0.5) * step - _PIXELS / 2
            wrong = (line.verdicts.scores[i] >= line.verdicts.threshold) != kind
            parts.append(image_tag(line.images[i], x, y, _PIXELS))  # type: ignore[index]
            parts.append(frame(x, y, _PIXELS, _PIXELS, stroke=ORANGE if wrong else GREY, wide=2.6 if wrong else 0.6))
    return parts


def _bars(line: Lineup) -> list[str]:
    """How many of both kinds there are in each slot, by the root of their number: those of `name` above the line."""
    v, step = line.verdicts, (_WIDE - _LEFT - 8) / _SLOTS
    slots = line.slot(v.scores)
    counts = {kind: np.bincount(slots[v.truth == kind], minlength=_SLOTS) for kind in (True, False)}
    most = max(int(c.max()) for c in counts.values())
    parts = [label("how many", 4, _BARS + 4, size=11)]
    for kind, colour in ((True, ORANGE), (False, BLUE)):
        bars = []
        for k in np.flatnonzero(counts[kind]):
            tall = max(_TALL * (counts[kind][k] / most) ** 0.5, 1)
            bars.append(f"M{_LEFT + k * step + 2:.1f} {_BARS}v{-tall if kind else tall:.1f}h{step - 4:.1f}"
                        f"v{tall if kind else -tall:.1f}z")
        parts.append(f'<path d="{"".join(bars)}" fill="{colour}" fill-opacity="0.8"/>')
    parts.append(f'<path d="M{_LEFT} {_BARS}H{_WIDE - 8}" stroke="{GREY}" stroke-width="0.8"/>')
    ends = ((line.low, _LEFT, "start"), (line.high, _WIDE - 8, "end"))
    return parts + [label(f"score {end:.3g}", x, _BARS + _TALL + 14, size=10, anchor=anchor) for end, x, anchor in ends]


def _cut(line: Lineup) -> list[str]:
    """The threshold, from the pictures down through the bars."""
    x = line.x(line.verdicts.threshold)
    anchor, gap = ("end", -5) if x > _WIDE / 2 else ("start", 5)
    return [f'<path d="M{x:.1f} 14V{_BARS + _TALL + 4}" stroke="{GREY}" stroke-width="2.5" stroke-dasharray="6 3"/>',
            label("no" if gap < 0 else "yes", x + gap, 20, size=12, anchor=anchor, bold=True),
            label("yes" if gap < 0 else "no", x - gap, 20, size=12, anchor="start" if gap < 0 else "end", bold=True)]


def _matrix(v: Verdicts, name: str) -> list[str]:
    """Rows are what is true, columns what was answered."""
    x, y = 84.0, _TOP + 14
    parts = [label("answered no", x + _BOX / 2, y - 6, size=10, anchor="middle"),
             label("yes", x + 1.5 * _BOX, y - 6, size=10, anchor="middle")]
    fields = ((("others", v.tn, True), ("", v.fp, False)), ((name, v.fn, False), ("", v.tp, True)))
    for i, row in enumerate(fields):
        for j, (text, count, right) in enumerate(row):
            colour = GREY if right else ORANGE
            parts.append(frame(x + j * _BOX, y + i * _BOX, _BOX, _BOX, stroke=colour, wide=1 if right else 2))
            parts.append(label(f"{count:,}", x + (j + 0.5) * _BOX, y + (i + 0.5) * _BOX + 6, size=17, anchor="middle",
                               fill=colour, bold=not right))
            parts.append(label(text, x - 6, y + (i + 0.5) * _BOX + 4, size=11, anchor="end"))
    said = f"precision {v.precision:.1%}   recall {v.recall:.1%}", f"right answers {v.accuracy:.1%}"
    return parts + [label(text, 4, y + 2 * _BOX + 18 + 15 * i, size=11) for i, text in enumerate(said)]


def _curve(v: Verdicts, x: float, across: str, up: str, here: tuple[float, float]) -> list[str]:
    """A curve over all thresholds in the unit square, and where this one lies on it."""
    y = _TOP + 14
    pixels = np.rint(np.stack([x + _SIDE * v.curve[across], y + _SIDE * (1 - v.curve[up])], 1)).astype(int)
    kept = np.append(True, (np.diff(pixels, axis=0) != 0).any(axis=1))  # thousands of thresholds share a pixel
    points = " ".join(f"{a},{b}" for a, b in pixels[kept])
    names = {"false_alarms": "false alarms"}
    return [
        frame(x, y, _SIDE, _SIDE, wide=0.6),
        f'<polyline points="{points}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
        f'<circle cx="{x + _SIDE * here[0]:.1f}" cy="{y + _SIDE * (1 - here[1]):.1f}" r="6" fill="none" stroke="{ORANGE}" '
        'stroke-width="3"/>',
        label(names.get(across, across), x + _SIDE / 2, y + _SIDE + 16, size=11, anchor="middle"),
        label(up, x, y - 6, size=11), label("0", x - 6, y + _SIDE + 4, size=9, anchor="end"),
        label("1", x - 6, y + 8, size=9, anchor="end"), label("1", x + _SIDE, y + _SIDE + 14, size=9, anchor="end"),
    ]
