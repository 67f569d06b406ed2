"""Finished figures and drawings as values: a notebook shows one once, a script saves it."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError

_DPI = 110
_SMALL, _FEW, _PALETTE = 16_000, 4096, 64  # bytes; colours of a drawing at most; of its palette
_SHARP = 2  # drawn with twice the pixels that it is shown with, for screens that have them


class Picture:
    """A matplotlib `figure` and a sentence that says what it shows, for those who cannot see it.

    The sentence is the text form: the same figure always has the same one, so stored outputs can be compared.
    """

    def __init__(self, figure: Any, sentence: str):
        self.figure, self.sentence = figure, sentence

    def png(self) -> bytes:
        """The figure as PNG with a transparent background."""
        return png(self.figure)

    def save(self, path: str | Path) -> None:
        """Write the figure to `path`, whole or not at all; the ending (.png, .svg, .pdf) chooses the format."""
        target = Path(path)
        kind = target.suffix.lstrip(".").lower()
        known = self.figure.canvas.get_supported_filetypes()
        if kind not in known:
            raise ArgumentError(f"cannot save a figure as {target.name}", rule=f"endings: {', '.join(sorted(known))}")
        from deepkit.files import whole_file

        with whole_file(target) as file:
            self.figure.savefig(file, format=kind, dpi=_SHARP * _DPI, transparent=True)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return bundle(self.png(), self.sentence)

    def __repr__(self) -> str:
        return self.sentence


class Drawing:
    """An SVG drawing and a sentence that says what it shows: a notebook shows it, `save` writes it."""

    def __init__(self, svg: str, sentence: str):
        self.svg, self.sentence = svg, sentence

    def save(self, path: str | Path) -> None:
        """Write an .svg or .html file, whole or not at all."""
        target = Path(path)
        if target.suffix not in (".svg", ".html"):
            raise ArgumentError(f"cannot save a drawing as {target.name}", rule="the name ends in .svg or .html")
        from deepkit.files import whole_file

        page = f"<!doctype html><meta charset='utf-8'><title>{html.escape(repr(self))}</title>\n{self.svg}\n"
        with whole_file(target) as file:
            file.write((self.svg if target.suffix == ".svg" else page).encode())

    def _repr_html_(self) -> str:
        # The one form that is stored. An image is shown in a notebook that is not trusted yet, too; inline SVG is not.
        data = base64.b64encode(self.svg.encode()).decode()
        return f'<img style="max-width:100%" alt="{html.escape(repr(self))}" src="data:image/svg+xml;base64,{data}">'

    def __repr__(self) -> str:
        return self.sentence


def png(figure: Any) -> bytes:
    """`figure` drawn as PNG with a transparent background.

    A large drawing of few colours is stored with a palette, which takes a third of the room; a photograph as it is.
    """
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_SHARP * _DPI, transparent=True)
    image = Image.open(buffer)
    if len(buffer.getvalue()) < _SMALL or image.getcolors(_FEW) is None:
        return buffer.getvalue()
    small = io.BytesIO()
    image.quantize(_PALETTE, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def bundle(image: bytes, sentence: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata of a notebook output: a PNG at its shown size, and its text."""
    width, height = (int.from_bytes(image[i : i + 4], "big") // _SHARP for i in (16, 20))  # the PNG's header
    data = {"image/png": base64.b64encode(image).decode(), "text/plain": sentence}
    return data, {"image/png": {"width": width, "height": height}}
