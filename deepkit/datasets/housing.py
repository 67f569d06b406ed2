"""Prices of houses: Boston 1970, California 1990, and invented districts for where the real ones are not at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepkit.datasets.archive import read_members
from deepkit.datasets.catalog import BOSTON, CALIFORNIA
from deepkit.datasets.dataset import Table
from deepkit.datasets.locate import contents_of, require
from deepkit.datasets.tables import parse_table

BOSTON_FEATURES = (
    "CRIM", "ZN", "INDUS", "CHAS", "NOX", "RM", "AGE", "DIS", "RAD", "TAX", "PTRATIO", "B", "LSTAT",
)
CALIFORNIA_COLUMNS = (
    "longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population", "households",
    "median_income",
)
CALIFORNIA_FEATURES = (
    "MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude", "Longitude",
)


def load_boston(*, verbose: bool = True) -> Table:
    """Load Boston housing: 13 features of 506 districts, and the median value of their homes in 1,000 dollars.

    The rows are in StatLib's order. `B` is computed from the share of Black residents, as if that made a price;
    the study is of 1978, and the set serves here to repeat what older texts compute, not to model the world.

    Raises:
        DataError: `housing.data` is absent, damaged, or something else; it says what to do.

    Source: D. Harrison and D. Rubinfeld, "Hedonic prices and the demand for clean air", 1978; StatLib.
    """
    paths = require(BOSTON)
    columns = len(BOSTON_FEATURES) + 1
    if "columns" in paths:
        path = paths["columns"]
        table = parse_table(contents_of(paths, BOSTON, "columns"), columns, path, separator=None, header=False)
    else:
        path = paths["csv"]
        table = parse_table(contents_of(paths, BOSTON, "csv"), columns, path)
    return _table(BOSTON.title, table[:, :-1], table[:, -1], BOSTON_FEATURES, "MEDV", path, verbose)


def load_california(*, raw: bool = False, verbose: bool = True) -> Table:
    """Load California housing: 8 features of 20,640 block groups, and the median value of their houses.

    Args:
        raw: StatLib's own columns, and dollars; otherwise the features that scikit-learn's
            `fetch_california_housing` makes of them (rooms, bedrooms and people for each household) and
            100,000 dollars.
        verbose: print one line that says what was loaded.

    Raises:
        DataError: `cal_housing.tgz` is absent, damaged, or something else; it says what to do.

    Source: R. K. Pace and R. Barry, "Sparse spatial autoregressions", 1997; StatLib.
    """
    paths = require(CALIFORNIA)
    columns = len(CALIFORNIA_COLUMNS) + 1
    if "archive" in paths:
        path = paths["archive"]
        members = read_members(path, contents_of(paths, CALIFORNIA, "archive"), ["cal_housing.data"])
        table = parse_table(members["cal_housing.data"], columns, path, header=False)
    else:
        path = paths["csv"]
        table = parse_table(contents_of(paths, CALIFORNIA, "csv"), columns, path)
    x, y = table[:, :-1], table[:, -1]
    if raw:
        return _table(CALIFORNIA.title, x, y, CALIFORNIA_COLUMNS, "median_house_value", path, verbose)
    return _table(CALIFORNIA.title, per_household(x), y / 100_000, CALIFORNIA_FEATURES, "MedHouseVal", path, verbose)


def invent_california(*, seed: int = 0, verbose: bool = True) -> Table:
    """A table that stands in for `load_california()`: invented districts, drawn with the real table's statistics.

    The 20,640 rows of 8 features have the real means and spreads to 5 %, and the larger correlations; all but the age
    and the place are log-normal, and four districts have hundreds of people to a household, one 1,243, as real ones have.
    The price is the real table's linear fit plus noise, cut off at 0.15 and 5 (100,000 dollars), with a spread of 1.02
    for the real 1.15. No row is a real district: what is learned from it says nothing about California.

    >>> x, y = invent_california(verbose=False)
    >>> x.shape, y.shape, bool(abs(x[:, 0].mean() - 3.87) < 0.05)
    ((20640, 8), (20640,), True)
    """
    random = np.random.default_rng(seed)
    rows, mean, spread = 20_640, np.array(_MEAN), np.array(_SPREAD)
    normal = random.multivariate_normal(np.zeros(8), _correlations(), size=rows, method="cholesky")
    sigma = np.sqrt(np.log1p((spread / mean) ** 2))  # of the logarithm, for the given mean and spread
    x = np.exp(np.log(np.abs(mean)) - sigma**2 / 2 + sigma * normal)
    x[:, _SYMMETRIC] = (mean + spread * normal)[:, _SYMMETRIC]
    x[:, 1] = np.clip(x[:, 1], 1, 52).round()
    x[_CROWDED, 5] = (1243.0, 600.0, 502.0, 230.0)
    scaled = (x - mean) / spread
    y = np.clip(2.07 + scaled @ _SLOPES + random.normal(0, 0.6, rows), 0.15, 5.0)
    table = Table("invented districts", x, y, CALIFORNIA_FEATURES, "MedHouseVal", "drawn at random")
    if verbose:
        print(table.describe())
    return table


_MEAN = (3.871, 28.64, 5.429, 1.097, 1425.0, 3.071, 35.63, -119.6)
_SPREAD = (1.900, 12.59, 2.474, 0.474, 1132.0, 1.2, 2.136, 2.003)
"""The real columns', but for people in a household, whose spread of 10 is four districts'."""
_SLOPES = (0.830, 0.119, -0.266, 0.306, -0.005, -0.005, -0.900, -0.871)
_SYMMETRIC = [1, 6, 7]
_CROWDED = [10_320, 3_364, 16_669, 13_034]
"""Four districts with a prison or a barracks in them: hundreds of people to a household."""
_CORRELATED = {(0, 1): -0.12, (0, 2): 0.33, (1, 4): -0.30, (1, 2): -0.15, (2, 3): 0.85, (2, 6): 0.11, (6, 7): -0.92}
"""Pairs of columns that go together, or against each other."""


def _correlations() -> np.ndarray:
    matrix = np.eye(8)
    for (i, j), value in _CORRELATED.items():
        matrix[i, j] = matrix[j, i] = value
    return matrix


def per_household(x: np.ndarray) -> np.ndarray:
    """scikit-learn's features (n, 8) from StatLib's columns (n, 8): totals are divided by the number of households."""
    longitude, latitude, age, rooms, bedrooms, people, households, income = x.T
    return np.stack(
        [income, age, rooms / households, bedrooms / households, people, people / households, latitude, longitude],
        axis=1,
    )


def _table(
    name: str, x: np.ndarray, y: np.ndarray, features: tuple[str, ...], target: str, path: Path, verbose: bool
) -> Table:
    table = Table(name, np.ascontiguousarray(x), np.ascontiguousarray(y), features, target, str(path.parent))
    if verbose:
        print(table.describe())
    return table
