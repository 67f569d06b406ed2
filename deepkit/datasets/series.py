"""Series of numbers in time: air travel month by month."""

from __future__ import annotations

import numpy as np

from deepkit.datasets.dataset import Series
from deepkit.datasets.embedded import AIRLINE_PASSENGERS
from deepkit.errors import DataError


def load_airline_passengers(*, verbose: bool = True) -> Series:
    """Load the passengers of international air lines, in thousands, for each of the 144 months 1949 to 1960.

    It is embedded: nothing is downloaded. Travel grows, and with it the swing from winter to summer, which is why
    textbooks take the logarithm first.

    Raises:
        DataError: the embedded file is damaged or missing.

    Source: G. Box and G. Jenkins, "Time series analysis: forecasting and control", 1976, series G.

    >>> months, passengers = load_airline_passengers(verbose=False)
    >>> months[:2], passengers[:2]
    (array(['1949-01', '1949-02'], dtype='datetime64[M]'), array([112., 118.]))
    """
    months, passengers = parse_months(AIRLINE_PASSENGERS.text())
    series = Series("airline passengers", months, passengers, "1,000 passengers", "embedded")
    if verbose:
        print(series.describe())
    return series


def parse_months(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Months, datetime64[M], and numbers, float64, of a table with a header and two columns; quotes are allowed.

    Raises:
        DataError: names the line of what is wrong.
    """
    months, numbers = [], []
    for line_number, line in enumerate(text.splitlines()[1:], start=2):
        month, _, number = line.replace('"', "").partition(",")
        try:
            months.append(np.datetime64(month.strip(), "M"))
            numbers.append(float(number))
        except ValueError as error:
            raise DataError(
                f"no month and number: {error}", where=f"line {line_number:,}: {line[:60]!r}",
                rule="such as 1949-01,112",
            ) from error
    times, values = np.array(months, "datetime64[M]"), np.array(numbers, np.float64)
    if not len(times) or np.isnat(times).any() or not np.isfinite(values).all():
        raise DataError("the table has no rows, or one without a month or number", rule="such as 1949-01,112")
    return times, values
