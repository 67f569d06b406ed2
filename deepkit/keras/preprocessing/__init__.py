"""Raw data made ready for a network: `image`, `sequence` and `text`."""

from __future__ import annotations

from deepkit.keras.preprocessing import image, sequence, text
from deepkit.loading import listing

__all__ = ["image", "sequence", "text"]
__dir__ = listing(__all__)
