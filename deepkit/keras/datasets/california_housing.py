"""California housing as Keras gives it."""

from __future__ import annotations

from typing import Any

from deepkit.errors import check_choice
from deepkit.keras.datasets._source import Pair, find_npz, obtain, on_this_machine, split

SMALL = 600  # rows


def load_data(
    version: str = "large", path: Any = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): 8 columns of block groups, and values of houses in dollars.

    The columns are StatLib's own: longitude, latitude, age of houses, rooms, bedrooms, people, households, income.

    Args:
        version: "large" for all 20,640 rows, "small" for the first 600.
        path: another .npz file with the arrays x and y.
        test_split: the part for testing.
        seed: of the shuffling.

    Raises:
        ArgumentError: another version, or test_split outside 0 to 1.
        DataError: the file is damaged, or cannot be downloaded; it says what to do.
    """
    from deepkit.datasets import load_california
    from deepkit.datasets.catalog import CALIFORNIA
    from deepkit.datasets.tables import read_npz

    check_choice("version", version, ("large", "small"))
    usual = "california_housing.npz"
    file = None if path == usual and on_this_machine(CALIFORNIA) else find_npz(path, usual, CALIFORNIA)
    if file is not None:
        arrays = read_npz(file, ("x", "y"))
        x, y = arrays["x"], arrays["y"]
    else:
        obtain(CALIFORNIA)
        x, y = load_california(raw=True, verbose=False)
    rows = SMALL if version == "small" else len(x)
    return split(x[:rows], y[:rows], test_split, seed)
