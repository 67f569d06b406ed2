"""What a layer demands of its inputs, and the error when one does not fit."""

from __future__ import annotations

from typing import Any

from deepkit.errors import ShapeError

_AXES = {
    2: ("batch", "features"), 3: ("batch", "steps", "features"), 4: ("batch", "rows", "columns", "channels"),
    5: ("batch", "planes", "rows", "columns", "channels"),
}


class InputSpec:
    """The rank, shape, type and axis lengths of an input; what is None may be anything."""

    def __init__(
        self, dtype: Any = None, shape: Any = None, ndim: int | None = None, max_ndim: int | None = None,
        min_ndim: int | None = None, axes: dict[int, int] | None = None,
    ):
        self.dtype = dtype
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(k): v for k, v in (axes or {}).items()}

    def __repr__(self) -> str:
        said = {k: v for k, v in vars(self).items() if v}
        return f"InputSpec({', '.join(f'{k}={v!r}' for k, v in said.items())})"

    def expected(self) -> str:
        """The demand in words and symbols."""
        if self.shape is not None:
            return f"expected shape {_shown(self.shape)}"
        if self.ndim is not None or self.axes:
            return self._expected_axes()
        if self.min_ndim is not None:
            names = _AXES.get(self.min_ndim, ())
            return f"expected at least {self.min_ndim} axes" + (f" ({', '.join(names)})" if names else "")
        return f"expected at most {self.max_ndim} axes"

    def _expected_axes(self) -> str:
        """The demand on the number of axes and their lengths."""
        rank = self.ndim if self.ndim is not None else self.min_ndim
        if rank is None:
            return "expected " + ", ".join(f"length {n} on axis {axis}" for axis, n in self.axes.items())
        dims = ["None"] * rank
        for axis, length in self.axes.items():
            if length is not None and -rank <= axis < rank:
                dims[axis] = str(length)
        names = _AXES.get(rank, ())
        words = f" ({', '.join(names)})" if names else ""
        more = "" if self.ndim is not None else " or more axes"
        return f"expected shape ({', '.join(dims)}){words}{more}"

    def check(self, layer: str, x: Any, which: str = "") -> None:
        """ShapeError that names the layer, the dimension's meaning, and the fix, if `x` does not fit."""
        dims = x.shape.lengths
        if dims is None:
            return
        wrong = self._wrong_axis(dims) if self._takes_rank(len(dims)) else None
        if wrong is None and self._takes_rank(len(dims)) and self._takes_shape(dims):
            return
        raise ShapeError(
            f"layer {layer!r}: {self.expected()}, got shape {_shown(dims)}{which}",
            rule="a layer's weights are made for one shape of input; the batch axis comes first",
            hint=self._rank_hint(len(dims)) if wrong is None else _axis_hint(wrong, self.axes[wrong], dims),
        )

    def _takes_rank(self, rank: int) -> bool:
        least = self.min_ndim if self.ndim is None else self.ndim
        most = self.max_ndim if self.ndim is None else self.ndim
        return (least is None or rank >= least) and (most is None or rank <= most)

    def _wrong_axis(self, dims: tuple[Any, ...]) -> int | None:
        """The last axis that is not there, or has another length than it must have."""
        rank = len(dims)
        wrong = [
            axis for axis, length in self.axes.items()
            if not -rank <= axis < rank or (length is not None and dims[axis] not in (length, None))
        ]
        return wrong[-1] if wrong else None

    def _takes_shape(self, dims: tuple[Any, ...]) -> bool:
        shape = self.shape
        return shape is None or all(a is None or b is None or a == b for a, b in zip(shape, dims, strict=True))

    def _rank_hint(self, rank: int) -> str:
        wanted = self.ndim or self.min_ndim or self.max_ndim or rank
        if wanted == rank + 1:
            lost = {4: "x[..., None] adds a channel axis", 3: "x[..., None] adds a feature axis"}.get(
                wanted, "x[None] adds a batch axis"
            )
            between = "; after another recurrent layer: return_sequences=True there" if wanted == 3 else ""
            return f"{lost}, or a Reshape layer before it{between}"
        if wanted < rank:
            return "a Flatten() before this layer joins the axes; a recurrent layer drops steps with return_sequences=False"
        return "compare x.shape with what the layer expects"


def _shown(dims: tuple[Any, ...]) -> str:
    return f"({', '.join(str(d) for d in dims)}{',' if len(dims) == 1 else ''})"


def _axis_hint(axis: int, length: int | None, dims: tuple[Any, ...]) -> str:
    rank = len(dims)
    names = _AXES.get(rank, ())
    meaning = names[axis] if names and -rank <= axis < rank else f"axis {axis}"
    got = dims[axis] if -rank <= axis < rank else "no such axis"
    return f"the axis of {meaning} has length {got}, the layer's weights are made for {length}"
