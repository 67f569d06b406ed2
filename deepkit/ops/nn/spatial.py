"""What convolution and pooling share: the base of their ops, and the reading of strides, paddings and data formats.

Their ops know one arrangement, (batch, space axes..., channels). Where data comes as NCHW the public functions
transpose it before and after; for NumPy that is another view of the same numbers, not a copy.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from deepkit.core.op import Op
from deepkit.core.shape import Shape
from deepkit.core.typing import AnyTensor, Array, IntsLike, PaddingLike, TensorLike
from deepkit.device import windows
from deepkit.errors import ArgumentError, ShapeError
from deepkit.ops.functions import ops

AXES = {1: "width", 2: "height, width", 3: "depth, height, width"}
LAST = {1: ("NWC", "NHWC"), 2: ("NHWC",), 3: ("NDHWC",)}
FIRST = {1: ("NCW", "NCHW"), 2: ("NCHW",), 3: ("NCDHW",)}

Made = TypeVar("Made", bound=Op)


class Windowed(Op):
    """Base of the ops whose windows slide over the space axes; one stride and one dilation for each of them."""

    strides: tuple[int, ...] = ()
    padding: windows.Padding = "VALID"
    dilations: tuple[int, ...] = ()
    kinds = "f"

    @property
    def space(self) -> int:
        """How many space axes there are."""
        return len(self.strides)

    def made_into(self, cls: type[Made]) -> Made:
        """The op `cls` with the attributes of this one."""
        return cls(**{name: getattr(self, name) for name in self.attrs})

    def check_rank(self, x: Shape, what: str = "the input") -> None:
        """ShapeError unless x can be (batch, space axes..., channels)."""
        if x.rank not in (None, self.space + 2):
            raise ShapeError(
                f"{what} has shape {x}: {x.rank} axes",
                rule=f"{self.space + 2} axes: [batch, {AXES[self.space]}, channels]",
                hint=f"reshape(x, [-1, {AXES[self.space]}, channels]); grey images have 1 channel, and one image is a "
                "batch of 1",
            )

    def out_space(self, x: Shape, kernel: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The lengths of the space axes of the output, as far as they are known."""
        if x.lengths is None:
            return (None,) * self.space
        lengths: list[int | None] = []
        for axis, (n, k, s, d) in enumerate(zip(x.lengths[1:-1], kernel, self.strides, self.dilations, strict=True)):
            own = self.padding if isinstance(self.padding, str) else self.padding[axis]
            known = k is not None or own == "SAME"
            lengths.append(windows.count(n, k or 1, s, d, own) if known else None)
        return tuple(lengths)

    def fit(self, x: Array, kernel: tuple[int, ...]) -> windows.Windows:
        """The windows over an array."""
        return windows.fit(x.shape[1:-1], kernel, self.strides, self.dilations, self.padding)


def channels_first(data_format: str | None, space: int) -> bool:
    """True for NCHW and its kin."""
    name = data_format or LAST[space][0]
    if name not in LAST[space] + FIRST[space]:
        raise ArgumentError(
            f"data_format {data_format!r} with {space} space axes",
            rule="one of " + ", ".join(LAST[space][:1] + FIRST[space][:1]),
        )
    return name in FIRST[space]


class Walk(NamedTuple):
    """How windows walk over space axes, in the words of a caller of convolution or pooling."""

    space: int
    strides: IntsLike | None
    padding: PaddingLike | None
    data_format: str | None
    dilations: IntsLike | None = None

    @property
    def first(self) -> bool:
        """Whether the channels come first."""
        return channels_first(self.data_format, self.space)

    def settings(self, kernel: IntsLike | None = None) -> dict[str, Any]:
        """The attributes of an op; with a kernel those of one that has its own windows."""
        first = self.first
        sized = {} if kernel is None else {"kernel": per_axis("ksize", kernel, self.space, first)}
        return {
            **sized, "strides": per_axis("strides", self.strides, self.space, first),
            "padding": read_padding(self.padding, self.space, first),
            "dilations": per_axis("dilations", self.dilations, self.space, first),
        }


def to_last(x: TensorLike | None, space: int) -> Any:
    """(batch, channels, space...) as (batch, space..., channels)."""
    return ops.transpose(x, [0, *range(2, space + 2), 1])


def to_first(x: AnyTensor, space: int, name: str | None = None) -> Any:
    """(batch, space..., channels) as (batch, channels, space...)."""
    return ops.transpose(x, [0, space + 1, *range(1, space + 1)], name)


def per_axis(what: str, value: IntsLike | None, space: int, first: bool) -> tuple[int, ...]:
    """Strides, dilations or a window as one number for each space axis.

    Taken are one number for all, one for each space axis, or one for each axis of the tensor in the order of the data
    format, where those of the batch and of the channels are 1.
    """
    if value is None:
        return (1,) * space
    numbers: Any = value if hasattr(value, "__iter__") else [value]
    listed = [int(v) for v in numbers]
    example = f"{what}={'[1, 1, 2, 2]' if first else '[1, 2, 2, 1]'}" if space == 2 else None
    outer = [1, 1]
    if len(listed) == 1:
        listed *= space
    elif len(listed) == space + 2:
        listed, outer = (listed[2:], listed[:2]) if first else (listed[1:-1], listed[:: space + 1])
    if outer != [1, 1]:
        raise ArgumentError(
            f"{what}={value}: the batch and the channels have {outer[0]} and {outer[1]}",
            rule=f"windows move over {AXES[space]} alone: no example and no channel is left out",
            hint=example or f"1 for the batch and the channels in {what}",
        )
    if len(listed) != space or min(listed) < 1:
        raise ArgumentError(
            f"{what}={value} for {space} space axes",
            rule=f"positive numbers: one, or one for each of [{AXES[space]}], or one for each axis of the tensor",
            hint=example,
        )
    return tuple(listed)


def read_padding(padding: PaddingLike | None, space: int, first: bool) -> windows.Padding:
    """SAME or VALID in capitals, or explicit (before, after) pairs for the space axes."""
    if isinstance(padding, str) and padding.upper() in ("SAME", "VALID"):
        return padding.upper()
    if isinstance(padding, (list, tuple)) and len(padding) in (space, space + 2):
        pairs = tuple((int(before), int(after)) for before, after in padding)
        if len(pairs) == space:
            return pairs
        if pairs[0] == (0, 0) == pairs[1 if first else -1]:
            return pairs[2:] if first else pairs[1:-1]
    raise ArgumentError(
        f"padding={padding!r}",
        rule="'SAME' (zeros around the image: stride 1 keeps its size), 'VALID' (no zeros), or a list of [before, after] "
        "for each axis, [0, 0] for batch and channels",
        hint="padding='SAME'",
    )
