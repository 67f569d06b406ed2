"""Rotations, shifts, shears and zooms of one picture, and the mirror; the mathematics of moved pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepkit.errors import ArgumentError, ShapeError


def apply_affine_transform(
    x: np.ndarray, theta: float = 0, tx: float = 0, ty: float = 0, shear: float = 0, zx: float = 1, zy: float = 1,
    row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0, fill_mode: str = "nearest", cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """One picture rotated, shifted, sheared and zoomed about its middle, in one step.

    The product of the matrices says for each pixel of the result where it is read from in `x`. They have the column's
    coordinate first where `col_axis` is behind `row_axis`, the usual case, and the row's first otherwise.

    Args:
        x: with three axes, of any order but channels between rows and columns.
        theta: rotation in degrees, usually against the clock.
        tx, ty: shift in pixels along the first and the second coordinate, so usually to the left and upwards.
        shear: angle in degrees.
        zx, zy: zoom along the first and the second coordinate; below 1 the picture grows.
        row_axis, col_axis, channel_axis: which axis of `x` is which.
        fill_mode: what lies outside: "nearest", "constant" (`cval`), "reflect" or "wrap".
        cval: the value outside for "constant".
        order: of the splines between pixels: 0 takes the nearest pixel, 1 is linear, at most 5.

    Raises:
        ShapeError, ArgumentError: for what does not fit the above.
    """
    if x.ndim != 3:
        raise ShapeError(f"apply_affine_transform: the picture has shape {x.shape}", rule="three axes, one of channels")
    if {row_axis, col_axis, channel_axis} != {0, 1, 2} or channel_axis == 1:
        raise ArgumentError(
            f"row_axis={row_axis}, col_axis={col_axis}, channel_axis={channel_axis}",
            rule="0, 1 and 2, each once; channels first (0) or last (2)",
        )
    matrix = _matrix(theta, tx, ty, shear, zx, zy)
    if matrix is None:
        return x
    from scipy import ndimage

    matrix = transform_matrix_offset_center(matrix, x.shape[row_axis], x.shape[col_axis])
    if col_axis > row_axis:  # from (column, row) to the order of the axes
        matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]
    planes = [
        ndimage.affine_transform(plane, matrix[:2, :2], matrix[:2, 2], order=order, mode=fill_mode, cval=cval)  # type: ignore[call-overload]
        for plane in np.moveaxis(x, channel_axis, 0)
    ]
    return np.moveaxis(np.stack(planes), 0, channel_axis)


def _matrix(theta: float, tx: float, ty: float, shear: float, zx: float, zy: float) -> np.ndarray | None:
    """Rotation times shift times shear times zoom, (3, 3); None where nothing is to be done."""
    matrices = []
    if theta != 0:
        angle = np.deg2rad(theta)
        matrices.append([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    if tx != 0 or ty != 0:
        matrices.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear != 0:
        angle = np.deg2rad(shear)
        matrices.append([[1, -np.sin(angle), 0], [0, np.cos(angle), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        matrices.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    product = None
    for matrix in matrices:
        product = np.array(matrix) if product is None else product @ np.array(matrix)
    return product


def transform_matrix_offset_center(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    """`matrix` (3, 3) about the middle of a picture of `x` rows and `y` columns instead of its corner."""
    row, column = float(x) / 2 - 0.5, float(y) / 2 - 0.5
    there = np.array([[1, 0, row], [0, 1, column], [0, 0, 1]])
    back = np.array([[1, 0, -row], [0, 1, -column], [0, 0, 1]])
    return there @ matrix @ back


def flip_axis(x: Any, axis: int) -> np.ndarray:
    """`x` mirrored along `axis`."""
    return np.flip(np.asarray(x), axis)


def random_rotation(
    x: np.ndarray, rg: float, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0, fill_mode: str = "nearest",
    cval: float = 0.0, interpolation_order: int = 1,
) -> np.ndarray:
    """`x` rotated by an angle drawn from -rg to rg degrees (np.random); the rest as in apply_affine_transform."""
    theta = np.random.uniform(-rg, rg)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, theta, 0, 0, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_shift(
    x: np.ndarray, wrg: float, hrg: float, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0,
    fill_mode: str = "nearest", cval: float = 0.0, interpolation_order: int = 1,
) -> np.ndarray:
    """`x` shifted at random (np.random).

    tx is drawn up to the part `hrg` of the height, ty up to the part `wrg` of the width. In the usual order of axes tx
    shifts to the side, as in the recent releases of Keras 2: `wrg` moves up and down. See apply_affine_transform.
    """
    tx = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    ty = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, tx, ty, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_shear(
    x: np.ndarray, intensity: float, row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0,
    fill_mode: str = "nearest", cval: float = 0.0, interpolation_order: int = 1,
) -> np.ndarray:
    """`x` sheared by an angle drawn from -intensity to intensity degrees (np.random)."""
    shear = np.random.uniform(-intensity, intensity)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, 0, 0, shear, 1, 1, *axes, fill_mode, cval, interpolation_order)


def random_zoom(
    x: np.ndarray, zoom_range: tuple[float, float], row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0,
    fill_mode: str = "nearest", cval: float = 0.0, interpolation_order: int = 1,
) -> np.ndarray:
    """`x` zoomed by two factors drawn from `zoom_range` (np.random), one for each coordinate."""
    if len(zoom_range) != 2:
        raise ArgumentError(f"random_zoom: zoom_range={zoom_range!r}", rule="two numbers: (least, greatest)")
    zx, zy = draw_zoom(zoom_range)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, 0, 0, 0, zx, zy, *axes, fill_mode, cval, interpolation_order)


def draw_zoom(zoom_range: Any) -> tuple[float, float]:
    """Two factors from `zoom_range`; nothing is drawn where it is (1, 1)."""
    if zoom_range[0] == 1 and zoom_range[1] == 1:
        return 1, 1
    zx, zy = np.random.uniform(zoom_range[0], zoom_range[1], 2)
    return zx, zy
