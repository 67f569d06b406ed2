"""Raw data made ready for a network: `image`, `sequence` and `text`."""

from __future__ import annotations

from deepkit.keras.preprocessing import image, sequence, text

__all__ = ["image", "sequence", "text"]
