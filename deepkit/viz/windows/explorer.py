"""The convolution explorer: draw a digit, choose or edit a kernel, and slide the window, in a running notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepkit.errors import ArgumentError
from deepkit.loading import optional
from deepkit.viz.inking.choice import PictureChoice
from deepkit.viz.interactive import Interactive, in_row
from deepkit.viz.picture import Drawing
from deepkit.viz.style import PALETTE
from deepkit.viz.windows.convolution import Sliding, draw

KERNELS: dict[str, np.ndarray] = {
    "vertical edges (Sobel)": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "horizontal edges (Sobel)": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "all edges (Laplace)": np.array([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "blur (mean of 9)": np.full((3, 3), 1 / 9),
    "blur (5x5, binomial)": np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256,
    "sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "identity": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "shift up, left (2x2)": np.array([[0.0, 0], [0, 1]]),
}
"""Well-known kernels by name; Sobel's after I. Sobel and G. Feldman (1968)."""

RANDOM, EDITED = "random", "your own"
_INK = PALETTE["orange"]


class ConvolutionExplorer(Interactive):
    """An interactive convolution: shown by a notebook with a running kernel, a still picture elsewhere.

    Args:
        images: pictures to choose from by name, each (28, 28), white on black, 0..255 or 0..1.
        learned: more kernels by name, such as those of a trained layer, each (height, width).
        seed: of the random kernels.

    Attributes:
        sliding: the convolution that is shown, a `Sliding`.
        controls: the widgets by name: picture, kernel, stride, padding, relu, pool, step, play.
        choice: the picture that is chosen or drawn, a `PictureChoice`.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, images: Mapping[str, Any], learned: Mapping[str, Any] | None = None, seed: int = 1):
        self._w = optional("ipywidgets", "the convolution explorer")
        self._kernels = KERNELS | {name: np.asarray(kernel, np.float64) for name, kernel in (learned or {}).items()}
        self._random = np.random.default_rng(seed)
        self._kernel = next(iter(KERNELS.values()))
        self._busy = False  # several widgets are being changed: draw once, at the end
        self.choice = PictureChoice(images, self._change)
        self.controls = self._make_controls()
        self._entries: list[Any] = []
        self._numbers = self._w.VBox()
        self._drawing = self._w.HTML()
        self._message = self._w.HTML()
        self._edit()
        self.sliding = self._slide()
        self._fit_step()
        self._draw()
        self.widget = self._lay_out()

    def _make_controls(self) -> dict[str, Any]:
        w = self._w
        wide = w.Layout(width="260px")
        narrow = {"description_width": "60px"}
        names = [*self._kernels, RANDOM, EDITED]
        made = {
            "picture": self.choice.dropdown,
            "kernel": w.Dropdown(options=names, description="kernel", layout=wide, style=narrow),
            "stride": w.IntSlider(1, 1, 4, description="stride", layout=wide, style=narrow),
            "padding": w.Dropdown(options=["SAME", "VALID"], description="padding", layout=wide, style=narrow),
            "relu": w.Checkbox(False, description="ReLU: negative sums become 0", indent=False, layout=wide),
            "pool": w.Dropdown(options=[("none", None), ("max, 2×2", "max"), ("average, 2×2", "average")],
                               description="pooling", layout=wide, style=narrow),
            "step": w.IntSlider(0, 0, 1, description="window", readout=False, layout=w.Layout(flex="1 1 300px", min_width="0"),
                                style=narrow),
            "play": w.Play(min=0, max=1, interval=60, step=1, show_repeat=False, layout=w.Layout(flex="0 0 auto")),
        }
        w.jslink((made["play"], "value"), (made["step"], "value"))
        made["kernel"].observe(self._choose_kernel, "value")
        for name in ("stride", "padding", "relu", "pool"):
            made[name].observe(self._change, "value")
        made["step"].observe(self._draw, "value")
        return made

    def _lay_out(self) -> Any:
        w, c = self._w, self.controls
        chosen = [c["picture"], self.choice.pad, c["kernel"], self._numbers, c["stride"], c["padding"], c["pool"], c["relu"]]
        left = w.VBox(chosen, layout=w.Layout(width="290px", flex="0 0 auto"))
        walk = w.HBox([c["play"], c["step"]], layout=w.Layout(max_width="760px"))
        right = w.VBox([walk, self._message, self._drawing], layout=w.Layout(flex="1 1 560px", min_width="0"))
        box = in_row([left, right])
        box.add_class("deepkit-convolution-explorer")
        return box

    # ---- what the learner does

    def _choose_kernel(self, change: Any) -> None:
        if self._busy or change["new"] == EDITED:
            return
        if change["new"] == RANDOM:
            self._kernel = np.round(self._random.normal(size=(3, 3)), 1)
        else:
            self._kernel = self._kernels[change["new"]]
        self._edit()
        self._change()

    def _edit(self) -> None:
        """The kernel's numbers as fields that can be edited."""
        w, (rows, columns) = self._w, self._kernel.shape
        flat = self._kernel.ravel()
        if [len(line.children) for line in self._numbers.children] == [columns] * rows:

            def fill() -> None:
                for entry, value in zip(self._entries, flat, strict=True):
                    entry.value = _field(value)

            self._quietly(fill)
            return
        for entry in self._entries:
            entry.close()
        width = w.Layout(width=f"{max(46, min(76, 262 // columns))}px", margin="1px")
        self._entries = [w.FloatText(_field(v), step=None, layout=width) for v in flat]
        for entry in self._entries:
            entry.observe(self._edited, "value")
        lines = [self._entries[i * columns : (i + 1) * columns] for i in range(rows)]
        self._numbers.children = [w.HBox(line) for line in lines]

    def _edited(self, _: Any) -> None:
        if self._busy:
            return
        values = np.array([entry.value for entry in self._entries], dtype=np.float64)
        self._kernel = values.reshape(self._kernel.shape)
        self._quietly(lambda: self.controls["kernel"].set_trait("value", EDITED))
        self._change()

    # ---- what follows from it

    def _slide(self) -> Sliding:
        c = self.controls
        return Sliding(self.choice.image, self._kernel, c["stride"].value, c["padding"].value, 0.0, c["relu"].value,
                       c["pool"].value)

    def _change(self, _: Any = None) -> None:
        if self._busy:
            return
        try:
            self.sliding = self._slide()
        except ArgumentError as error:  # a number such as inf or nan was typed: say so, and keep the last picture
            self._message.value = f'<span style="color:{_INK}">{error.what}</span>'
            return
        self._message.value = ""
        self._fit_step()
        self._draw()

    def _fit_step(self) -> None:
        """As many positions on the slider as there are windows; it stays at the same share of the way."""
        slider, play, last = self.controls["step"], self.controls["play"], self.sliding.steps - 1
        if slider.max == last:
            return
        share = slider.value / slider.max if slider.max > 1 else 0.44

        def fit() -> None:
            slider.value = play.value = 0
            slider.max = play.max = last
            slider.value = play.value = round(share * last)

        self._quietly(fit)

    def _draw(self, _: Any = None) -> None:
        if not self._busy:
            self._drawing.value = draw(self.sliding, min(self.controls["step"].value, self.sliding.steps - 1))

    def _quietly(self, change: Callable[[], Any]) -> None:
        self._busy, before = True, self._busy
        try:
            change()
        finally:
            self._busy = before

    def picture(self) -> Drawing:
        """What is shown now, as a still picture."""
        step = self.controls["step"].value
        return Drawing(draw(self.sliding, step), self.sliding.sentence(step))


def convolution_explorer(images: Mapping[str, Any], learned: Mapping[str, Any] | None = None, seed: int = 1) -> Any:
    """Explore convolutions of `images` by well-known, `learned`, random and edited kernels; see ConvolutionExplorer.

    >>> convolution_explorer({"a seven": x_test[0]}, {"learned 1": weights[:, :, 0, 0]})
    """
    return ConvolutionExplorer(images, learned, seed)


def _field(value: float) -> float:
    return round(float(value), 3)
