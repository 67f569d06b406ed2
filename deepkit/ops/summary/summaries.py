"""Summaries as ops: what TensorBoard shows of a tensor, as the bytes of a Summary message.

The values of the messages are made by deepkit/ops/summary/values.py; see there what is counted and how it is scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from deepkit.core.apply import apply
from deepkit.core.op import Op, register
from deepkit.core.shape import SCALAR, Shape
from deepkit.core.typing import AnyTensor, Array, IntLike, TensorLike
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.summary import values as values_of
from deepkit.ops.summary.event_messages import message, writable

__all__ = [
    "audio_summary", "histogram_summary", "image_summary", "merge_summary", "scalar_summary", "tensor_summary",
]


def _text(tag: Array) -> str:
    value = np.asarray(tag, object).item()
    return value.decode() if isinstance(value, bytes) else str(value)


class _Summary(Op):
    """Base: the first input is the tag, a scalar string; the output is one string."""

    cpu_only = True
    types: ClassVar[tuple[str, ...]] = ("string", "T")
    kinds = "if"
    returns = "string"
    gradient = None

    def shape(self, tag: Shape, *_: Shape) -> Any:
        _scalar(self.type, tag)
        return SCALAR

    def forward(self, xp: Any, *inputs: Any) -> Any:
        values = self.values(*inputs) if writable() else []
        return np.array(message("Summary")(value=values).SerializeToString() if values else b"", object)

    def values(self, *inputs: Array) -> list[Any]:
        """The Summary.Value messages for these inputs."""
        raise NotImplementedError


def _scalar(op: str, tag: Shape) -> None:
    if tag.lengths is not None and len(tag.lengths) != 0:
        raise ShapeError(f"{op}: the tag has shape {tag}", rule="the tag is one string")


@register
class ScalarSummary(_Summary):
    """Numbers under their tags: both have the same shape."""

    def shape(self, tags: Shape, values: Shape) -> Any:
        if not tags.is_compatible_with(values):
            raise ShapeError(
                f"a scalar summary of a tensor of shape {values}", rule=f"the tags have shape {tags}: one number for each",
                hint="reduce_mean(x) of it, or a histogram summary",
            )
        return SCALAR

    def values(self, tags: Array, values: Array) -> list[Any]:
        if tags.shape != values.shape:
            raise ShapeError(f"a scalar summary of shape {values.shape}, with tags of shape {tags.shape}")
        pairs = zip(tags.ravel(), values.ravel(), strict=True)
        return [values_of.scalar_value(_text(t), v) for t, v in pairs]


@register
class HistogramSummary(_Summary):
    """How often which values occur in a tensor of any shape."""

    kinds = "bif"

    def values(self, tag: Array, values: Array) -> list[Any]:
        return [values_of.histogram_value(_text(tag), values)]


@register
class ImageSummary(_Summary):
    """The first images of a batch (n, height, width, 1 or 3 or 4 channels) of uint8 or floats."""

    max_images: int = 3

    def shape(self, tag: Shape, images: Shape) -> Any:
        _scalar(self.type, tag)
        dims = images.lengths
        if dims is not None and (len(dims) != 4 or dims[3] not in (None, 1, 3, 4)):
            raise ShapeError(
                f"an image summary of a tensor of shape {images}",
                rule="(batch, height, width, channels) with 1 channel (grey), 3 (colours) or 4 (colours and opacity)",
                hint="reshape(x, [-1, 28, 28, 1])",
            )
        return SCALAR

    def dtype(self, tag: Any, images: Any) -> Any:
        if images.is_integer and images.name != "uint8":
            raise ArgumentError(f"an image summary of {images.name}", rule="uint8 or floats", hint="cast(x, uint8)")
        return super().dtype(tag, images)

    def values(self, tag: Array, images: Array) -> list[Any]:
        self.shape(SCALAR, Shape(images.shape))
        return values_of.image_values(_text(tag), images, self.max_images)


@register
class AudioSummaryV2(_Summary):
    """The first sounds of a batch (n, frames, channels) or (n, frames) of values between -1 and 1."""

    max_outputs: int = 3
    types = ("string", "float32", "float32")

    def shape(self, tag: Shape, sounds: Shape, rate: Shape) -> Any:
        _scalar(self.type, tag)
        if sounds.lengths is not None and len(sounds.lengths) not in (2, 3):
            raise ShapeError(
                f"an audio summary of a tensor of shape {sounds}", rule="(batch, frames, channels) or (batch, frames)"
            )
        return SCALAR

    def values(self, tag: Array, sounds: Array, rate: Array) -> list[Any]:
        return values_of.audio_values(_text(tag), sounds, float(rate), self.max_outputs)


@register
class TensorSummaryV2(_Summary):
    """A tensor as it is, with the metadata (bytes of a SummaryMetadata message) that say who shows it."""

    types = ("string", "any", "string")

    def values(self, tag: Array, tensor: Array, metadata: Array) -> list[Any]:
        known = message("SummaryMetadata").FromString(metadata.item())
        return [values_of.tensor_value(_text(tag), tensor, known)]


@register
class MergeSummary(_Summary):
    """Several summaries as one; no tag may occur twice."""

    types = ("string",)

    def shape(self, *_: Shape) -> Any:
        return SCALAR

    def values(self, *summaries: Array) -> list[Any]:
        found: dict[str, Any] = {}
        for text in (text for part in summaries for text in part.ravel()):
            for value in message("Summary").FromString(text).value:
                if value.tag in found:
                    raise ArgumentError(
                        f"two summaries have the tag {value.tag!r}", rule="a tag names one curve",
                        hint="merge each summary once, or give them different names",
                    )
                found[value.tag] = value
        return list(found.values())


def scalar_summary(tags: TensorLike, values: TensorLike, name: str | None = None) -> AnyTensor:
    """Numbers under their tags, as the bytes of a Summary.

    tags, values: one shape; result: (), a string. ShapeError: different shapes. DTypeError: no number.

    >>> import deepkit as dk
    >>> dk.scalar_summary("loss", 0.5).numpy().item()
    b'\\n\\x0b\\n\\x04loss\\x15\\x00\\x00\\x00?'
    """
    return apply(ScalarSummary(), tags, values, name=name)


def histogram_summary(tag: TensorLike, values: TensorLike, name: str | None = None) -> AnyTensor:
    """How often which values occur in a tensor, as the bytes of a Summary.

    values: any shape, bool, integer or float; result: (), a string. DTypeError: texts.
    """
    return apply(HistogramSummary(), tag, values, name=name)


def image_summary(tag: TensorLike, tensor: TensorLike, max_images: int = 3, name: str | None = None) -> AnyTensor:
    """The first images of a batch (n, height, width, channels), as the bytes of a Summary.

    Result: (), a string. ShapeError: another number of axes. ArgumentError: neither uint8 nor floats.
    """
    return apply(ImageSummary(max_images=_at_least_one(max_images)), tag, tensor, name=name)


def audio_summary(
    tag: TensorLike, tensor: TensorLike, sample_rate: IntLike, max_outputs: int = 3, name: str | None = None
) -> AnyTensor:
    """The first sounds of a batch (n, frames, channels), sample_rate frames a second, as the bytes of a Summary.

    Result: (), a string. ShapeError: another number of axes.
    """
    return apply(AudioSummaryV2(max_outputs=_at_least_one(max_outputs)), tag, tensor, sample_rate, name=name)


def tensor_summary(
    tag: TensorLike, tensor: TensorLike, metadata: TensorLike = b"", name: str | None = None
) -> AnyTensor:
    """A tensor as it is, as the bytes of a Summary; metadata: bytes of a SummaryMetadata message.

    tensor: any shape and type; result: (), a string. DTypeError: a tag that is no text.
    """
    return apply(TensorSummaryV2(), tag, tensor, metadata, name=name)


def merge_summary(inputs: Sequence[TensorLike], name: str | None = None) -> AnyTensor:
    """Several summaries as one.

    inputs: strings of any shapes; result: (), a string. ArgumentError: one tag twice. DTypeError: no text.
    """
    return apply(MergeSummary(), *inputs, name=name)


def _at_least_one(count: int) -> int:
    if not isinstance(count, (int, np.integer)) or count < 1:
        raise ArgumentError(f"{count!r} as the number of images or sounds", rule="a whole number of at least 1")
    return int(count)
