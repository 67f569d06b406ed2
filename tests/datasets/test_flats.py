"""The invented flats: what is said of the table is true of it, counted and fitted."""

from __future__ import annotations

import numpy as np

from deepkit.datasets import invent_flats
from deepkit.datasets.flats import DISTRICTS, FLATS_NOISE


def test_the_price_is_the_formula_and_the_noise():
    table = invent_flats(20_000, seed=3)
    square_feet = table["area"] > 165
    assert 0.02 < square_feet.mean() < 0.04
    sound = ~square_feet & ~np.isnan(table["age"])
    columns = [table[name][sound] for name in ("area", "rooms", "age", "distance")]
    columns += [table["district"][sound] == name for name in DISTRICTS]
    x, y = np.stack(columns, 1).astype(float), table["price"][sound]
    slopes, *_ = np.linalg.lstsq(x, y, rcond=None)
    errors = FLATS_NOISE * np.sqrt(np.diag(np.linalg.inv(x.T @ x)))  # the standard errors of least squares
    assert np.all(np.abs(slopes[:4] - [3.1, 12, -1.1, -0.016]) < 4 * errors[:4])
    assert abs(np.std(y - x @ slopes) - FLATS_NOISE) < 0.5
    assert y.min() > 0


def test_square_feet_and_square_metres_do_not_meet():
    area = np.sort(invent_flats(20_000, seed=5)["area"])
    assert area[area < 165].max() < 164
    assert area[area > 165].min() > 170


def test_gaps_are_more_often_where_houses_are_old_and_a_seed_repeats():
    table, again = invent_flats(5000, seed=1), invent_flats(5000, seed=1)
    assert 0.09 < np.isnan(table["age"]).mean() < 0.16
    assert all(np.array_equal(table[name], again[name], equal_nan=name == "age") for name in table)
    assert set(table["district"]) == set(DISTRICTS)
    assert 0.03 < np.mean(table["district"] == "station") < 0.05
