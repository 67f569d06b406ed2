"""digits28: 1,797 real handwritten digits that travel with deepkit, in MNIST's form (see data/README.md)."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np

from deepkit import resources
from deepkit.datasets.augment import augment
from deepkit.datasets.dataset import Dataset
from deepkit.errors import ArgumentError, DataError

NAME = "digits28"
SHAPES = {"x_train": (1437, 28, 28), "y_train": (1437,), "x_test": (360, 28, 28), "y_test": (360,)}
# SHA-256 over the four uint8 arrays in this order; it does not depend on how the file was compressed.
DIGEST = "84ef3c4f1df1d48720d2e828954aa92293da1e34bc65fcf3ae379a8273e595dd"


def load_digits28(augmented: int = 0, *, seed: int = 28, verbose: bool = True) -> Dataset:
    """Load the embedded digits: 1,437 training and 360 test images, 28x28, white on black, 0..255.

    Args:
        augmented: how many distorted copies of each training image to append (see `augment`): with 4 there are
            7,185 training images, the 1,437 scans first. The test images are never distorted.
        seed: of the distortions.
        verbose: print one line that says what was loaded.

    Raises:
        ArgumentError: for a negative or fractional `augmented`.
        DataError: if the embedded file is damaged or missing.
    """
    if not isinstance(augmented, int | np.integer) or augmented < 0:
        raise ArgumentError(
            f"load_digits28: augmented is {augmented!r}", rule="a whole number of copies of the training set, 0 or more"
        )
    arrays = read_digits28(digits28_path())
    x_train, y_train = arrays["x_train"], arrays["y_train"].astype(np.int64)
    note = "real scans, not MNIST"
    if augmented:
        scans, copies = len(x_train), int(augmented)
        x_train = np.concatenate([x_train, augment(np.tile(x_train, (copies, 1, 1)), seed)])
        y_train = np.tile(y_train, copies + 1)
        note = f"{scans:,} real scans and {scans * copies:,} distorted copies, not MNIST"
    data = Dataset(NAME, x_train, y_train, arrays["x_test"], arrays["y_test"].astype(np.int64), "embedded", note=note)
    if verbose:
        print(data.describe())
    return data


def digits28_path() -> Path:
    """Where the embedded file is; DataError if the installation lacks it."""
    try:
        return resources.folder("data") / "digits28.npz"
    except FileNotFoundError as error:
        raise DataError(str(error), hint="reinstall deepkit") from error


def read_digits28(path: Path) -> dict[str, np.ndarray]:
    """Read and check the file: the arrays of `SHAPES`, uint8. DataError for anything else."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in SHAPES}
    except (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is missing or damaged: {error}", hint="reinstall deepkit") from error
    for name, shape in SHAPES.items():
        found = arrays[name]
        if found.shape != shape or found.dtype != np.uint8:
            raise DataError(
                f"{path}: {name} is {found.dtype} {found.shape}", rule=f"uint8 {shape}", hint="reinstall deepkit"
            )
    if digest(arrays) != DIGEST:
        raise DataError(
            f"{path} is not the file deepkit was released with", rule="its SHA-256", hint="reinstall deepkit"
        )
    return arrays


def digest(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 of the four arrays' bytes, hexadecimal."""
    total = hashlib.sha256()
    for name in SHAPES:
        total.update(arrays[name].tobytes())
    return total.hexdigest()
