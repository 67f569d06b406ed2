"""Boston housing as Keras gives it."""

from __future__ import annotations

from typing import Any

from deepkit.keras.datasets._source import Pair, find_npz, obtain, on_this_machine, split


def load_data(
    path: Any = "boston_housing.npz", test_split: float = 0.2, seed: int = 113, cache_dir: Any = None
) -> tuple[Pair, Pair]:
    """(x_train, y_train), (x_test, y_test): 13 features of 506 districts, and values of homes in 1,000 dollars.

    The rows are shuffled as Keras does, so that the default gives its 404 and 102 rows in its order.

    Args:
        path: another .npz file with the arrays x and y.
        test_split: the part for testing.
        seed: of the shuffling.
        cache_dir: one more folder, whose `datasets` may hold the .npz file.

    Raises:
        ArgumentError: test_split outside 0 to 1.
        DataError: the file is damaged, or cannot be downloaded; it says what to do.

    `deepkit.datasets.load_boston` says what is wrong with one of the features.
    """
    from deepkit.datasets import load_boston
    from deepkit.datasets.catalog import BOSTON
    from deepkit.datasets.tables import read_npz

    usual = "boston_housing.npz"
    file = None if path == usual and on_this_machine(BOSTON) else find_npz(path, usual, BOSTON, cache_dir)
    if file is not None:
        arrays = read_npz(file, ("x", "y"))
        return split(arrays["x"], arrays["y"], test_split, seed)
    obtain(BOSTON)
    x, y = load_boston(verbose=False)
    return split(x, y, test_split, seed)
