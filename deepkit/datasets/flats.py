"""An invented table of flats with everything that is wrong with tables: gaps, impossible entries, words, unlike scales."""

from __future__ import annotations

import numpy as np

FLATS_NOISE = 25.0
"""Standard deviation, in 1,000 euros, of what no column tells about a price of `invent_flats`."""
DISTRICTS = ("fields", "harbour", "hill", "old town", "station")
_SHARES = (0.26, 0.34, 0.20, 0.16, 0.04)
_PREMIUM = {"fields": -90.0, "harbour": 110.0, "hill": 40.0, "old town": 70.0, "station": -60.0}


def invent_flats(rows: int = 1000, *, seed: int = 0) -> dict[str, np.ndarray]:
    """A messy table of flats in an invented town, by column; hand it to `pandas.DataFrame`.

    The columns are `area` (square metres; 3 % were typed in square feet), `rooms`, `age` (years; NaN for one in eight, more
    often for old houses), `distance` (metres to the market), `district` (five texts; 4 % are "station") and `price` (1,000
    euros), which is

        300 + 3.1 area + 12 rooms - 1.1 age - 0.016 distance + what the district costs + noise

    with normal noise of standard deviation FLATS_NOISE. So nothing can predict prices better than that on average.

    Args:
        rows: how many flats.
        seed: of everything random.

    >>> table = invent_flats(3)
    >>> list(table)
    ['area', 'rooms', 'age', 'distance', 'district', 'price']
    """
    random = np.random.default_rng(seed)
    rooms = random.choice([1, 2, 3, 4, 5], rows, p=[0.15, 0.3, 0.3, 0.18, 0.07])
    area = np.clip(22 * rooms + 8 + random.normal(0, 9, rows), 16, None).round()
    age = np.clip(random.gamma(2.0, 22.0, rows), 0, 150).round()
    distance = np.clip(random.gamma(2.2, 1300.0, rows), 30, 8000).round(-1)
    district = random.choice(DISTRICTS, rows, p=_SHARES)
    premium = np.array([_PREMIUM[name] for name in district])
    price = 300 + 3.1 * area + 12 * rooms - 1.1 * age - 0.016 * distance + premium + random.normal(0, FLATS_NOISE, rows)
    area = np.where(random.random(rows) < 0.03, (area * 10.764).round(), area)
    gone = random.random(rows) < np.where(age > 60, 0.25, 0.07)
    return {"area": area, "rooms": rooms, "age": np.where(gone, np.nan, age), "distance": distance, "district": district,
            "price": price.round(1)}
