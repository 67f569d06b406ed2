"""A finished figure as a value: a notebook shows it once, a script saves it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from deepkit.errors import ArgumentError

_DPI = 110
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


def png(figure: Any) -> bytes:
    """`figure` drawn as PNG with a transparent background."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_SHARP * _DPI, transparent=True)
    return buffer.getvalue()


def bundle(image: bytes, sentence: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata of a notebook output: a PNG at its shown size, and its text."""
    import base64

    width, height = (int.from_bytes(image[i : i + 4], "big") // _SHARP for i in (16, 20))  # the PNG's header
    data = {"image/png": base64.b64encode(image).decode(), "text/plain": sentence}
    return data, {"image/png": {"width": width, "height": height}}
