"""What TensorBoard shows of an array: a number, a histogram, images, sounds or a tensor, each a value of a summary.

All functions take a tag (the name under which TensorBoard shows it) and a NumPy array; all but `scalar_value` and
`histogram_value` give a list. A summary is a message that holds such values: `message("Summary")(value=[...])`.
"""

from __future__ import annotations

import functools
import io
import struct
import sys
import wave
import zlib
from typing import Any

import numpy as np

from deepkit.core.typing import Array
from deepkit.errors import NumericsError
from deepkit.ops.summary.event_messages import message, tensor_proto

BAD_PIXEL = (255, 0, 0, 255)
"""The colour of a pixel that is NaN or infinite: red."""


def _value(tag: str, **content: Any) -> Any:
    return message("Summary").Value(tag=tag, **content)


def scalar_value(tag: str, number: float) -> Any:
    """One number, kept as float32."""
    return _value(tag, simple_value=float(number))


# ---- histograms


@functools.cache
def bucket_limits() -> np.ndarray:
    """The upper limits of the buckets: 0, and to both sides 1e-12 growing by 10% from bucket to bucket up to 1e20."""
    limits, limit = [], 1e-12
    while limit < 1e20:
        limits.append(limit)
        limit *= 1.1
    positive = np.array([*limits, sys.float_info.max])
    return np.concatenate([-positive[::-1], [0.0], positive])


def histogram_value(tag: str, array: Array) -> Any:
    """How often which values occur, counted in buckets; and their least, greatest, number, sum and sum of squares.

    A value v is in the first bucket whose limit is above it. A run of empty buckets is written as one.

    Raises:
        NumericsError: a value is NaN or infinite.
    """
    values = np.asarray(array, np.float64).ravel()
    if not np.isfinite(values).all():
        wrong = "NaN" if np.isnan(values).any() else "infinity"
        raise NumericsError(
            f"{wrong} in the histogram {tag!r}", rule="a histogram counts finite numbers",
            hint="tf.check_numerics finds the node that first makes it; a smaller learning rate often mends it",
        )
    limits = bucket_limits()
    places = np.minimum(np.searchsorted(limits, values, side="right"), len(limits) - 1)
    counts = np.bincount(places, minlength=len(limits))
    # An empty bucket is left out if the next one is empty, too: of each run the last one stays.
    kept = (counts > 0) | np.append(counts[1:] > 0, True)
    histogram = message("HistogramProto")(
        min=values.min(initial=limits[-1]), max=values.max(initial=limits[0]), num=values.size,
        sum=_running_sum(values), sum_squares=_running_sum(values * values),
        bucket_limit=limits[kept], bucket=counts[kept].astype(np.float64),
    )
    return _value(tag, histo=histogram)


def _running_sum(values: np.ndarray) -> float:
    """The sum from left to right, rounded as a loop would round it."""
    return float(np.cumsum(values)[-1]) if values.size else 0.0


# ---- images


def image_values(tag: str, images: np.ndarray, most: int = 3) -> list[Any]:
    """The first `most` images of a batch (n, height, width, channels), as PNG. The tags are tag/image/0, 1, ...;
    tag/image if most is 1."""
    _, height, width, channels = images.shape
    found = []
    for i, image in enumerate(images[:most]):
        coded = png(image if image.dtype == np.uint8 else to_bytes(image))
        content = message("Summary").Image(height=height, width=width, colorspace=channels, encoded_image_string=coded)
        found.append(_value(f"{tag}/image" + (f"/{i}" if most > 1 else ""), image=content))
    return found


def to_bytes(image: np.ndarray, bad: Array = BAD_PIXEL) -> np.ndarray:
    """An image of floats (height, width, channels) in bytes.

    Without negative values the greatest becomes 255; otherwise 0 becomes 128 and the value farthest from it 1 or 255.
    Pixels that are not finite get the colour `bad`.
    """
    good = np.isfinite(image).all(axis=-1)
    kind = image.dtype.type
    least, most = (image[good].min(), image[good].max()) if good.any() else (kind(0), kind(0))
    middle, half = (kind(128), kind(127)) if least < 0 else (kind(0), kind(255))
    largest = max(abs(least), abs(most))
    scale = kind(0) if largest < 1e-6 else half / largest
    pixels = np.where(good[..., None], image, kind(0)) * scale + middle
    return np.where(good[..., None], pixels, np.array(bad[: image.shape[-1]], kind)).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of bytes (height, width, channels): 1 channel is grey, 3 are colours, 4 colours and opacity.

    Portable Network Graphics (PNG) Specification, W3C, sections 5 and 11.
    """
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = pixels.reshape(height, width * channels)
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# ---- sounds and tensors


def audio_values(tag: str, sounds: np.ndarray, rate: float, most: int = 3) -> list[Any]:
    """The first `most` sounds of a batch (n, frames, channels) or (n, frames), as WAV files of 16 bits.

    Values lie between -1 and 1; what is beyond is cut off. rate: frames in a second.
    """
    if sounds.ndim == 2:
        sounds = sounds[..., None]
    _, frames, channels = sounds.shape
    found = []
    for i, sound in enumerate(sounds[:most]):
        scaled = np.asarray(sound, np.float32) * np.float32(32768)
        rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))  # halves away from 0
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(round(rate))
            out.writeframes(np.clip(rounded, -32768, 32767).astype("<i2").tobytes())
        content = message("Summary").Audio(
            sample_rate=rate, num_channels=channels, length_frames=frames, encoded_audio_string=file.getvalue(),
            content_type="audio/wav",
        )
        found.append(_value(f"{tag}/audio" + (f"/{i}" if most > 1 else ""), audio=content))
    return found


def tensor_value(tag: str, array: Array, metadata: Any) -> Any:
    """An array as it is, for the part of TensorBoard that `metadata`, a SummaryMetadata message, names."""
    return _value(tag, tensor=tensor_proto(array), metadata=metadata)


def text_metadata() -> Any:
    """The metadata of a tensor of texts, which TensorBoard shows as Markdown on its page of texts."""
    kind = message("SummaryMetadata")
    return kind(plugin_data=kind.PluginData(plugin_name="text"))
