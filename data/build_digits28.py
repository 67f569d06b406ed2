"""Build digits28.npz: scikit-learn's 1,797 scanned digits, redrawn at 28x28 by MNIST's conventions.

    python data/build_digits28.py [FILE]

Each 8x8 picture in scikit-learn counts the black pixels in the 4x4 blocks of a 32x32 black-and-white scan.
Enlarging the counts alone gives blurred digits, so the scan is estimated instead: a smooth, crisp picture
whose block averages equal the counts. It is then fitted into 20x20 pixels and centred by mass in 28x28,
as LeCun, Cortes and Burges did for MNIST. NumPy, SciPy and scikit-learn are needed only for this script.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

FACTOR = 8  # fine pixels per block and axis while the scan is estimated
STEEPNESS = 1.5  # of the curve that turns a smooth height map into ink; higher is crisper
ROUNDS = 20  # after these the block averages are off by 0.0025 of full ink on average
BOX, FRAME = 20, 28  # MNIST: the digit in 20x20, the picture 28x28
TEST_SIZE = 360
SEED = 28


def estimate_scans(counts: np.ndarray) -> np.ndarray:
    """Ink in [0, 1] on a fine grid, shape (n, 80, 80), whose block averages match `counts` (n, 8, 8) in 0..16.

    Iterative back-projection (Irani and Peleg 1991): compare the averages with the counts, spread the
    difference smoothly over the fine grid, add it, repeat.
    """
    blocks = np.pad(counts / 16.0, ((0, 0), (1, 1), (1, 1)))  # an empty margin, so strokes may round off
    rows = blocks.shape[1]

    spline = ndimage.zoom(np.eye(rows), (FACTOR, 1), order=3, mode="grid-constant", grid_mode=True)

    def enlarge(a: np.ndarray) -> np.ndarray:
        return spline @ a @ spline.T  # cubic splines are linear and separable: a matrix product does it

    def average(a: np.ndarray) -> np.ndarray:
        return a.reshape(-1, rows, FACTOR, rows, FACTOR).mean(axis=(2, 4))

    def ink(height: np.ndarray) -> np.ndarray:
        t = np.clip(0.5 + STEEPNESS * (height - 0.5), 0.0, 1.0)
        return t * t * (3.0 - 2.0 * t)  # smoothstep: exactly 0 on the paper, exactly 1 within a stroke

    height = enlarge(blocks)
    for _ in range(ROUNDS):
        height += enlarge(blocks - average(ink(height)))
    return ink(height)


def shrink_matrix(old: int, new: int) -> np.ndarray:
    """Matrix (new, old) that averages `old` pixels into `new` ones, each by the area it covers."""
    edges = np.linspace(0, old, new + 1)
    left, right = edges[:-1, None], edges[1:, None]
    pixel = np.arange(old)
    overlap = np.minimum(right, pixel + 1) - np.maximum(left, pixel)
    return np.clip(overlap, 0, None) * new / old


def frame(scan: np.ndarray) -> np.ndarray:
    """One scan with ink in [0, 1] as a 28x28 picture: cropped, fitted into 20x20, centred by mass."""
    rows, columns = (np.flatnonzero(scan.max(axis=axis) > 0.5) for axis in (1, 0))
    digit = scan[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(digit.shape)
    height, width = (max(1, round(side * scale)) for side in digit.shape)
    digit = shrink_matrix(digit.shape[0], height) @ digit @ shrink_matrix(digit.shape[1], width).T

    row, column = (  # MNIST's centre of mass lies in the middle of pixel 14, moved there by whole pixels
        int(np.clip(round(FRAME / 2 - centre), 0, FRAME - side))
        for centre, side in zip(ndimage.center_of_mass(digit), digit.shape, strict=True)
    )
    picture = np.zeros((FRAME, FRAME))
    picture[row : row + height, column : column + width] = digit
    return picture


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """[0, 1] to 0..255. The inner rounding keeps a last-digit difference between machines out of the result."""
    return np.floor(np.round(pictures * 255.0, 6) + 0.5).clip(0, 255).astype(np.uint8)


def stratified_split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled row numbers (train, test); each digit's share of the test set is its share of the whole."""
    stream = np.random.RandomState(SEED)  # the legacy stream: NumPy promises that it never changes
    exact = np.bincount(labels) * TEST_SIZE / len(labels)
    take = np.floor(exact).astype(int)
    take[np.argsort(take - exact, kind="stable")[: TEST_SIZE - take.sum()]] += 1  # largest remainders
    train, test = [], []
    for digit, size in enumerate(take):
        rows = stream.permutation(np.flatnonzero(labels == digit))
        test.append(rows[:size])
        train.append(rows[size:])
    return stream.permutation(np.concatenate(train)), stream.permutation(np.concatenate(test))


def build() -> dict[str, np.ndarray]:
    """The four arrays of digits28.npz, all uint8: x_train (1437, 28, 28), y_train (1437,), x_test, y_test."""
    from sklearn.datasets import load_digits

    source = load_digits()
    pictures = to_bytes(np.stack([frame(scan) for scan in estimate_scans(source.images)]))
    labels = source.target.astype(np.uint8)
    train, test = stratified_split(labels)
    return {"x_train": pictures[train], "y_train": labels[train], "x_test": pictures[test], "y_test": labels[test]}


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("digits28.npz")
    unfinished = target.with_suffix(".part.npz")
    np.savez_compressed(unfinished, **build())  # NumPy dates the entries 1980-01-01: same zlib, same bytes
    os.replace(unfinished, target)
    print(f"{target}: {target.stat().st_size:,} bytes")
