"""Prices of houses: Boston 1970 and California 1990."""

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
