"""A playground for small networks: data, layers, activation and rate; boundary and loss live; the program that runs."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.grids import BLUE, ORANGE, document, frame, label
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.plane.panel import Panel
from deepkit.viz.plane.points import SETS, invent_points

_SIDE, _CHUNK, _MOST = 270.0, 10, 400


class Program(Protocol):
    """A program that learns: what it reads, its losses so far, more steps, and what it says of points."""

    source: str
    losses: list[float]

    def train(self, steps: int) -> None:
        """Take so many steps; each appends a loss."""

    def probability(self, points: np.ndarray) -> np.ndarray:
        """(n,) probabilities of class 1."""


Write = Callable[..., Program]
"""(points, classes, hidden units, activation, rate, seed, **knobs) -> a program that has not learned yet."""


class Playground(Interactive):
    """Controls, the boundary, the loss, and the text of the program that runs behind them.

    Args:
        programs: by name how to write a program; see `Write`.
        activations: those to choose from.
        hidden, activation, rate, data, seed: where it begins.
        knobs: further ones by name, with the values to choose from; the programs get them as keywords. The first is where
            they begin.
        fresh: so many points that the program never learns from judge it, too; their loss is the orange curve.

    Attributes:
        program: the one that runs, a `Program`.
        controls: the widgets by name: data, layers, units, activation, rate, program, play, steps, anew, and the knobs.

    Raises:
        ArgumentError: without a program.
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, programs: Mapping[str, Write], activations: Sequence[str] = ("tanh", "relu", "sigmoid", "none"),
                 hidden: Sequence[int] = (4,), activation: str = "tanh", rate: float = 0.03, data: str = "corners",
                 seed: int = 1, knobs: Mapping[str, Sequence[float]] | None = None, fresh: int = 0):
        if not programs:
            raise ArgumentError("no program to run", hint='playground({"mine": write})')
        w = optional("ipywidgets", "the playground")
        self._programs, self._seed, self._knobs, self._fresh = dict(programs), seed, tuple(knobs or ()), fresh
        self.judged: list[tuple[int, float, float]] = []
        look = {"style": {"description_width": "90px"}, "layout": w.Layout(width="300px")}
        self.controls: dict[str, Any] = {
            "data": w.Dropdown(options=list(SETS), value=data, description="data", **look),
            "layers": w.IntSlider(len(hidden), 0, 4, description="hidden layers", **look),
            "units": w.IntSlider(max(hidden, default=4), 1, 16, description="units each", **look),
            "activation": w.Dropdown(options=list(activations), value=activation, description="activation", **look),
            "rate": w.FloatLogSlider(rate, min=-4, max=0.5, step=0.1, description="rate", readout_format=".4f", **look),
            "program": w.Dropdown(options=list(self._programs), description="written for", **look),
            "play": w.Play(min=0, max=_MOST // _CHUNK, interval=200, show_repeat=False),
            "steps": w.Button(description="100 steps", layout=w.Layout(width="110px")),
            "anew": w.Button(description="begin anew", layout=w.Layout(width="110px")),
        }
        for name, values in (knobs or {}).items():
            self.controls[name] = w.SelectionSlider(options=[(f"{v:g}", v) for v in values], description=name, **look)
        for name in ("data", "layers", "units", "activation", "rate", *self._knobs, "program"):
            self.controls[name].observe(self._begin, "value")
        self.controls["play"].observe(self._played, "value")
        self.controls["steps"].on_click(lambda _: self.train(100))
        self.controls["anew"].on_click(self._begin)
        self._drawing, self._code = w.HTML(), w.HTML()
        self._begin()
        self.widget = self._lay_out(w)

    def _lay_out(self, w: Any) -> Any:
        c = self.controls
        chosen = [c[name] for name in ("data", "layers", "units", "activation", "rate", *self._knobs, "program")]
        buttons = in_row([c["play"], c["steps"], c["anew"]])
        left = w.VBox([*chosen, buttons], layout=w.Layout(width="320px", flex="0 0 auto"))
        box = w.VBox([in_row([left, self._drawing]), self._code])
        box.add_class("deepkit-playground")
        return box

    def _begin(self, _: Any = None) -> None:
        c = {name: control.value for name, control in self.controls.items() if name not in ("steps", "anew")}
        self._points, self._classes = invent_points(c["data"], seed=self._seed)
        self._others = invent_points(c["data"], self._fresh, seed=self._seed + 1) if self._fresh else None
        self.judged = []
        write = self._programs[c["program"]]
        self.program = write(self._points, self._classes, [c["units"]] * c["layers"], c["activation"], c["rate"], self._seed,
                             **{name: c[name] for name in self._knobs})
        self._code.value = f"<pre>{html.escape(self.program.source)}</pre>"
        self._show()

    def _played(self, change: Any) -> None:
        if change["new"] > change["old"]:  # back to 0 is its stop button
            self.train(_CHUNK)

    def train(self, steps: int) -> None:
        """Take so many steps and show what came out; the drawing follows on the way."""
        for done in range(0, steps, _CHUNK):
            self.program.train(min(_CHUNK, steps - done))
            self._judge()
            self._show()

    def _judge(self) -> None:
        """What the fresh points say now: (steps so far, their loss, the share that is right)."""
        if self._others is not None:
            points, classes = self._others
            said = self.program.probability(points)
            loss = -np.mean(np.log(np.clip(np.where(classes, said, 1 - said), 1e-7, 1)))
            self.judged.append((len(self.program.losses), float(loss), float(np.mean((said > 0.5) == classes))))

    def sentence(self) -> str:
        """The network, how often it learned, its loss and how many points it has right."""
        c = self.controls
        sizes = "-".join(map(str, [2, *[c["units"].value] * c["layers"].value, 1]))
        right = int(np.sum((self.program.probability(self._points) > 0.5) == self._classes))
        loss = f", loss {self.program.losses[-1]:.3f}" if self.program.losses else ""
        turned = "".join(f", {name} {c[name].value:g}" for name in self._knobs)
        fresh = f"; of fresh ones {self.judged[-1][2]:.1%}" if self.judged else ""
        return (f"{c['data'].value}, {sizes}, {c['activation'].value}, rate {c['rate'].value:.3g}{turned}: "
                f"{len(self.program.losses)} steps{loss}, {right} of {len(self._classes)} right{fresh}")

    def _show(self) -> None:
        self._drawing.value = self.picture().svg

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        panel = Panel(34, 26, _SIDE, -1.2, 1.2, "what it says")
        panel.heat(self.program.probability, 40)
        panel.dots(self._points, self._classes, 3)
        panel.rim()
        said = self.sentence()
        curve = _curve(self.program.losses, 34 + _SIDE + 50, 26, self.judged)
        parts = [*panel.parts, *curve, *_told(said)]
        return Drawing(document(parts, 34 + 1.7 * _SIDE + 70, _SIDE + 82, said), said)


def _told(said: str) -> list[str]:
    """The sentence below the pictures, in two lines where it is long."""
    network, _, came = said.partition(": ")
    lines = [said] if len(said) < 78 else [f"{network}:", came]
    return [label(line, 8, _SIDE + 60 + 15 * i, size=11) for i, line in enumerate(lines)]


def _curve(losses: Sequence[float], x: float, y: float, judged: Sequence[tuple[int, float, float]] = ()) -> list[str]:
    """The loss against the step; the axis upwards ends at the largest loss, or at ln 2, what guessing costs."""
    wide, tall = 0.7 * _SIDE, _SIDE
    finite = [loss for loss in losses if np.isfinite(loss)]
    top, last = max([*finite, 0.7]), max(len(losses), 100)
    parts = [label("loss", x, y - 7, bold=True), frame(x, y, wide, tall, wide=0.8),
             label(f"{top:.2f}", x - 5, y + 10, size=11, anchor="end"), label("0", x - 5, y + tall, size=11, anchor="end"),
             label(f"{last} steps", x + wide, y + tall + 14, size=11, anchor="end")]
    if judged:
        parts += [label("its own points", x + wide - 6, y + 16, size=11, anchor="end", fill=BLUE),
                  label("fresh ones", x + wide - 6, y + 31, size=11, anchor="end", fill=ORANGE)]
    stride = -(-len(losses) // 300) or 1
    curves = (([(i + 1, losses[i]) for i in range(0, len(losses), stride)], f'stroke="{BLUE}"'),
              ([(step, loss) for step, loss, _ in judged], f'stroke="{ORANGE}" stroke-dasharray="5 3"'))
    return parts + [_drawn([(x + wide * step / last, y + tall * (1 - min(loss / top, 1.0))) for step, loss in points], look)
                    for points, look in curves]


def _drawn(places: Sequence[tuple[float, float]], look: str) -> str:
    """A line through the places that are finite; nothing for fewer than two."""
    told = [f"{x:.1f} {y:.1f}" for x, y in places if np.isfinite(y)]
    return f'<path d="M{"L".join(told)}" {look} stroke-width="1.8" fill="none"/>' if len(told) > 1 else ""


def playground(programs: Mapping[str, Write], **begin: Any) -> Playground:
    """A playground for small networks; see Playground.

    >>> from deepkit.models.playground import PROGRAMS
    >>> playground(PROGRAMS, data="ring", hidden=[4])
    """
    return Playground(programs, **begin)
